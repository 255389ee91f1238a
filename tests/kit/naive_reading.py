"""What one stored statement says, for the naive judge: plain questions, each answered from its bytes."""

from collections.abc import Sequence
from functools import cache
from typing import Literal, NamedTuple

import cbor2
from steelyard_protocol import identity, parameters
from steelyard_protocol.bodies import Boot, Kind, Parameters
from steelyard_protocol.events import Event, EventKind, ParameterChange
from steelyard_protocol.sales import Sale, SaleBatch
from steelyard_protocol.statement import LINK_BYTES, Flag, Statement

MINUTE_MS = 60_000
State = tuple[bytes, int, int]


Signature = Literal["good", "bad", "unchecked"]


class Row(NamedTuple):
    """A stored statement of any identity of the scale, and when it was committed."""

    statement: Statement
    commit_ms: int
    signature: Signature = "good"


class SetBack(NamedTuple):
    """Stands in the list where the platform's clock was set back, to a time."""

    to_ms: int


class Recorded(NamedTuple):
    """Stands in the list where a verification or a decision was recorded."""

    fact: object


class Seen(NamedTuple):
    """A stored statement; its commit, and its own date if it has one, neither later than the clock was set back to.

    `place` is where it stands in the list.
    """

    place: int
    statement: Statement
    number: int
    commit_ms: int
    date_ms: int | None
    signature: str


Rows = Sequence[Row | SetBack | Recorded]


def places_of(rows: Rows) -> dict[object, int]:
    """Where each fact was recorded first."""
    places: dict[object, int] = {}
    for place, row in enumerate(rows):
        if isinstance(row, Recorded):
            places.setdefault(row.fact, place)
    return places


def seen_in(rows: Rows) -> list[Seen]:
    """What is stored, as it counts now."""
    found, set_back_ms = [], 1 << 62
    for place, row in reversed(list(enumerate(rows))):
        if isinstance(row, SetBack):
            set_back_ms = min(set_back_ms, row.to_ms)
        if not isinstance(row, Row):
            continue
        statement, commit_ms, signature = row
        has_clock = bool(statement.flags & Flag.CLOCK_QUALITY and statement.time)
        own = has_clock and statement.time * 1000 <= commit_ms + 10 * MINUTE_MS
        commit_at_most = min(commit_ms, set_back_ms)
        date_ms = min(statement.time * 1000, commit_at_most) if own else None
        found.append(Seen(place, statement, statement.number, commit_at_most, date_ms, signature))
    return found[::-1]


def state_of(statement: Statement) -> State:
    """What the head says of the parameters."""
    return statement.digest, statement.calibration_counter, statement.configuration_counter


def after_state(statement: Statement) -> State | None:
    """What a parameter change says of the parameters after it."""
    change = change_in(statement)
    return None if change is None else (change.digest, change.calibration_counter, change.configuration_counter)


def state_of_map(statement: Statement) -> State | None:
    """The parameters that a statement carries whole, with the counters of its head, if its head says otherwise."""
    body = statement.body
    if not isinstance(body, Boot | Parameters) or digest(body.parameters) == statement.digest:
        return None
    return digest(body.parameters), statement.calibration_counter, statement.configuration_counter


def states_in(statement: Statement) -> list[State]:
    """The states that a statement names: in its head, if that can be read, in a whole map, and after a change."""
    head = state_of(statement) if statement.has_state else None
    return [one for one in (head, state_of_map(statement), after_state(statement)) if one is not None]


def change_in(statement: Statement) -> ParameterChange | None:
    """The parameter change that a statement reports."""
    body = statement.body
    return body.facts if isinstance(body, Event) and isinstance(body.facts, ParameterChange) else None


def event_kind(statement: Statement) -> int:
    """The kind of event that it reports; 0 for another statement."""
    return statement.body.kind if isinstance(statement.body, Event) else 0


