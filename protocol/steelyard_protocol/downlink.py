"""What the platform sends to a scale: receipts, permits, key sets, times, asks and updates, each signed for one role.

The profile is that of statements with another external string, so nothing signed for one direction passes in the other.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from functools import lru_cache
from typing import Any

from steelyard_protocol import cbor, cose, p256
from steelyard_protocol.checks import UINT32, Check, array, integer, octets, optional, text
from steelyard_protocol.errors import ProtocolError

EXTERNAL = b"steelyard/1 down"
SECTOR_BYTES = 4096
LONGEST_IMAGE = 47 * SECTOR_BYTES
"""Bytes of an update's image: a slot has one sector more."""


class DownlinkError(ProtocolError):
    """not a valid order of the platform: {why}"""

    code, noun = "order", "order"


class OrderKind(IntEnum):
    """Kinds of order."""

    RECEIPT = 1
    PERMIT = 2
    KEY_SET = 3
    TIME = 4
    ASK = 5
    UPDATE = 6


class Role(IntFlag):
    """What a platform key may sign."""

    ONLINE = 1
    AUTHORITY = 2
    MANUFACTURER = 4
    UNLOCK = 8


class PermitFor(IntEnum):
    """What a permit allows."""

    UNLOCK = 1
    ADJUST = 2
    REPAIR = 3
    UPDATE = 4


class Asked(IntEnum):
    """What an ask wants."""

    SNAPSHOT = 1
    PARAMETERS = 2
    RESEND = 3
    PERIOD = 4
    FRESH = 5


@dataclass(frozen=True, slots=True)
class Receipt:
    """All authentic statements of `identity` up to `number`, whose hash is given, are committed."""

    identity: bytes
    number: int
    hash: bytes
    committed: int

    def payload(self) -> list[Any]:
        """The array of `steelyard.cddl`, receipt."""
        return [int(OrderKind.RECEIPT), self.identity, self.number, self.hash, self.committed]


@dataclass(frozen=True, slots=True)
class Permit:
    """A one-use authorisation; it is spent once the counters have moved on from the values it names."""

    identity: bytes
    what: int
    order_number: int
    by: int
    not_before: int
    not_after: int
    calibration_counter: int
    configuration_counter: int
    locked_at: int | None = None
    fields: tuple[int, ...] = ()

    def payload(self) -> list[Any]:
        """The array of `steelyard.cddl`, permit."""
        return [
            int(OrderKind.PERMIT),
            self.identity,
            int(self.what),
            self.order_number,
            self.by,
            self.not_before,
            self.not_after,
            self.calibration_counter,
            self.configuration_counter,
            self.locked_at,
            list(self.fields),
        ]


@dataclass(frozen=True, slots=True)
class KeySet:
    """The platform's keys with their roles; the highest number wins."""

    number: int
    keys: tuple[tuple[bytes, int], ...]

    def payload(self) -> list[Any]:
        """The array of `steelyard.cddl`, key-set."""
        return [int(OrderKind.KEY_SET), self.number, [[point, int(roles)] for point, roles in self.keys]]


@dataclass(frozen=True, slots=True)
class Time:
    """The answer to a time-question of `identity`: the platform's time, Unix seconds, when it was signed."""

    identity: bytes
    nonce: bytes
    time: int

    def payload(self) -> list[Any]:
        """The array of `steelyard.cddl`, time."""
        return [int(OrderKind.TIME), self.identity, self.nonce, self.time]


@dataclass(frozen=True, slots=True)
class Ask:
    """What the platform wants of a scale; `number` is above that of every ask before. `value` belongs to `what`."""

    identity: bytes
    number: int
    what: int
    value: int | bytes | None = None

    def payload(self) -> list[Any]:
        """The array of `steelyard.cddl`, ask."""
        return [int(OrderKind.ASK), self.identity, self.number, int(self.what), self.value]


@dataclass(frozen=True, slots=True)
class Update:
    """New software for all scales with one hardware: the manifest of an image, `software` what a scale says of it."""

    hardware: str
    number: int
    version: str
    software: bytes
    length: int
    image: bytes
    sectors: bytes

    def payload(self) -> list[Any]:
        """The array of `steelyard.cddl`, update."""
        values = (self.hardware, self.number, self.version, self.software, self.length, self.image, self.sectors)
        return [int(OrderKind.UPDATE), *values]


Order = Receipt | Permit | KeySet | Time | Ask | Update


def sign(order: Order, private_key: bytes, kid: bytes) -> bytes:
    """Sign an order with a platform key (32 bytes) whose identity is `kid`."""
    return sign_payload(order.payload(), private_key, kid, EXTERNAL)


def sign_payload(payload: list[Any], private_key: bytes, kid: bytes, external: bytes) -> bytes:
    """Sign whatever a platform key signs, under the external data of its purpose."""
    return cose.sign_encoded(_header(kid), cbor.encode(payload), private_key, external)


