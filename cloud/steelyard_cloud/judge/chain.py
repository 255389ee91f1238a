"""Adding one authentic statement to the summary of its identity, and what the chain's links and numbers say."""

from bisect import bisect_left
from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple

from steelyard_protocol.bodies import Kind
from steelyard_protocol.events import Event, EventKind
from steelyard_protocol.statement import LINK_BYTES, NO_LINK, Statement

from steelyard_cloud.judge.consistency import contradictions
from steelyard_cloud.judge.contents import SHOWN_FLAGS, read, state_of
from steelyard_cloud.judge.dates import date_earlier, follow_dates, own_date_ms
from steelyard_cloud.judge.starts import follow_starts
from steelyard_cloud.judge.stored import NEVER_MS, Contents, Context
from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.judge.summary_parts import Edge, Interval, Stored, add_range

GRACE_MS = 15 * 60 * 1000
_ORDINARY = (Kind.SNAPSHOT, Kind.SALE, Kind.SALE_BATCH)


class Outcome(Enum):
    """What a statement was to its chain."""

    NEW = "new"
    DUPLICATE = "duplicate"  # the same bytes are stored
    RESIGNED = "re-signed"  # the same content under another signature
    FORK = "fork"  # another content under the same number
    REFUSED = "too-many-holes"  # storing it would take unbounded space; it comes again, as no receipt covers it


class Hole(NamedTuple):
    """Missing numbers, both ends included, and the earliest date of the statements after them."""

    first: int
    last: int
    seen_ms: int

    @property
    def until_ms(self) -> int:
        """When its grace is over."""
        return self.seen_ms + GRACE_MS

    def is_gap(self, now_ms: int) -> bool:
        """Whether the grace is over."""
        return now_ms >= self.until_ms


def holes(summary: Summary) -> list[Hole]:
    """Missing numbers below the head, rising."""
    found: list[Hole] = []
    seen_ms = NEVER_MS
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
    summary: Summary,
    statement: Statement,
    commit_ms: int,
    evidence: Context,
    latest_ms: int = NEVER_MS,
    arrival: int | None = None,
) -> Outcome:
    """Add an authentic statement that is committed at a time; `evidence` is what is stored beside it.

    `latest_ms` and `arrival` are for one that was committed long ago: see `stored.Committed`.
    """
    number = statement.number
    known = number == 0 or summary.has(number)
    stored = evidence.contents(number, statement.hash, statement.content_hash) if known else ()
    outcome = _what_it_is(statement, stored)
    if outcome is Outcome.DUPLICATE:
        return outcome
    arrival = summary.stored + 1 if arrival is None else arrival
    edge, date_ms = _edge(statement, arrival), own_date_ms(statement, commit_ms, latest_ms)
    commit_ms = min(commit_ms, latest_ms)
    earliest_ms = commit_ms if date_ms is None else date_ms
    wrong = (*statement.breaches, *contradictions(statement))
    quiet = outcome is Outcome.NEW and not wrong and _is_quiet(summary, statement, edge, earliest_ms)
    if outcome is Outcome.NEW and number and not _extend(summary, edge, earliest_ms):
        return Outcome.REFUSED
    _count(summary, number, wrong, commit_ms, arrival)
    if not number:
        summary.headless_ms, summary.revision = max(summary.headless_ms, commit_ms), summary.revision + 1
        return outcome
    if outcome is not Outcome.NEW:
        _share_edges(summary, edge, earliest_ms)
        _count_copy(summary, number, outcome, stored, arrival)
    follow_dates(summary, statement, commit_ms, date_ms, evidence)
    quiet = follow_starts(summary, statement, arrival) and quiet
    quiet = not date_earlier(summary, statement, date_ms) and quiet
    if outcome is not Outcome.RESIGNED:
        quiet = read(summary, statement, Stored(commit_ms, date_ms, arrival)) and quiet
    summary.revision += not quiet
    return outcome


def _count(summary: Summary, number: int, wrong: Iterable[str], commit_ms: int, arrival: int) -> None:
    """Count it, and what is wrong with it by itself."""
    summary.stored += 1
    summary.newest_ms = max(summary.newest_ms, commit_ms)
    summary.arrived = max(summary.arrived, arrival)
    for breach in wrong:
        summary.count_breach(breach, number, arrival)


def _what_it_is(statement: Statement, stored: Contents) -> Outcome:
    """What a statement is to those that are stored under its number."""
    if any(statement.hash == other for other, _ in stored):
        return Outcome.DUPLICATE
    if not stored or not statement.number:
        return Outcome.NEW
    same_content = any(statement.content_hash == content for _, content in stored)
    return Outcome.RESIGNED if same_content else Outcome.FORK


