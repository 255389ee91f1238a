"""What a statement's content says of its scale: parameters, weight, software, clock, and what it declares lost.

Each content is read once. Where its meaning depends on a statement that may come later (a parameter map, a clock), what
is not known yet is kept and a `Need` tells the caller which stored statements to show again.
"""

from bisect import insort
from collections.abc import Iterable
from typing import NamedTuple, TypeVar

from steelyard_protocol import parameters, weight
from steelyard_protocol.bodies import Boot, Parameters, Snapshot
from steelyard_protocol.events import Event, EventKind, ParameterChange
from steelyard_protocol.statement import Statement

from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.judge.summary_parts import (
    LOWEST_KEPT,
    MAX_INTERVALS,
    STATES_KEPT,
    Change,
    Opening,
    ParameterState,
    add_range,
    keep_lowest,
)

Dated = TypeVar("Dated", Change, Opening)

RECALLED = (EventKind.CASE_OPENED, EventKind.SESSION_OPENED, EventKind.SESSION_CLOSED)

MAP_BREACH = "the parameter map is not the one that the header's digest names"
THUMBPRINT_BREACH = "the thumbprint in the boot statement is not that of the identity"


class Need(NamedTuple):
    """Stored statements that have to be looked at again because of the one that just came.

    `digest` asks for the snapshots under it from `first` to `last`, to be given to `weigh`; without one, the statements
    after `first` up to the next boot are to be given to `date`.
    """

    digest: bytes | None
    first: int
    last: int


def weigh(summary: Summary, snapshots: Iterable[Statement]) -> None:
    """Judge snapshots that waited for the map of their digest; each content once."""
    seen: set[bytes] = set()
    for statement in snapshots:
        body = statement.body
        if isinstance(body, Snapshot) and statement.content_hash not in seen:
            seen.add(statement.content_hash)
            _weigh(summary, statement.number, summary.maps[statement.digest], body)


def date(summary: Summary, later: Iterable[Statement]) -> None:
    """Let statements with a clock date the changes and openings that had none."""
    for statement in later:
        if statement.clock_quality:
            _date(summary, statement)


def read(summary: Summary, statement: Statement) -> list[Need]:
    """Read what a new content says: parameters, software, clock, and its kind's body."""
    state = ParameterState(statement.digest, statement.calibration_counter, statement.configuration_counter)
    if statement.has_state:
        _see(summary, state, 2 * statement.number)
    if (summary.changes or summary.openings) and statement.clock_quality:
        _date(summary, statement)
    body = statement.body
    if isinstance(body, Snapshot):
        return _read_snapshot(summary, statement, body)
    summary.revision += 1
    if isinstance(body, Event):
        return _read_event(summary, statement, body)
    if isinstance(body, Boot):
        _read_boot(summary, statement, body)
        return _read_map(summary, statement, body.parameters)
    if isinstance(body, Parameters):
        return _read_map(summary, statement, body.parameters)
    return []


def _see(summary: Summary, state: ParameterState, position: int) -> None:
    """Positions: twice the number for a header, one more for what holds after a change; the lowest states are kept."""
    states = summary.states
    seen = states.get(state)
    if seen is not None:
        first, last = seen
        if position > last:
            states[state] = (first, position)
            if position > last + 2:
                summary.revision += 1
        elif position < first:
            states[state] = (position, last)
        return
    states[state] = (position, position)
    summary.revision += 1
    if len(states) > STATES_KEPT:
        summary.states_dropped = True
        del states[max(states, key=lambda one: (states[one][0], one))]


def _read_snapshot(summary: Summary, statement: Statement, body: Snapshot) -> list[Need]:
    if "digest" in statement.unread:
        return []
    parameter_map = summary.maps.get(statement.digest)
    if parameter_map is not None:
        _weigh(summary, statement.number, parameter_map, body)
        return []
    summary.revision += statement.digest not in summary.unmapped
    low, high = summary.unmapped.get(statement.digest, (statement.number, statement.number))
    summary.unmapped[statement.digest] = (min(low, statement.number), max(high, statement.number))
    if len(summary.unmapped) > STATES_KEPT:
        del summary.unmapped[max(summary.unmapped)]
    return []


def _weigh(summary: Summary, number: int, parameter_map: dict[int, int], body: Snapshot) -> None:
    gross = weight.gross_intervals(parameter_map, body.filtered_counts, body.zero_counts, body.temperature_cdeg)
    if gross != body.gross:
        summary.wrong_weights.add(number)
        summary.revision += 1


