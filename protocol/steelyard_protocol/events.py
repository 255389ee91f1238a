"""The bodies of events: kinds, facts and their ranges, as `steelyard.cddl` defines them."""

from enum import IntEnum
from typing import Any, NamedTuple

from steelyard_protocol.checks import UINT32, Check, array, breach_of, integer, octets, optional


# ---- from steelyard.cddl, by `make tables`
class EventKind(IntEnum):
    """Kinds of event."""

    PARAMETER_CHANGE = 1
    CASE_OPENED = 2
    LOCKED = 3
    UNLOCKED = 4
    WRONG_CODE = 5
    ZERO_OUT_OF_RANGE = 6
    ADC_FAULT = 7
    CLOCK_SET = 8
    DOWNLINK_REFUSED = 9
    KEY_SUCCESSION = 10
    SOFTWARE_UPDATE = 11
    SESSION_OPENED = 12
    SESSION_CLOSED = 13
    JOURNAL_LOST = 14
    STATEMENTS_LOST = 15
    SNAPSHOTS_LEFT_OUT = 16
    PERIOD_CHANGED = 17
    ROLLED_BACK = 18
    SALES_STATED = 19
    FLASH_FAULT = 20
    UPDATE_BEGUN = 21
    UPDATE_FAILED = 22
    KEY_FAULT = 23


# ----


class Change(NamedTuple):
    """One field of a commit; None stands for absent."""

    field: int
    old: int | None
    new: int | None


class ParameterChange(NamedTuple):
    """One commit of parameters; digest and counters are those after it."""

    changes: tuple[Change, ...]
    permit: bytes | None
    digest: bytes
    calibration_counter: int
    configuration_counter: int


class Event(NamedTuple):
    """Something that happened; `facts` is a ParameterChange or a tuple of plain values (CDDL: event-body)."""

    kind: int
    facts: ParameterChange | tuple[Any, ...]

    @property
    def named(self) -> dict[str, Any]:
        """The facts by their names in the definition; empty for a ParameterChange and for an unknown kind."""
        if isinstance(self.facts, ParameterChange):
            return {}
        return dict(zip(_FACTS.get(self.kind, ()), self.facts, strict=False))


# ---- from steelyard.cddl, by `make tables`
_FACTS: dict[int, dict[str, Check]] = {
    EventKind.CASE_OPENED: {"stamp": integer(0, 4_294_967_295)},
    EventKind.LOCKED: {"why": integer(0, 255)},
    EventKind.UNLOCKED: {"by": integer(0, 255), "order": optional(integer(0, 4_294_967_295))},
    EventKind.WRONG_CODE: {"count": integer(0, 4_294_967_295)},
    EventKind.ZERO_OUT_OF_RANGE: {"zero": integer(-16_777_216, 16_777_215), "count": integer(0, 4_294_967_295)},
    EventKind.ADC_FAULT: {"missed": integer(0, 4_294_967_295), "faults": integer(0, 4_294_967_295)},
    EventKind.CLOCK_SET: {"from": integer(0, 4_294_967_295), "to": integer(0, 4_294_967_295), "source": integer(1, 4)},
    EventKind.DOWNLINK_REFUSED: {"why": integer(1, 255), "order": integer(0, 255), "count": integer(0, 4_294_967_295)},
    EventKind.KEY_SUCCESSION: {"predecessor": octets(10), "successor": octets(10)},
    EventKind.SOFTWARE_UPDATE: {"from": octets(32), "to": octets(32)},
    EventKind.SESSION_OPENED: {"permit": optional(octets(32))},
    EventKind.SESSION_CLOSED: {"why": integer(1, 4)},
    EventKind.JOURNAL_LOST: {"head": integer(0, 4_294_967_295)},
    EventKind.STATEMENTS_LOST: {"first": integer(1, 4_294_967_295), "last": integer(1, 4_294_967_295)},
    EventKind.SNAPSHOTS_LEFT_OUT: {"count": integer(0, 4_294_967_295)},
    EventKind.PERIOD_CHANGED: {"from": integer(1, 86_400), "to": integer(1, 86_400)},
    EventKind.ROLLED_BACK: {"number": integer(1, 4_294_967_295)},
    EventKind.SALES_STATED: {"form": integer(2, 4)},
    EventKind.FLASH_FAULT: {"ring": integer(0, 1), "sector": integer(0, 65_535), "count": integer(0, 4_294_967_295)},
    EventKind.UPDATE_BEGUN: {"number": integer(1, 4_294_967_295), "image": octets(32)},
    EventKind.UPDATE_FAILED: {"number": integer(1, 4_294_967_295), "why": integer(1, 255)},
    EventKind.KEY_FAULT: {"why": integer(1, 255), "count": integer(0, 4_294_967_295)},
}
# ----

_KIND = integer(1, UINT32)
_VALUE = optional(integer(-16_777_216, 1_000_000_000))
_CHANGE = array(integer(1, 63), _VALUE, _VALUE)


def _are_changes(value: Any) -> bool:
    return type(value) is list and 1 <= len(value) <= 32 and all(map(_CHANGE, value))


_PARAMETER_CHANGE = (_are_changes, optional(octets(32)), octets(16), integer(0, 0xFFFF), integer(0, 0xFFFF))


def read_event(body: list[Any]) -> tuple[Event | None, str | None]:
    """Type an event's decoded body: (event or None, breach of the profile or None).

    An unknown kind passes with all its facts; of a known one `beyond_event` has those that are not known.
    """
    if len(body) < 2 or not _KIND(body[0]) or type(body[1]) is not list:
        return None, "event: a kind and an array of facts expected"
    kind, facts = body[0], body[1]
    if kind == EventKind.PARAMETER_CHANGE:
        if breach := breach_of("parameter change", _PARAMETER_CHANGE, facts):
            return None, breach
        changes = tuple(Change(*change) for change in facts[0])
        return Event(kind, ParameterChange(changes, *facts[1:5])), None
    checks = _FACTS.get(kind)
    if checks is None:
        return Event(kind, tuple(facts)), None
    if breach := breach_of(f"event {kind}", tuple(checks.values()), facts):
        return None, breach
    return Event(kind, tuple(facts[: len(checks)])), None


def beyond_event(body: list[Any]) -> list[Any]:
    """What the body of an event holds beyond its known facts, and beyond kind and facts."""
    kind, facts, *rest = body
    known = len(_PARAMETER_CHANGE if kind == EventKind.PARAMETER_CHANGE else _FACTS.get(kind, facts))
    return [*facts[known:], *rest]
