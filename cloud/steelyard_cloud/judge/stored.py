"""Where the evidence is, as accepting statements asks for it: the database, a file, or memory.

Every question is answered by look-ups of bounded cost, whatever is stored.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple, Protocol

from steelyard_protocol.statement import Statement, link_of

Contents = Sequence[tuple[bytes, bytes]]


NEVER_MS = 1 << 62


class Committed(NamedTuple):
    """A stored statement's bytes and when it was committed, Unix milliseconds.

    It is dated no later than `latest_ms`: the earliest time that the platform's clock was set back to since then.
    `arrival` as in `summary_parts.Stored`.
    """

    raw: bytes
    commit_ms: int
    latest_ms: int = NEVER_MS
    arrival: int = 0


class Following(NamedTuple):
    """A stored number, and when the first statement under it was committed, Unix milliseconds.

    That is no later than a time that the platform's clock was set back to since.
    """

    number: int
    commit_ms: int


class Context(Protocol):
    """What is stored beside a statement that is to be absorbed."""

    def contents(self, number: int, hash_: bytes, content_hash: bytes) -> Contents:
        """(hash, content hash) of statements under `number`: not of all, but enough to know what a new one is.

        If there are such: that with `hash_`, one with `content_hash`, and others until there are two contents. A hash
        that does not matter is empty. For number 0 only that with `hash_`. The cost does not grow with the copies.
        """

    def following(self, number: int) -> Following | None:
        """The lowest stored number above this one."""


class Evidence(Context, Protocol):
    """What is stored of one identity."""

    def between(self, first: int, last: int) -> Iterable[bytes]:
        """Stored statements from `first` to `last`, rising."""

    def page(self, first: int, last: int, most: int) -> Sequence[Committed]:
        """Stored statements from `first` to `last`, rising, at most so many."""

    def linked(self, number: int, link: bytes) -> Committed | None:
        """The stored statement under a number that a link of the next one names."""


@dataclass(slots=True)
class StatementsInMemory:
    """Evidence that is a dict: for evidence files, for tests, and for a batch that is not written yet."""

    statements: dict[int, list[tuple[Statement, Committed]]] = field(default_factory=dict)
    _numbers: list[int] = field(default_factory=list)
    _hashes: dict[tuple[int, bytes], bytes] = field(default_factory=dict)  # number and hash → content hash
    _contents: dict[int, dict[bytes, None]] = field(default_factory=dict)  # number → content hashes, in their order

    def add(self, statement: Statement, commit_ms: int, arrival: int = 0) -> None:
        """Add one."""
        number = statement.number
        if number not in self.statements:
            insort(self._numbers, number)
        committed = Committed(statement.raw, commit_ms, NEVER_MS, arrival)
        self.statements.setdefault(number, []).append((statement, committed))
        self._hashes[number, statement.hash] = statement.content_hash
        self._contents.setdefault(number, {})[statement.content_hash] = None

    def set_back(self, to_ms: int) -> None:
        """The platform's clock was set back."""
        for there in self.statements.values():
            there[:] = [(one, known._replace(latest_ms=min(known.latest_ms, to_ms))) for one, known in there]

    def contents(self, number: int, hash_: bytes, content_hash: bytes) -> Contents:
        """See Context."""
        found = [(hash_, self._hashes[number, hash_])] if (number, hash_) in self._hashes else []
        if number:
            contents = self._contents.get(number, {})
            found += [(b"", content_hash)] if content_hash in contents else []
            found += [(b"", content) for content in islice(contents, 2)]
        return found

    def between(self, first: int, last: int) -> Iterable[bytes]:
        """See Evidence."""
        return [one.raw for one in self.page(first, last, len(self._hashes) + 1)]

    def page(self, first: int, last: int, most: int) -> list[Committed]:
        """See Evidence."""
        low, high = bisect_left(self._numbers, first), bisect_right(self._numbers, last)
        found: list[Committed] = []
        for number in self._numbers[low:high]:
            found += [committed for _, committed in self.statements[number]]
            if len(found) >= most:
                break
        return found

    def linked(self, number: int, link: bytes) -> Committed | None:
        """See Evidence."""
        there = self.statements.get(number, ())
        return next((committed for one, committed in there if link_of(one.hash) == link), None)

    def following(self, number: int) -> Following | None:
        """See Evidence."""
        at = bisect_right(self._numbers, number)
        if at == len(self._numbers):
            return None
        found = self._numbers[at]
        return Following(found, min(min(one.commit_ms, one.latest_ms) for _, one in self.statements[found]))


@dataclass(slots=True)
class WithBatch:
    """Evidence together with a batch that will be committed with it."""

    stored: Context
    batch: StatementsInMemory = field(default_factory=StatementsInMemory)

    def contents(self, number: int, hash_: bytes, content_hash: bytes) -> Contents:
        """See Context."""
        asked = number, hash_, content_hash
        return [*self.batch.contents(*asked), *self.stored.contents(*asked)]

    def following(self, number: int) -> Following | None:
        """See Evidence."""
        found = [one for one in (self.stored.following(number), self.batch.following(number)) if one is not None]
        return min(found, default=None)