def _read_map(summary: Summary, statement: Statement, parameter_map: dict[int, int]) -> list[Need]:
    digest = statement.digest
    if parameters.digest(parameter_map) != digest:
        summary.count_breach(MAP_BREACH, statement.number)
        return []
    if digest in summary.maps:
        return []
    summary.maps[digest] = parameter_map
    if len(summary.maps) > STATES_KEPT:
        del summary.maps[max(summary.maps)]
    waiting = summary.unmapped.pop(digest, None)
    return [Need(digest, *waiting)] if waiting and digest in summary.maps else []


def _read_boot(summary: Summary, statement: Statement, body: Boot) -> None:
    number, software = statement.number, body.software
    seen = (number, software.name, software.version, number)
    known = summary.software.get(software.hash, seen)
    summary.software[software.hash] = (*min(known[:3], seen[:3]), max(known[3], number))
    if len(summary.software) > STATES_KEPT:
        del summary.software[max(summary.software, key=lambda one: (summary.software[one][0], one))]
    if body.thumbprint[: len(summary.kid)] != summary.kid:
        summary.count_breach(THUMBPRINT_BREACH, number)
    summary.period = max(summary.period, (number, statement.content_hash, body.period_s))


def _read_event(summary: Summary, statement: Statement, event: Event) -> list[Need]:
    number, facts = statement.number, event.facts
    if isinstance(facts, ParameterChange):
        return _read_change(summary, statement, facts)
    if event.kind in RECALLED:
        return recall(summary, statement)
    if event.kind == EventKind.STATEMENTS_LOST:
        _lose(summary, facts[0], min(facts[1], number - 1))
    elif event.kind == EventKind.JOURNAL_LOST:
        summary.journal_lost.add(number)
        _lose(summary, 1, number - 1)
    elif event.kind == EventKind.ROLLED_BACK:
        summary.rolled_back.add(number)
        _lose(summary, 1, number - 1)
    elif event.kind == EventKind.PERIOD_CHANGED:
        summary.period = max(summary.period, (number, statement.content_hash, facts[1]))
    return []


def _lose(summary: Summary, first: int, last: int) -> None:
    if first <= last:
        summary.lost = add_range(summary.lost, first, last)[:MAX_INTERVALS]


def _read_change(summary: Summary, statement: Statement, facts: ParameterChange) -> list[Need]:
    number = statement.number
    before = ParameterState(statement.digest, statement.calibration_counter, statement.configuration_counter)
    after = ParameterState(facts.digest, facts.calibration_counter, facts.configuration_counter)
    _see(summary, after, 2 * number + 1)
    dated = statement.clock_quality > 0
    change = Change(
        number,
        statement.content_hash,
        before,
        after,
        facts.permit,
        tuple((one.field, one.old, one.new) for one in facts.changes),
        statement.boot,
        statement.uptime_s,
        number if dated else 0,
        statement.time,
    )
    insort(summary.changes, change, key=lambda one: (one.number, one.content_hash))
    if len(summary.changes) > STATES_KEPT:
        summary.changes.pop()
        summary.states_dropped = True
    return [] if dated or summary.head == number else [Need(None, number, summary.head)]


def recall(summary: Summary, statement: Statement) -> list[Need]:
    """Read an event of a kind that summaries of an older FORMAT did not keep."""
    event = statement.body
    if not isinstance(event, Event) or event.kind not in RECALLED:
        return []
    summary.revision += 1
    if event.kind == EventKind.CASE_OPENED:
        return _read_opening(summary, statement, event)
    if not keep_lowest(summary.sessions, statement.number, 2 * STATES_KEPT):
        summary.states_dropped = True
    return []


def _read_opening(summary: Summary, statement: Statement, event: Event) -> list[Need]:
    number = statement.number
    dated = statement.clock_quality > 0
    opening = Opening(
        number,
        statement.content_hash,
        event.facts[0],
        statement.boot,
        statement.uptime_s,
        number if dated else 0,
        statement.time,
    )
    insort(summary.openings, opening, key=lambda one: (one.number, one.content_hash))
    if len(summary.openings) > LOWEST_KEPT:
        summary.openings_beyond = max(summary.openings_beyond, summary.openings.pop().number)
    return [] if dated or summary.head == number else [Need(None, number, summary.head)]


def _date(summary: Summary, statement: Statement) -> None:
    """A statement with a clock dates what is undated before it in the same boot; the nearest one counts."""
    summary.revision += _date_each(summary.changes, statement) + _date_each(summary.openings, statement)


def _date_each(kept: list[Dated], statement: Statement) -> int:
    number, dated = statement.number, 0
    for at, one in enumerate(kept):
        if one.boot != statement.boot or one.number >= number:
            continue
        dated_s = statement.time - (statement.uptime_s - one.uptime_s)
        if one.anchor_number == 0 or (number, dated_s) < (one.anchor_number, one.dated_s):
            kept[at] = one._replace(anchor_number=number, dated_s=dated_s)
            dated += 1
    return dated