def _count_copy(summary: Summary, number: int, outcome: Outcome, stored: Contents, arrival: int) -> None:
    """A number is forked once, however many contents it has; that it has one more is as late as the last of them."""
    forks = summary.forks
    if outcome is Outcome.RESIGNED:
        summary.count(summary.resigned, number, arrival)
    elif len({content for _, content in stored}) == 1:
        summary.count(forks, number, arrival)
    else:
        forks.came(number, arrival)


def _is_quiet(summary: Summary, statement: Statement, edge: Edge, earliest_ms: int) -> bool:
    """Whether it only continues the chain as every statement of an honest scale does: then nothing is to be judged.

    Nothing is wrong with it by itself.
    """
    last = summary.latest
    return (
        last is not None
        and not summary.replaced
        and statement.kind in _ORDINARY
        and statement.number == last.number + 1
        and summary.several_at < last.number
        and statement.link == last.hash[:LINK_BYTES]
        and not (statement.flags | last.flags) & SHOWN_FLAGS
        and summary.recent_states.last.get(state_of(statement)) == 2 * last.number
        and earliest_ms >= summary.intervals[-1].earliest_ms
        and not breaks_of_order(last, edge)
    )


def note_unchecked(summary: Summary, number: int, arrival: int) -> None:
    """A statement was stored because a later one links to it; its own signature is not checked yet."""
    summary.unchecked_latest = max(summary.unchecked_latest, arrival)
    summary.revision += not summary.unchecked or number > summary.unchecked[-1][1]  # the verdict waits for it
    summary.unchecked = add_range(summary.unchecked, number, number)


def note_signatures(summary: Summary, first: int, last: int, bad: Iterable[tuple[int, int]]) -> None:
    """Signatures from `first` to `last` that a link had vouched for were checked.

    `bad` are number and arrival of those that are bad.
    """
    kept = []
    for low, high in summary.unchecked:
        kept += [part for part in ((low, min(high, first - 1)), (max(low, last + 1), high)) if part[0] <= part[1]]
    summary.unchecked = kept
    if not kept:
        summary.unchecked_latest = 0
    for number, arrival in bad:
        summary.count(summary.bad_signatures, number, arrival)
    summary.revision += 1


def restarts(statement: Statement) -> bool:
    """Whether it reports a lost journal or a rollback: its link is not that of the number before."""
    body = statement.body
    return type(body) is Event and body.kind in (EventKind.JOURNAL_LOST, EventKind.ROLLED_BACK)


def _edge(statement: Statement, arrival: int) -> Edge:
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
        arrival,
    )


def _extend(summary: Summary, edge: Edge, earliest_ms: int) -> bool:
    """Put a new number into the intervals; False where that would make one interval too many."""
    intervals, number = summary.intervals, edge.number
    if intervals and number == intervals[-1].last.number + 1:  # the way of every honest scale
        last = intervals[-1]
        _check_pair(summary, last.last, edge)
        intervals[-1] = Interval(last.first, edge, min(last.earliest_ms, earliest_ms))
        return True
    at = bisect_left(intervals, number, key=lambda interval: interval.first.number)
    before = intervals[at - 1] if at and intervals[at - 1].last.number == number - 1 else None
    after = intervals[at] if at < len(intervals) and intervals[at].first.number == number + 1 else None
    if before is None and after is None and len(intervals) >= summary.bounds.intervals:
        return False
    merged = (
        Interval(
            before.first if before else edge,
            after.last if after else edge,
            min(earliest_ms, *(part.earliest_ms for part in (before, after) if part)),
        )
        if before or after
        else Interval(edge, edge, earliest_ms)
    )
    intervals[at - (before is not None) : at + (after is not None)] = [merged]
    if before:
        _check_pair(summary, before.last, edge)
    if after:
        _check_pair(summary, edge, after.first)
    if number == 1 and edge.link != NO_LINK:
        summary.count_break("link", 1, edge.arrival)
    return True


def _check_pair(summary: Summary, before: Edge, after: Edge) -> None:
    found = breaks_of_order(before, after)
    if after.link != before.hash[:LINK_BYTES] and not after.restarts:
        found.append("link")
    for what in found:
        summary.count_break(what, after.number, max(before.arrival, after.arrival))


def _share_edges(summary: Summary, edge: Edge, earliest_ms: int) -> None:
    """Of several statements under the number at an end of an interval the one with the lowest hash stands for it."""
    intervals = summary.intervals
    at = bisect_left(intervals, edge.number, key=lambda interval: interval.last.number)
    first, last, before_ms = intervals[at]
    if first.number == edge.number:
        first = min(first, edge, key=lambda one: one.hash)
    if last.number == edge.number:
        last = min(last, edge, key=lambda one: one.hash)
    intervals[at] = Interval(first, last, min(before_ms, earliest_ms))
