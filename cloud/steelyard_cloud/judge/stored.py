"""Where the evidence is, as accepting statements asks for it: the database, a file, or memory.

Every question is answered by look-ups of bounded cost, whatever is stored.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from steelyard_protocol.bodies import Boot
from steelyard_protocol.statement import Statement

Contents = Sequence[tuple[bytes, bytes]]


class Committed(NamedTuple):
    """A stored statement's bytes and when it was committed, Unix milliseconds."""

    raw: bytes
    commit_ms: int


class Following(NamedTuple):
    """A stored number, and when the first statement under it was committed, Unix milliseconds."""

    number: int
    commit_ms: int


class Context(Protocol):
    """What is stored beside a statement that is to be absorbed."""

    def contents(self, number: int, hash_: bytes) -> Contents:
        """(hash, content hash) of every statement under `number`; for number 0 of that with `hash_` alone."""

    def following(self, number: int) -> Following | None:
        """The lowest stored number above this one."""

    def started_by(self, number: int) -> int | None:
        """The boot number in the nearest boot statement at or below this number."""


class Evidence(Context, Protocol):
    """What is stored of one identity."""

    def between(self, first: int, last: int) -> Iterable[bytes]:
        """Stored statements from `first` to `last`, rising."""

    def page(self, first: int, last: int, most: int) -> Sequence[Committed]:
        """Stored statements from `first` to `last`, rising, at most so many."""


@dataclass(slots=True)
class StatementsInMemory:
    """Evidence that is a dict: for evidence files, for tests, and for a batch that is not written yet."""

    statements: dict[int, list[tuple[Statement, int]]] = field(default_factory=dict)
    _numbers: list[int] = field(default_factory=list)
    _starts: list[tuple[int, int]] = field(default_factory=list)  # number and boot of boot statements

    def add(self, statement: Statement, commit_ms: int) -> None:
        """Add one."""
        number = statement.number
        if number not in self.statements:
            insort(self._numbers, number)
        self.statements.setdefault(number, []).append((statement, commit_ms))
        if isinstance(statement.body, Boot):
            insort(self._starts, (number, statement.boot))

    def contents(self, number: int, hash_: bytes) -> Contents:
        """See Evidence."""
        there = self.statements.get(number, ())
        return [(one.hash, one.content_hash) for one, _ in there if number or one.hash == hash_]

    def between(self, first: int, last: int) -> Iterable[bytes]:
        """See Evidence."""
        return [one.raw for one in self.page(first, last, len(self._numbers) + 1)]

    def page(self, first: int, last: int, most: int) -> list[Committed]:
        """See Evidence."""
        low, high = bisect_left(self._numbers, first), bisect_right(self._numbers, last)
        found: list[Committed] = []
        for number in self._numbers[low:high]:
            found += [Committed(one.raw, commit_ms) for one, commit_ms in self.statements[number]]
            if len(found) >= most:
                break
        return found

    def following(self, number: int) -> Following | None:
        """See Evidence."""
        at = bisect_right(self._numbers, number)
        if at == len(self._numbers):
            return None
        found = self._numbers[at]
        return Following(found, min(commit_ms for _, commit_ms in self.statements[found]))

    def started_by(self, number: int) -> int | None:
        """See Evidence."""
        at = bisect_right(self._starts, (number, 1 << 62))
        return self._starts[at - 1][1] if at else None


@dataclass(slots=True)
class WithBatch:
    """Evidence together with a batch that will be committed with it."""

    stored: Context
    batch: StatementsInMemory = field(default_factory=StatementsInMemory)

    def contents(self, number: int, hash_: bytes) -> Contents:
        """See Evidence."""
        return [*self.batch.contents(number, hash_), *self.stored.contents(number, hash_)]

    def following(self, number: int) -> Following | None:
        """See Evidence."""
        found = [one for one in (self.stored.following(number), self.batch.following(number)) if one is not None]
        return min(found, default=None)

    def started_by(self, number: int) -> int | None:
        """See Evidence; of two the nearer."""
        ours = self.batch.started_by(number)
        return self.stored.started_by(number) if ours is None else ours
