"""What a statement's content says of its scale: parameters, weight, software, case, and what it declares lost.

Each content is read once. Where its meaning depends on a statement that may come later (a parameter map, a clock), what
is not known yet is kept; where it depends on stored ones, they wait in `rereads` to be read again, a page at a time.
"""

from bisect import bisect_left, insort

from steelyard_protocol import parameters
from steelyard_protocol.bodies import Boot, Parameters, Snapshot
from steelyard_protocol.events import Event, EventKind, ParameterChange
from steelyard_protocol.sales import Sale, SaleBatch
from steelyard_protocol.statement import Flag, Statement

from steelyard_cloud.judge.hidden import hidden_by
from steelyard_cloud.judge.rereads import recompute, wait_for
from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.judge.summary_parts import (
    Change,
    Numbers,
    Opening,
    ParameterState,
    Reread,
    Session,
    Stored,
    Unlock,
    Waiting,
    add_range,
)

SHOWN_FLAGS = Flag.LOCKED | Flag.CASE_OPEN
COMPUTED = (Snapshot, Sale)


def state_of(statement: Statement) -> ParameterState:
    """What its head says of the parameters."""
    return ParameterState(statement.digest, statement.calibration_counter, statement.configuration_counter)


def read(summary: Summary, statement: Statement, stored: Stored) -> bool:
    """Read what a new content says; whether it is no more than an honest snapshot or sale that changes nothing."""
    number, body, arrival = statement.number, statement.body, stored.arrival
    if statement.has_state:
        _see(summary, state_of(statement), 2 * number, arrival)
    for condition in hidden_by(statement) if statement.unread or body is None else ():
        summary.count(summary.hidden.setdefault(condition, Numbers()), number, arrival)
    if type(body) is Event or statement.flags & SHOWN_FLAGS:
        _read_case(summary, statement, arrival)
    if isinstance(body, COMPUTED):
        return _read_computed(summary, statement, body, arrival)
    if isinstance(body, SaleBatch):
        return True  # its records are proven one by one, by the receipts
    if isinstance(body, Event):
        _read_event(summary, statement, body, stored)
    elif isinstance(body, Boot):
        _read_boot(summary, statement, body)
        _read_map(summary, statement, body.parameters, arrival)
    elif isinstance(body, Parameters):
        _read_map(summary, statement, body.parameters, arrival)
    return False


def _see(summary: Summary, state: ParameterState, position: int, arrival: int) -> None:
    """Positions: twice the number for a header, one more for what holds after a change."""
    summary.recent_states.see(state, position, arrival, summary.bounds.recent)
    states = summary.states
    if seen := states.get(state):
        if not seen[0] <= position <= seen[1]:
            states[state] = min(seen[0], position), max(seen[1], position)
        return
    states[state] = (position, position)
    if len(states) > summary.bounds.states:
        summary.states_dropped = True
        del states[max(states, key=lambda one: (states[one][0], one))]


def _read_case(summary: Summary, statement: Statement, arrival: int) -> None:
    """What tells of an open case or a lock: flags of any statement, and two events."""
    shown = statement.flags & SHOWN_FLAGS
    body = statement.body
    if shown and isinstance(body, Event) and body.kind == EventKind.UNLOCKED:
        shown &= Flag.CASE_OPEN  # its head may still say what was before
    is_event = isinstance(body, Event) and body.kind in (EventKind.CASE_OPENED, EventKind.LOCKED)
    if not shown and not is_event:
        return
    came = arrival, statement.number
    if statement.flags & Flag.SESSION_OPEN:
        summary.case_in_session = max(summary.case_in_session, (statement.number, statement.boot))
        summary.case_in_session_latest = max(summary.case_in_session_latest, came)
        return
    summary.case_latest = max(summary.case_latest, came)
    if shown:
        summary.case_flagged = max(summary.case_flagged, statement.number)
    if is_event:
        summary.case_event = max(summary.case_event, statement.number)


def _read_computed(summary: Summary, statement: Statement, body: Snapshot | Sale, arrival: int) -> bool:
    number, digest = statement.number, statement.digest
    if "digest" in statement.unread:
        return False
    if any(one.digest == digest and one.first <= number <= one.last for one in summary.rereads):
        return False  # it will be computed with those that wait
    parameter_map = summary.maps.get(digest)
    if parameter_map is not None:
        return recompute(summary, number, arrival, parameter_map, body)
    low, high, latest = summary.unmapped.get(digest, Waiting(number, number, arrival))
    summary.unmapped[digest] = Waiting(min(low, number), max(high, number), max(latest, arrival))
    if len(summary.unmapped) > summary.bounds.states:
        dropped = summary.unmapped.pop(max(summary.unmapped))
        summary.count(summary.unmapped_dropped, dropped.last, dropped.latest)
    return False


