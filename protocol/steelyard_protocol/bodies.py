"""The bodies of statements, one named tuple per kind, with the ranges of `steelyard.cddl`.

`read(kind, body)` types a decoded body and lists its breaches; a longer body is read as far as it is known, so that old
receivers survive new scales.
"""

from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Any, NamedTuple

from steelyard_protocol import cbor, p256, parameters
from steelyard_protocol.identity import cose_key, point

UINT32 = 0xFFFFFFFF
COUNTS_OFFSET = 16_777_215


class Kind(IntEnum):
    """Kinds of statement."""

    ENROL = 1
    BOOT = 2
    SNAPSHOT = 3
    PARAMETERS = 4
    EVENT = 5


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


class Predecessor(NamedTuple):
    """Where a succeeded key's chain ended."""

    identity: bytes
    head_number: int
    head_hash: bytes
    calibration_counter: int
    configuration_counter: int


class Enrol(NamedTuple):
    """Statement 1 of an identity; keys are COSE_Keys, `signing_point` gives SEC 1."""

    signing_key: dict[int, Any]
    agreement_key: dict[int, Any]
    key_store_class: int
    maker: str
    model: str
    serial_number: str
    production_code: str
    predecessor: Predecessor | None

    @property
    def signing_point(self) -> bytes:
        """The signing key as a 65-byte SEC 1 point."""
        return point(self.signing_key)

    @property
    def agreement_point(self) -> bytes:
        """The agreement key as a 65-byte SEC 1 point."""
        return point(self.agreement_key)


class Software(NamedTuple):
    """Software identification."""

    name: str
    version: str
    hash: bytes


class Boot(NamedTuple):
    """What a scale says of itself at every start."""

    thumbprint: bytes
    software: Software
    hardware: str
    adc: str
    reset_cause: int
    debug_open: bool
    key_set_number: int
    root: bytes | None
    head_before: int
    period_s: int
    parameters: dict[int, int]
    production_code: str
    repair_code: str | None


class Snapshot(NamedTuple):
    """The periodic statement: counts, weight in intervals, and how zero and noise behaved since the last one."""

    filtered_counts: int
    zero_counts: int
    gross: int
    tare: int
    temperature_cdeg: int
    supply_mv: int
    noise_counts: int
    zero_drift_counts: int
    zero_minimum_counts: int
    zero_maximum_counts: int
    zero_mean_counts: int
    weighings: int
    journal_free_percent: int


class Parameters(NamedTuple):
    """The whole map, and the permit under which it was last changed."""

    parameters: dict[int, int]
    permit: bytes | None


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


Body = Enrol | Boot | Snapshot | Parameters | Event
Check = Callable[[Any], bool]


def integer(minimum: int, maximum: int) -> Check:
    """A check for an integer, both ends included; True and False are none."""
    return lambda value: type(value) is int and minimum <= value <= maximum


def octets(length: int) -> Check:
    """A check for a byte string of this length."""
    return lambda value: type(value) is bytes and len(value) == length


def _text(longest: int) -> Check:
    return lambda value: type(value) is str and 1 <= len(value.encode()) <= longest


def optional(check: Check) -> Check:
    """A check that also lets nil pass."""
    return lambda value: value is None or check(value)


def array(*checks: Check) -> Check:
    """A check for an array of exactly these."""
    return lambda value: (
        type(value) is list
        and len(value) == len(checks)
        and all(check(item) for check, item in zip(checks, value, strict=True))
    )


def _is_cose_key(value: Any) -> bool:
    if not (isinstance(value, dict) and value.keys() == {1, -1, -2, -3}):
        return False
    if not (octets(32)(value[-2]) and octets(32)(value[-3])):
        return False
    public_key = point(value)
    # By their bytes: Python calls 1, 1.0 and True equal.
    return cbor.encode(value) == cbor.encode(cose_key(public_key)) and p256.is_public_key(public_key)


def _is_parameter_map(value: Any) -> bool:
    return not parameters.breaches(value)


def _is_bool(value: Any) -> bool:
    return type(value) is bool


_WORD = _text(32)
_UINT32 = integer(0, UINT32)
_NUMBER = integer(1, UINT32)
_COUNTER = integer(0, 0xFFFF)
_HASH = octets(32)
_IDENTITY = octets(10)
_COUNTS = integer(-8_388_608, 8_388_607)
_OFFSET = integer(-COUNTS_OFFSET - 1, COUNTS_OFFSET)
_INTERVALS = integer(-2_147_483_647, 2_147_483_647)
_PERIOD = integer(1, 86_400)
_VALUE = optional(integer(-16_777_216, 1_000_000_000))
_CHANGE = array(integer(1, 63), _VALUE, _VALUE)


def _is_permit(value: Any) -> bool:
    return type(value) is bytes and 90 <= len(value) <= 1024


def _are_changes(value: Any) -> bool:
    return type(value) is list and 1 <= len(value) <= 32 and all(map(_CHANGE, value))