def permit_named(statement: Statement) -> bytes:
    """The hash of the permit under which it says that a session began; empty for another statement."""
    body = statement.body
    if isinstance(body, Event) and body.kind == EventKind.SESSION_OPENED:
        return body.named["permit"] or b""
    return b""


def device_of(boot: Boot) -> tuple[object, ...]:
    """What the boot statement says of the machine."""
    return boot.software.hash, boot.hardware, boot.adc, boot.root or b"", boot.production_code, boot.debug_open


def digest(parameter_map: dict[int, int]) -> bytes:
    """The digest of a parameter map."""
    return _digest(tuple(parameter_map.items()))


@cache
def _digest(items: tuple[tuple[int, int], ...]) -> bytes:
    return parameters.digest(dict(items))


def follows(earlier: Seen, later: Seen) -> bool:
    """Whether a statement may come after the one that is stored before it."""
    a, b = earlier.statement, later.statement
    restarts = event_kind(b) in (EventKind.JOURNAL_LOST, EventKind.ROLLED_BACK)
    linked = b.number > a.number + 1 or restarts or b.link == a.hash[:LINK_BYTES]
    counts_up = a.calibration_counter <= b.calibration_counter and a.configuration_counter <= b.configuration_counter
    return linked and counts_up and (a.boot < b.boot or (a.boot == b.boot and a.uptime_s <= b.uptime_s))


def contradicts_itself(statement: Statement) -> bool:
    """Whether a statement's body and its own head do not go together."""
    body, number = statement.body, statement.number
    if isinstance(body, Boot | Parameters) and digest(body.parameters) != statement.digest:
        return True
    if isinstance(body, Boot):
        return body.thumbprint[: identity.KID_BYTES] != statement.kid or body.head_before >= number
    if isinstance(body, Sale):
        return body.cancels is not None and body.cancels >= body.sale
    if isinstance(body, SaleBatch):
        records, numbers = body.sold_count + body.cancelled_count, range(body.first, body.last + 1)
        return records == 0 or records > len(numbers) or (bool(body.hashes) and len(body.hashes) != records)
    if not isinstance(body, Event):
        return False
    if change := change_in(statement):
        type_specific = [one.field < parameters.FIRST_DEVICE_KEY for one in change.changes]
        raised = change.calibration_counter - statement.calibration_counter
        raised_type = change.configuration_counter - statement.configuration_counter
        allowed = (0, 0 if all(type_specific) else 1), (0, 1 if any(type_specific) else 0)
        return raised not in allowed[0] or raised_type not in allowed[1]
    if body.kind == EventKind.STATEMENTS_LOST:
        first, last = body.named["first"], body.named["last"]
        return not first <= last < number
    if body.kind in (EventKind.JOURNAL_LOST, EventKind.ROLLED_BACK):
        return int(max(body.named.values())) >= number
    return False


def may_hide(statement: Statement, what: str) -> bool:
    """Whether a change of parameters, another device or an opened case may stand where nothing can be read."""
    unread = {
        "parameters": {"kind", "digest", "calibration counter", "configuration counter"},
        "device": {"kind"},
        "case": {"kind", "flags"},
    }[what]
    if unread & set(statement.unread):
        return True
    if statement.body is not None:
        return False
    if statement.kind == Kind.EVENT:
        kinds = {"parameters": (EventKind.PARAMETER_CHANGE,), "case": (EventKind.CASE_OPENED, EventKind.LOCKED)}
        told = _event_kind_in_bytes(statement.raw)
        return what in kinds and (told in kinds[what] or told not in list(EventKind))
    bodies = {"parameters": (Kind.BOOT, Kind.PARAMETERS), "device": (Kind.BOOT,), "case": ()}
    return statement.kind in bodies[what]


def _event_kind_in_bytes(raw: bytes) -> object:
    """What stands where the kind of an event belongs."""
    body = next((one for one in cbor2.loads(cbor2.loads(raw).value[2])[10:] if type(one) is list), [])
    return body[0] if body and type(body[0]) is int else None