@lru_cache(maxsize=64)
def _header(kid: bytes) -> bytes:
    return cbor.encode({cose.HEADER_ALG: cose.ESP256, cose.HEADER_KID: kid})


def open_order(raw: bytes, public_key: bytes) -> Order:
    """Verify an order against a 65-byte SEC 1 point and read it; raises DownlinkError."""
    try:
        message = cose.decode_sign1(raw)
        payload = cbor.decode(message.payload)
    except ValueError as error:
        raise DownlinkError(why=str(error)) from error
    if not message.tagged or message.algorithm != cose.ESP256 or message.unprotected_header:
        raise DownlinkError(why="the envelope is not that of the profile (tag 18, ESP256, nothing unprotected)")
    signed = cose.sig_structure(message.protected, message.payload, EXTERNAL)
    if not p256.verify(public_key, signed, message.signature):
        raise DownlinkError(why="the signature is not that of the given key")
    return _read(payload)


def claimed(raw: bytes) -> Order:
    """What an order says, whoever signed it; raises DownlinkError."""
    try:
        return _read(cbor.decode(cose.decode_sign1(raw).payload))
    except (cose.CoseError, cbor.CborError) as error:
        raise DownlinkError(why=str(error)) from error


def kid_of(raw: bytes) -> bytes:
    """The identity of the platform key that an order names, before anything is verified; raises DownlinkError."""
    try:
        kid = cose.decode_sign1(raw).protected_header.get(cose.HEADER_KID)
    except cose.CoseError as error:
        raise DownlinkError(why=str(error)) from error
    if type(kid) is not bytes or len(kid) != 10:
        raise DownlinkError(why="the header names no key (kid, 10 bytes)")
    return kid


def _read(payload: Any) -> Order:
    if type(payload) is not list or not payload:
        raise DownlinkError(why="an order is an array")
    kind, values = payload[0], payload[1:]
    checks = _CHECKS.get(kind) if type(kind) is int else None
    if checks is None or len(values) != len(checks):
        raise DownlinkError(why=f"order of kind {kind!r} with {len(values)} values is not known")
    for index, check in enumerate(checks):
        if not check(values[index]):
            raise DownlinkError(why=f"order of kind {kind}: value {index} is out of its range or of another type")
    if kind == OrderKind.KEY_SET:
        return KeySet(values[0], tuple((point, roles) for point, roles in values[1]))
    if kind == OrderKind.PERMIT:
        values[9] = tuple(values[9])
    if kind == OrderKind.ASK and not _ASKED[values[2]](values[3]):
        raise DownlinkError(why=f"an ask of kind {values[2]} with the value {values[3]!r}")
    if kind == OrderKind.UPDATE and len(values[6]) != 8 * -(-values[4] // SECTOR_BYTES):
        raise DownlinkError(why="the manifest has not one hash for each sector of the image")
    order: Order = _KINDS[kind](*values)
    return order


def _are_fields(value: Any) -> bool:
    return type(value) is list and all(map(integer(1, 63), value))


def _are_keys(value: Any) -> bool:
    return type(value) is list and 1 <= len(value) <= 8 and all(map(array(octets(65), integer(1, 15)), value))


_U32 = integer(0, UINT32)
_CHECKS: dict[int, tuple[Check, ...]] = {  # `steelyard.cddl`, order
    OrderKind.RECEIPT: (octets(10), integer(1, UINT32), octets(32), _U32),
    OrderKind.PERMIT: (
        octets(10),
        integer(1, 4),
        *(_U32,) * 4,
        *(integer(0, 0xFFFF),) * 2,
        optional(integer(1, UINT32)),
        _are_fields,
    ),
    OrderKind.KEY_SET: (integer(1, UINT32), _are_keys),
    OrderKind.TIME: (octets(10), octets(16), _U32),
    OrderKind.ASK: (octets(10), integer(1, UINT32), integer(1, 5), lambda _: True),
    OrderKind.UPDATE: (
        text(32),
        integer(1, UINT32),
        text(16),
        octets(32),
        integer(1, LONGEST_IMAGE),
        octets(32),
        lambda value: type(value) is bytes,
    ),
}
_ASKED: dict[int, Check] = {  # `steelyard.cddl`, asked
    Asked.SNAPSHOT: lambda value: value is None,
    Asked.PARAMETERS: lambda value: value is None,
    Asked.RESEND: integer(1, UINT32),
    Asked.PERIOD: integer(1, 86_400),
    Asked.FRESH: octets(16),
}
_KINDS: dict[int, Callable[..., Order]] = {
    OrderKind.RECEIPT: Receipt,
    OrderKind.PERMIT: Permit,
    OrderKind.TIME: Time,
    OrderKind.ASK: Ask,
    OrderKind.UPDATE: Update,
}
