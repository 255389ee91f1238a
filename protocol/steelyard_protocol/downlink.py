"""What the platform sends to a scale: receipts, permits and key sets, each signed for one role.

The profile is that of statements with another external string, so nothing signed for one direction passes in the other.
"""

from dataclasses import dataclass
from enum import IntEnum, IntFlag
from functools import lru_cache
from typing import Any

from steelyard_protocol import cbor, cose, p256
from steelyard_protocol.checks import UINT32, Check, array, integer, octets, optional
from steelyard_protocol.errors import ProtocolError

EXTERNAL = b"steelyard/1 down"


class DownlinkError(ProtocolError):
    """not a valid order of the platform: {why}"""

    code, noun = "order", "order"


class OrderKind(IntEnum):
    """Kinds of order."""

    RECEIPT = 1
    PERMIT = 2
    KEY_SET = 3


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


Order = Receipt | Permit | KeySet


def sign(order: Order, private_key: bytes, kid: bytes) -> bytes:
    """Sign an order with a platform key (32 bytes) whose identity is `kid`."""
    return cose.sign_encoded(_header(kid), cbor.encode(order.payload()), private_key, EXTERNAL)


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
    if kind == OrderKind.RECEIPT:
        return Receipt(*values)
    if kind == OrderKind.PERMIT:
        values[9] = tuple(values[9])
        return Permit(*values)
    return KeySet(values[0], tuple((point, roles) for point, roles in values[1]))


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
}