def _read_map(summary: Summary, statement: Statement, parameter_map: dict[int, int], arrival: int) -> None:
    """A whole map that is signed is a state that is seen, also where the head names another one."""
    digest, number = statement.digest, statement.number
    if (signed := parameters.digest(parameter_map)) != digest:
        _see(summary, state_of(statement)._replace(digest=signed), 2 * number, arrival)
        return
    if digest in summary.maps:
        return
    summary.maps[digest] = parameter_map
    if len(summary.maps) > summary.bounds.states:
        del summary.maps[max(summary.maps)]
    if digest in summary.maps and (waiting := summary.unmapped.pop(digest, None)):
        wait_for(summary, Reread(digest, waiting.first, waiting.last))


def _read_boot(summary: Summary, statement: Statement, body: Boot) -> None:
    number, software = statement.number, body.software
    seen = (number, software.name, software.version, number)
    known = summary.software.get(software.hash, seen)
    summary.software[software.hash] = (*min(known[:3], seen[:3]), max(known[3], number))
    if len(summary.software) > summary.bounds.states:
        del summary.software[max(summary.software, key=lambda one: (summary.software[one][0], one))]
    summary.period = max(summary.period, (number, statement.content_hash, body.period_s))


def _read_event(summary: Summary, statement: Statement, event: Event, stored: Stored) -> None:
    number, facts, kind, arrival = statement.number, event.facts, event.kind, stored.arrival
    if isinstance(facts, ParameterChange):
        _read_change(summary, statement, facts, stored)
    elif kind in (EventKind.SESSION_OPENED, EventKind.SESSION_CLOSED):
        permit = facts[0] if kind == EventKind.SESSION_OPENED else None
        _read_session(summary, Session(number, statement.boot, permit or b""), arrival)
    elif kind == EventKind.CASE_OPENED:
        _read_opening(summary, statement, facts[0], stored)
    elif kind == EventKind.UNLOCKED:
        insort(summary.unlocks, Unlock(number, facts[1] or 0))
        del summary.unlocks[: -summary.bounds.numbers]
    elif kind == EventKind.STATEMENTS_LOST:
        _lose(summary, facts[0], min(facts[1], number - 1))
    elif kind == EventKind.JOURNAL_LOST:
        summary.count(summary.journal_lost, number, arrival)
        _lose(summary, 1, number - 1)
    elif kind == EventKind.ROLLED_BACK:
        summary.count(summary.rolled_back, number, arrival)
        _lose(summary, 1, number - 1)
    elif kind == EventKind.PERIOD_CHANGED:
        summary.period = max(summary.period, (number, statement.content_hash, facts[1]))


def _read_session(summary: Summary, session: Session, arrival: int) -> None:
    """Of several under one number the least counts, so that forks fill nothing."""
    items = summary.sessions.items
    at = bisect_left(items, (session.number,))
    if at < len(items) and items[at].number == session.number:
        items[at] = min(items[at], session)
        summary.sessions.latest = max(summary.sessions.latest, arrival)
    else:
        summary.sessions.add(session, arrival, 2 * summary.bounds.ends)


def _lose(summary: Summary, first: int, last: int) -> None:
    if first <= last:
        summary.lost = add_range(summary.lost, first, last)[: summary.bounds.intervals]


def _read_change(summary: Summary, statement: Statement, facts: ParameterChange, stored: Stored) -> None:
    number, arrival = statement.number, stored.arrival
    after = ParameterState(facts.digest, facts.calibration_counter, facts.configuration_counter)
    _see(summary, after, 2 * number + 1, arrival)
    change = Change(
        number,
        statement.content_hash,
        state_of(statement),
        after,
        facts.permit,
        tuple((one.field, one.old, one.new) for one in facts.changes),
        statement.boot,
        statement.uptime_s,
        *_in_seconds(statement, stored),
        arrival,
    )
    summary.changes.add(change, arrival, summary.bounds.ends)
    _wait_for_a_date(summary, change)


def _read_opening(summary: Summary, statement: Statement, stamp_s: int, stored: Stored) -> None:
    opening = Opening(
        statement.number,
        statement.content_hash,
        stamp_s,
        statement.boot,
        statement.uptime_s,
        *_in_seconds(statement, stored),
        stored.arrival,
    )
    insort(summary.openings, opening, key=lambda one: (one.number, one.content_hash))
    if len(summary.openings) > summary.bounds.numbers:
        summary.openings_beyond = max(summary.openings_beyond, summary.openings.pop().number)
    _wait_for_a_date(summary, opening)


def _in_seconds(statement: Statement, stored: Stored) -> tuple[int, int, int]:
    """Its commit, and its number and date if it has one of its own."""
    commit_ms, date_ms, _ = stored
    return (commit_ms // 1000, 0, 0) if date_ms is None else (commit_ms // 1000, statement.number, date_ms // 1000)


def _wait_for_a_date(summary: Summary, one: Change | Opening) -> None:
    """What has no date and did not come last may have one by a later statement that is stored already."""
    if not one.anchor_number and one.number < summary.head:
        wait_for(summary, Reread(None, one.number + 1, summary.head))