_CHECKS: dict[int, tuple[Check, ...]] = {
    Kind.ENROL: (
        _is_cose_key,
        _is_cose_key,
        integer(0, 3),
        _WORD,
        _WORD,
        _WORD,
        _WORD,
        optional(array(_IDENTITY, _NUMBER, _HASH, _COUNTER, _COUNTER)),
    ),
    Kind.BOOT: (
        _HASH,
        array(_WORD, _text(16), _HASH),
        _WORD,
        _WORD,
        integer(0, 15),
        _is_bool,
        _UINT32,
        optional(_HASH),
        _UINT32,
        _PERIOD,
        _is_parameter_map,
        _WORD,
        optional(_WORD),
    ),
    Kind.SNAPSHOT: (
        _COUNTS,
        _OFFSET,
        _INTERVALS,
        _INTERVALS,
        integer(-5_500, 12_500),
        integer(0, 0xFFFF),
        integer(0, 0xFFFF),
        _OFFSET,
        _OFFSET,
        _OFFSET,
        _OFFSET,
        integer(0, 0xFFFF),
        integer(0, 100),
    ),
    Kind.PARAMETERS: (_is_parameter_map, optional(_is_permit)),
}

_TYPES: dict[int, Callable[..., Body]] = {
    Kind.ENROL: Enrol,
    Kind.BOOT: Boot,
    Kind.SNAPSHOT: Snapshot,
    Kind.PARAMETERS: Parameters,
}

_FACTS: dict[int, tuple[Check, ...]] = {
    EventKind.PARAMETER_CHANGE: (_are_changes, optional(_HASH), octets(16), _COUNTER, _COUNTER),
    EventKind.CASE_OPENED: (_UINT32,),
    EventKind.LOCKED: (integer(0, 255),),
    EventKind.UNLOCKED: (integer(0, 255), optional(_UINT32)),
    EventKind.WRONG_CODE: (_UINT32,),
    EventKind.ZERO_OUT_OF_RANGE: (_OFFSET, _UINT32),
    EventKind.ADC_FAULT: (_UINT32, _UINT32),
    EventKind.CLOCK_SET: (_UINT32, _UINT32, integer(1, 4)),
    EventKind.DOWNLINK_REFUSED: (integer(1, 255), integer(0, 255), _UINT32),
    EventKind.KEY_SUCCESSION: (_IDENTITY, _IDENTITY),
    EventKind.SOFTWARE_UPDATE: (_HASH, _HASH),
    EventKind.SESSION_OPENED: (optional(_HASH),),
    EventKind.SESSION_CLOSED: (integer(1, 4),),
    EventKind.JOURNAL_LOST: (_UINT32,),
    EventKind.STATEMENTS_LOST: (_NUMBER, _NUMBER),
    EventKind.SNAPSHOTS_LEFT_OUT: (_UINT32,),
    EventKind.PERIOD_CHANGED: (_PERIOD, _PERIOD),
    EventKind.ROLLED_BACK: (_NUMBER,),
}


def _breach(name: str, checks: Sequence[Check], values: Sequence[Any]) -> str | None:
    if len(values) < len(checks):
        return f"{name}: {len(values)} elements, at least {len(checks)} expected"
    for index, check in enumerate(checks):
        if not check(values[index]):
            return f"{name}: element {index} is out of its range or of another type"
    return None


def _read_event(body: list[Any]) -> tuple[Event | None, str | None]:
    if len(body) < 2 or type(body[0]) is not int or type(body[1]) is not list:
        return None, "event: a kind and an array of facts expected"
    kind, facts = body[0], body[1]
    if kind == EventKind.PARAMETER_CHANGE:
        if breach := _breach("parameter change", _FACTS[kind], facts):
            return None, breach
        changes = tuple(Change(*change) for change in facts[0])
        return Event(kind, ParameterChange(changes, *facts[1:5])), None
    checks = _FACTS.get(kind)
    if checks is not None and (breach := _breach(f"event {kind}", checks, facts)):
        return None, breach
    return Event(kind, tuple(facts)), None


def read(kind: int, body: Any) -> tuple[Body | None, str | None]:
    """Type a decoded body: (typed body or None, breach of the profile or None).

    An unknown kind gives (None, None): it is kept and shown, not judged. Elements beyond the known ones are ignored.
    """
    if type(body) is not list:
        return None, "the body is not an array"
    if kind == Kind.EVENT:
        return _read_event(body)
    checks = _CHECKS.get(kind)
    if checks is None:
        return None, None
    if breach := _breach(Kind(kind).name.lower(), checks, body):
        return None, breach
    values = body[: len(checks)]
    if kind == Kind.ENROL and values[7] is not None:
        values[7] = Predecessor(*values[7])
    elif kind == Kind.BOOT:
        values[1] = Software(*values[1])
    return _TYPES[kind](*values), None
