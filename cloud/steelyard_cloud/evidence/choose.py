"""Which statements go into an evidence file: all of them, or so many around the finding that any reader can take them.

Every query is bounded and served by an index, so that a file costs the same for a chain of ten years. What is held and
left out follows from the summary of the chain, without looking at it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, select
from steelyard_protocol.bodies import Kind

from steelyard_cloud.db.schema import NOT_SNAPSHOT, statements, summaries
from steelyard_cloud.errors import EvidenceTooLarge
from steelyard_cloud.evidence import bundle
from steelyard_cloud.judge import summary_bytes
from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.judge.summary_parts import Interval
from steelyard_cloud.statements.stored import BY_LINK_BAD_SIGNATURE

WHOLE_CHAIN = 20_000
"""Up to this many statements a file holds the whole chain."""
BEFORE, AFTER = 2_000, 8_000
"""Of a longer chain it holds these many numbers around the finding, and"""
OF_A_KIND = 5_000
"""so many of each kind but snapshots before them and after them, the nearest ones."""
MOST_NUMBERS = 50_000
"""Whoever asks for a range gets at most so many numbers at a time."""
MOST_BYTES = 48 * 1024 * 1024
MOST_STATEMENTS = 80_000
_IN_LIST = 500

Span = tuple[int, int]
Rows = dict[tuple[int, bytes], Row[Any]]


@dataclass(frozen=True)
class Chain:
    """One identity's statements, and what the choice depends on: where the finding is, what verifications name."""

    connection: Connection
    scale_id: int
    identity_id: int
    kid: bytes
    finding: int | None
    named: Sequence[int]

    def summary(self) -> Summary:
        """The summary of the chain; an empty one before its first statement."""
        query = select(summaries.c.state).where(summaries.c.identity_id == self.identity_id)
        state = self.connection.scalar(query)
        return summary_bytes.load(self.kid, state) if state else Summary(self.kid)

    def choose(self, span: Span | None) -> tuple[list[bundle.Held], list[tuple[bytes, int, int]]]:
        """The statements of the file, rising, and the ranges that are held but left out of it.

        `span` names the numbers that are asked for. Raises EvidenceTooLarge.
        """
        summary = self.summary()
        rows: Rows = {}
        if span is not None:
            self._add(rows, statements.c.number.between(*span))
        elif summary.stored <= WHOLE_CHAIN:
            self._add(rows, statements.c.number <= summary.head)
        else:
            self._around(rows, self.finding or summary.head)
        if span is not None or summary.stored > WHOLE_CHAIN:
            self._add(rows, statements.c.number.in_(self.named))
            self._vouchers(rows)
        kept = [rows[key] for key in sorted(rows)]
        if len(kept) > MOST_STATEMENTS or sum(len(row.raw) for row in kept) > MOST_BYTES:
            raise EvidenceTooLarge(statements=len(kept), most=MOST_STATEMENTS)
        held = [bundle.Held(row.raw, row.received_ms) for row in kept]
        ranges = left_out(summary.intervals, sorted({row.number for row in kept}))
        return held, [(self.kid, first, last) for first, last in ranges]

    def _around(self, rows: Rows, at: int) -> None:
        low, high = at - BEFORE, at + AFTER
        number = statements.c.number
        self._add(rows, number.between(low, high))
        for kind in Kind:
            if kind is not Kind.SNAPSHOT:
                of_kind = self._query(and_(statements.c.kind == int(kind), NOT_SNAPSHOT)).limit(OF_A_KIND)
                self._keep(rows, of_kind.where(number < low).order_by(number.desc()))
                self._keep(rows, of_kind.where(number > high).order_by(number))

    def _vouchers(self, rows: Rows) -> None:
        """What links to a statement whose own signature is bad: without it nobody could authenticate that one."""
        wanted = {number + 1 for (number, _), row in rows.items() if row.authentic_by == BY_LINK_BAD_SIGNATURE}
        while wanted and len(rows) <= MOST_STATEMENTS:
            before = set(rows)
            for some in _portions(sorted(wanted)):
                self._add(rows, statements.c.number.in_(some))
            new = set(rows) - before
            wanted = {number + 1 for number, hash_ in new if rows[number, hash_].authentic_by == BY_LINK_BAD_SIGNATURE}

    def _query(self, condition: ColumnElement[bool]) -> Select[Any]:
        c = statements.c
        of = and_(c.scale_id == self.scale_id, c.identity_id == self.identity_id, condition)
        return select(c.number, c.hash, c.raw, c.received_ms, c.authentic_by).where(of)

    def _add(self, rows: Rows, condition: ColumnElement[bool]) -> None:
        c = statements.c
        self._keep(rows, self._query(condition).order_by(c.number, c.hash).limit(MOST_STATEMENTS + 1))

    def _keep(self, rows: Rows, query: Select[Any]) -> None:
        rows.update({(row.number, row.hash): row for row in self.connection.execute(query)})


def left_out(held: Sequence[Interval], kept: Sequence[int]) -> Iterator[Span]:
    """Runs of numbers that are held and not kept; `kept` rises."""
    runs = iter([(run.first.number, run.last.number) for run in held])
    at = 0
    for first, last in runs:
        while at < len(kept) and kept[at] <= last:
            if kept[at] > first:
                yield first, kept[at] - 1
            first = max(first, kept[at] + 1)
            at += 1
        if first <= last:
            yield first, last


def _portions(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    return (numbers[at : at + _IN_LIST] for at in range(0, len(numbers), _IN_LIST))
