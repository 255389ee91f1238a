"""Adding one authentic statement to the summary of its identity, and what the chain's links and numbers say.

The caller says what is already stored under the statement's number: a summary is too small to know, the evidence does.
"""

from bisect import bisect_left
from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

from steelyard_protocol.events import Event, EventKind
from steelyard_protocol.statement import LINK_BYTES, NO_LINK, Flag, Statement

from steelyard_cloud.judge.contents import Need, read
from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.judge.summary_parts import Edge, Interval, keep_lowest

GRACE_MS = 15 * 60 * 1000
SHOWN_FLAGS = Flag.LOCKED | Flag.CASE_OPEN


class Outcome(Enum):
    """What a statement was to its chain."""

    NEW = "new"
    DUPLICATE = "duplicate"  # the same bytes are stored
    RESIGNED = "re-signed"  # the same content under another signature
    FORK = "fork"  # another content under the same number
    REFUSED = "too-many-holes"  # storing it would take unbounded space; it comes again, as no receipt covers it


class Hole(NamedTuple):
    """Missing numbers, both ends included, and when a statement after them was first committed."""

    first: int
    last: int
    seen_ms: int

    def is_gap(self, now_ms: int) -> bool:
        """Whether the grace is over."""
        return now_ms >= self.seen_ms + GRACE_MS


def holes(summary: Summary) -> list[Hole]:
    """Missing numbers below the head, rising."""
    found: list[Hole] = []
    seen_ms = 1 << 62
    intervals = summary.intervals
    for at in range(len(intervals) - 1, -1, -1):
        seen_ms = min(seen_ms, intervals[at].earliest_ms)
        before = intervals[at - 1].last.number if at else 0
        first = intervals[at].first.number
        if first > before + 1:
            found.append(Hole(before + 1, first - 1, seen_ms))
    found.reverse()
    return found


def breaks_of_order(before: Edge, after: Edge) -> list[str]:
    """What must not go down between a statement and a later one of the same chain, adjacent or not."""
    found = []
    if (
        after.calibration_counter < before.calibration_counter
        or after.configuration_counter < before.configuration_counter
    ):
        found.append("counters")
    if after.boot < before.boot:
        found.append("boot")
    if after.boot == before.boot and after.uptime_s < before.uptime_s:
        found.append("uptime")
    return found


def absorb(
    summary: Summary, statement: Statement, commit_ms: int, stored: Sequence[tuple[bytes, bytes]] = ()
) -> tuple[Outcome, list[Need]]:
    """Add an authentic statement; `stored` are (hash, content hash) of what the evidence has under its number.

    Not all are needed: see `intake.Evidence.contents`.

    Returns what it was, and which stored statements must be looked at again with `weigh` or `date`.
    """
    number, own_hash = statement.number, statement.hash
    outcome = Outcome.NEW
    if any(own_hash == other for other, _ in stored):
        return Outcome.DUPLICATE, []
    if stored and number:
        same_content = any(statement.content_hash == content for _, content in stored)
        outcome = Outcome.RESIGNED if same_content else Outcome.FORK
    edge = _edge(statement)
    if outcome is Outcome.NEW and number and not _extend(summary, edge, commit_ms):
        return Outcome.REFUSED, []
    summary.stored += 1
    summary.newest_ms = max(summary.newest_ms, commit_ms)
    for breach in statement.breaches:
        summary.count_breach(breach, number)
    if not number:
        return outcome, []
    if outcome is Outcome.NEW:
        return outcome, read(summary, statement)
    summary.revision += 1
    _share_edges(summary, edge)
    if outcome is Outcome.RESIGNED:
        summary.resigned.add(number)
        return outcome, []
    if len({content for _, content in stored}) == 1:
        summary.forks.add(number)
    return outcome, read(summary, statement)


def note_signatures(summary: Summary, first: int, last: int, bad: Sequence[int]) -> None:
    """Signatures from `first` to `last` that a link had vouched for were checked; those of `bad` numbers are bad."""
    kept = []
    for low, high in summary.unchecked:
        kept += [part for part in ((low, min(high, first - 1)), (max(low, last + 1), high)) if part[0] <= part[1]]
    summary.unchecked = kept
    for number in bad:
        summary.bad_signatures.add(number)
        summary.revision += 1


def restarts(statement: Statement) -> bool:
    """Whether it reports a lost journal or a rollback: its link is not that of the number before."""
    body = statement.body
    return type(body) is Event and body.kind in (EventKind.JOURNAL_LOST, EventKind.ROLLED_BACK)


def _edge(statement: Statement) -> Edge:
    return Edge(
        statement.number,
        statement.hash,
        statement.link,
        statement.boot,
        statement.uptime_s,
        statement.time,
        statement.flags,
        statement.calibration_counter,
        statement.configuration_counter,
        restarts(statement),
    )


def _extend(summary: Summary, edge: Edge, commit_ms: int) -> bool:
    """Put a new number into the intervals; False where that would make one interval too many."""
    intervals, number = summary.intervals, edge.number
    if intervals and number == intervals[-1].last.number + 1:  # the way of every honest scale
        last = intervals[-1]
        _check_pair(summary, last.last, edge)
        intervals[-1] = Interval(last.first, edge, min(last.earliest_ms, commit_ms))
        summary.revision += (edge.flags ^ last.last.flags) & SHOWN_FLAGS != 0
        return True
    summary.revision += 1
    at = bisect_left(intervals, number, key=lambda interval: interval.first.number)
    before = intervals[at - 1] if at and intervals[at - 1].last.number == number - 1 else None
    after = intervals[at] if at < len(intervals) and intervals[at].first.number == number + 1 else None
    if before is None and after is None and len(intervals) >= summary.most_intervals:
        return False
    merged = (
        Interval(
            before.first if before else edge,
            after.last if after else edge,
            min(commit_ms, *(part.earliest_ms for part in (before, after) if part)),
        )
        if before or after
        else Interval(edge, edge, commit_ms)
    )
    intervals[at - (before is not None) : at + (after is not None)] = [merged]
    if before:
        _check_pair(summary, before.last, edge)
    if after:
        _check_pair(summary, edge, after.first)
    if number == 1 and edge.link != NO_LINK:
        _break(summary, "link", 1)
    return True


def _check_pair(summary: Summary, before: Edge, after: Edge) -> None:
    if after.link != before.hash[:LINK_BYTES] and not after.restarts:
        _break(summary, "link", after.number)
    for what in breaks_of_order(before, after):
        _break(summary, what, after.number)


def _break(summary: Summary, what: str, number: int) -> None:
    keep_lowest(summary.broken.setdefault(what, []), number)
    summary.revision += 1


def _share_edges(summary: Summary, edge: Edge) -> None:
    """Of several statements under the number at an end of an interval the one with the lowest hash stands for it."""
    intervals = summary.intervals
    at = bisect_left(intervals, edge.number, key=lambda interval: interval.last.number)
    first, last, earliest_ms = intervals[at]
    if first.number == edge.number:
        first = min(first, edge, key=lambda one: one.hash)
    if last.number == edge.number:
        last = min(last, edge, key=lambda one: one.hash)
    intervals[at] = Interval(first, last, earliest_ms)
