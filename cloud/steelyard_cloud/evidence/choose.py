"""Which statements go into an evidence file: all of them, or so many around the finding that any reader can take them.

Every query is bounded and served by an index, so that a file costs the same for a chain of ten years. What is stored
and left out follows from the summary of the chain, without looking at it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from steelyard_protocol.bodies import Kind

from steelyard_cloud.db.database import Connection
from steelyard_cloud.errors import EvidenceTooLarge
from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.judge.summary_parts import Interval
from steelyard_cloud.statements.selection import SelectedStatement, Selection
from steelyard_cloud.statements.stored import BY_LINK_BAD_SIGNATURE
from steelyard_cloud.statements.summaries import load_summary

WHOLE_CHAIN = 20_000
"""Up to this many statements a file has the whole chain."""
BEFORE, AFTER = 2_000, 8_000
"""Of a longer chain it has these many numbers around the finding, and"""
OF_A_KIND = 5_000
"""so many of each kind but snapshots before them and after them, the nearest ones."""
MOST_NUMBERS = 50_000
"""Whoever asks for a range gets at most so many numbers at a time."""
MOST_BYTES = 48 * 1024 * 1024
MOST_STATEMENTS = 80_000

Span = tuple[int, int]
LeftOut = tuple[bytes, int, int]  # kid, first and last number


@dataclass(frozen=True)
class StoredChain:
    """One identity's statements, and what the choice depends on: where the finding is, and what facts name.

    `named` are numbers of statements, `starts` hashes of boot statements.
    """

    scale_id: int
    identity_id: int
    kid: bytes
    finding: int | None
    named: Sequence[int]
    starts: Sequence[bytes]

    def choose(self, connection: Connection, span: Span | None) -> tuple[list[SelectedStatement], list[LeftOut]]:
        """The statements of the file, rising, and the ranges that are stored but left out of it.

        `span` names the numbers that are asked for. Raises EvidenceTooLarge.
        """
        summary = load_summary(connection, self.identity_id, self.kid)
        selection = Selection(connection, self.scale_id, self.identity_id, MOST_STATEMENTS)
        self._select(selection, summary, span)
        kept = selection.rising()
        if len(kept) > MOST_STATEMENTS or sum(len(one.raw) for one in kept) > MOST_BYTES:
            raise EvidenceTooLarge(statements=len(kept), most=MOST_STATEMENTS)
        ranges = left_out(summary.intervals, sorted({one.number for one in kept}))
        return kept, [(self.kid, first, last) for first, last in ranges]

    def _select(self, selection: Selection, summary: Summary, span: Span | None) -> None:
        if span is None and summary.stored <= WHOLE_CHAIN:
            selection.add_up_to(summary.head)
            return
        if span is not None:
            selection.add_between(*span)
        else:
            _add_around(selection, self.finding or summary.head)
        selection.add_numbers(self.named)
        selection.add_boots(self.starts)
        if span is not None:
            selection.add_nearest_of_kind(Kind.BOOT, span[0] + 1, summary.head, 1)  # which says under which root
        _add_vouchers(selection)


def _add_around(selection: Selection, at: int) -> None:
    low, high = at - BEFORE, at + AFTER
    selection.add_between(low, high)
    for kind in Kind:
        if kind is not Kind.SNAPSHOT:
            selection.add_nearest_of_kind(kind, low, high, OF_A_KIND)


def _add_vouchers(selection: Selection) -> None:
    """What links to a statement whose own signature is bad: without it nobody could authenticate that one."""
    wanted = _vouchers(selection.rising())
    while wanted and len(selection) <= MOST_STATEMENTS:
        wanted = _vouchers(selection.add_numbers(wanted))


def _vouchers(some: Sequence[SelectedStatement]) -> list[int]:
    return sorted({one.number + 1 for one in some if one.authentic_by == BY_LINK_BAD_SIGNATURE})


def left_out(stored: Sequence[Interval], kept: Sequence[int]) -> Iterator[Span]:
    """Runs of numbers that are stored and not kept; `kept` rises."""
    runs = iter([(run.first.number, run.last.number) for run in stored])
    at = 0
    for first, last in runs:
        while at < len(kept) and kept[at] <= last:
            if kept[at] > first:
                yield first, kept[at] - 1
            first = max(first, kept[at] + 1)
            at += 1
        if first <= last:
            yield first, last
