"""Adding authentic statements of one identity to its summary, against wherever the evidence is stored.

The same function serves the receiver (evidence in the database), the evidence file (evidence in the file) and the tests
(evidence in a dict), so that all three judge alike.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Protocol

from steelyard_protocol.bodies import Kind
from steelyard_protocol.statement import Statement, parse

from steelyard_cloud.judge.chain import Outcome, absorb
from steelyard_cloud.judge.contents import Need, date, recall, weigh
from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.judge.summary_parts import MAX_INTERVALS

Contents = Sequence[tuple[bytes, bytes]]


class Evidence(Protocol):
    """What is stored of one identity."""

    def contents(self, number: int, hash_: bytes, content_hash: bytes) -> Contents:
        """(hash, content hash) of statements under `number`: not of all, but enough to know what a new one is.

        If there are such: that with `hash_`, one with `content_hash`, and others until there are two contents. A hash
        that does not matter is empty. For number 0 only that with `hash_`. The cost does not grow with the copies.
        """

    def between(self, first: int, last: int) -> Iterable[bytes]:
        """Stored statements from `first` to `last`, rising."""

    def events(self) -> Iterable[bytes]:
        """Stored events, rising."""


@dataclass(slots=True)
class StatementsInMemory:
    """Evidence that is a dict: for evidence files and tests."""

    statements: dict[int, list[Statement]] = field(default_factory=dict)
    _hashes: dict[tuple[int, bytes], bytes] = field(default_factory=dict)  # number and hash → content hash
    _contents: dict[int, list[bytes]] = field(default_factory=dict)  # number → content hashes, each once
    _known: set[tuple[int, bytes]] = field(default_factory=set)  # number and content hash

    def contents(self, number: int, hash_: bytes, content_hash: bytes) -> Contents:
        """See Evidence."""
        found = [(hash_, self._hashes[number, hash_])] if (number, hash_) in self._hashes else []
        if number:
            found += [(b"", content_hash)] if (number, content_hash) in self._known else []
            found += [(b"", content) for content in self._contents.get(number, [])[:2]]
        return found

    def between(self, first: int, last: int) -> Iterable[bytes]:
        """See Evidence."""
        return [
            one.raw for number in sorted(self.statements) if first <= number <= last for one in self.statements[number]
        ]

    def events(self) -> Iterable[bytes]:
        """See Evidence."""
        numbers = sorted(self.statements)
        return [one.raw for number in numbers for one in self.statements[number] if one.kind == Kind.EVENT]

    def add(self, statement: Statement) -> None:
        """Add one."""
        number, content = statement.number, statement.content_hash
        self.statements.setdefault(number, []).append(statement)
        self._hashes[number, statement.hash] = content
        if (number, content) not in self._known:
            self._known.add((number, content))
            self._contents.setdefault(number, []).append(content)


def accept(
    summary: Summary, statements: Iterable[Statement], evidence: Evidence, commit_ms: int
) -> list[tuple[Statement, Outcome]]:
    """Absorb authentic statements in the order given; what was new must then be committed with the summary.

    `commit_ms` is when they are committed. Duplicates and refused ones are in the result too.
    """
    outcomes: list[tuple[Statement, Outcome]] = []
    batch = StatementsInMemory()
    for statement in statements:
        number = statement.number
        stored: list[tuple[bytes, bytes]] = []
        if number == 0 or summary.has(number):
            asked = number, statement.hash, statement.content_hash
            stored = [*batch.contents(*asked), *evidence.contents(*asked)]
        outcome, needs = absorb(summary, statement, commit_ms, stored)
        outcomes.append((statement, outcome))
        if outcome in (Outcome.DUPLICATE, Outcome.REFUSED):
            continue
        batch.add(statement)
        for need in needs:
            _show_again(summary, need, batch.statements, evidence)
    return outcomes


def bring_up_to_date(summary: Summary, evidence: Evidence) -> None:
    """Read from the evidence what a summary of an older FORMAT did not keep."""
    needs: list[Need] = []
    seen: set[bytes] = set()
    for statement in map(parse, evidence.events()):
        if statement.number and statement.content_hash not in seen:
            seen.add(statement.content_hash)
            needs += recall(summary, statement)
    for need in needs:
        _show_again(summary, need, {}, evidence)
    summary.outdated = False


def _show_again(summary: Summary, need: Need, batch: dict[int, list[Statement]], evidence: Evidence) -> None:
    # One by one: between the first and the last may lie years.
    rows = chain(
        map(parse, evidence.between(need.first, need.last)),
        (one for number, there in batch.items() if need.first <= number <= need.last for one in there),
    )
    if need.digest is None:
        date(summary, rows)
    else:
        weigh(summary, (one for one in rows if one.digest == need.digest))


def summarise(kid: bytes, rows: Iterable[tuple[bytes, int]], most_intervals: int = MAX_INTERVALS) -> Summary:
    """The summary of one identity from its stored statements and their commit times in ms, as from an evidence file."""
    summary, evidence = Summary(kid, most_intervals=most_intervals), StatementsInMemory()
    for raw, commit_ms in rows:
        for statement, outcome in accept(summary, [parse(raw)], evidence, commit_ms):
            if outcome not in (Outcome.DUPLICATE, Outcome.REFUSED):
                evidence.add(statement)
    return summary
