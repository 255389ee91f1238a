"""The bodies of statements, one named tuple per kind, with the ranges of `steelyard.cddl`.

`read(kind, body)` types a decoded body and lists its breaches; a longer body is read as far as it is known, so that old
receivers survive new scales.
"""

from collections.abc import Callable
from enum import IntEnum
from typing import Any, NamedTuple

from steelyard_protocol import cbor, p256, parameters
from steelyard_protocol.checks import UINT32, Check, array, breach_of, integer, octets, optional, text
from steelyard_protocol.events import Event, beyond_event, read_event
from steelyard_protocol.identity import cose_key, point
from steelyard_protocol.sales import SALE, SALE_BATCH, Sale, SaleBatch

COUNTS_OFFSET = 16_777_215


class Kind(IntEnum):
    """Kinds of statement."""

    ENROL = 1
    BOOT = 2
    SNAPSHOT = 3
    PARAMETERS = 4
    EVENT = 5
    SALE = 6
    SALE_BATCH = 7


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


Body = Enrol | Boot | Snapshot | Parameters | Event | Sale | SaleBatch


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


_WORD = text(32)
_UINT32 = integer(0, UINT32)
_NUMBER = integer(1, UINT32)
_COUNTER = integer(0, 0xFFFF)
_HASH = octets(32)
_IDENTITY = octets(10)
_COUNTS = integer(-8_388_608, 8_388_607)
_OFFSET = integer(-COUNTS_OFFSET - 1, COUNTS_OFFSET)
_INTERVALS = integer(-2_147_483_647, 2_147_483_647)
_PERIOD = integer(1, 86_400)


def _is_permit(value: Any) -> bool:
    return type(value) is bytes and 90 <= len(value) <= 1024


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
        array(_WORD, text(16), _HASH),
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
    Kind.SALE: SALE,
    Kind.SALE_BATCH: SALE_BATCH,
}

_TYPES: dict[int, Callable[..., Body]] = {
    Kind.ENROL: Enrol,
    Kind.BOOT: Boot,
    Kind.SNAPSHOT: Snapshot,
    Kind.PARAMETERS: Parameters,
    Kind.SALE: Sale,
    Kind.SALE_BATCH: SaleBatch,
}


def read(kind: int, body: Any) -> tuple[Body | None, str | None]:
    """Type a decoded body: (typed body or None, breach of the profile or None).

    An unknown kind gives (None, None): it is kept and shown, not judged. What is beyond the known, `beyond` has.
    """
    if type(body) is not list:
        return None, "the body is not an array"
    if kind == Kind.EVENT:
        return read_event(body)
    checks = _CHECKS.get(kind)
    if checks is None:
        return None, None
    if breach := breach_of(Kind(kind).name.lower(), checks, body):
        return None, breach
    values = body[: len(checks)]
    if kind == Kind.ENROL and values[7] is not None:
        values[7] = Predecessor(*values[7])
    elif kind == Kind.BOOT:
        values[1] = Software(*values[1])
    return _TYPES[kind](*values), None


def beyond(kind: int, body: list[Any]) -> list[Any]:
    """What a body that `read` has typed holds beyond its known elements; of an event also beyond its known facts."""
    return beyond_event(body) if kind == Kind.EVENT else body[len(_CHECKS[kind]) :]
