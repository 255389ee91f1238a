"""What a scale sends beside its chain: it asks for the time or for a piece of an image, or shows a fresh code.

None of it is evidence, and nothing but a fresh code is signed: whoever asks in a scale's name gets nothing, as the
answers go to the scale, and are worth nothing to one that did not ask.
"""

from dataclasses import dataclass
from typing import Any

from steelyard_protocol import cbor
from steelyard_protocol.checks import UINT32, Check, integer, octets
from steelyard_protocol.downlink import LONGEST_IMAGE, OrderKind

PIECE_BYTES = 1024
"""Most bytes of an image that one piece has."""
_LONGEST = 256
_FIRST_BYTES = (b"\x83\x04", b"\x84\x05", b"\x84\x06")  # arrays of three or four that begin with their kind


@dataclass(frozen=True, slots=True)
class TimeQuestion:
    """What is the time? `nonce` is new for each question."""

    identity: bytes
    nonce: bytes


@dataclass(frozen=True, slots=True)
class FreshAnswer:
    """The fresh code that the ask with this number wanted."""

    identity: bytes
    number: int
    code: bytes


@dataclass(frozen=True, slots=True)
class PieceQuestion:
    """What is in the image, named by the first 16 bytes of its hash, from `offset` on?"""

    identity: bytes
    image: bytes
    offset: int

    def answer(self, image: bytes) -> bytes:
        """The piece of `image` that was asked for (`steelyard.cddl`, piece)."""
        return encode_piece(self.image, self.offset, image[self.offset : self.offset + PIECE_BYTES])


Question = TimeQuestion | FreshAnswer | PieceQuestion


def encode_piece(image: bytes, offset: int, data: bytes) -> bytes:
    """A piece as it travels; `image` is the first 16 bytes of the image's hash."""
    return cbor.encode([int(OrderKind.UPDATE), image, offset, data])


def read(payload: bytes) -> Question | None:
    """The question that a message from a scale is; None for one that is no question: a statement, or nonsense."""
    if not payload.startswith(_FIRST_BYTES) or len(payload) > _LONGEST:
        return None
    try:
        value: Any = cbor.decode(payload)
    except cbor.CborError:
        return None
    kind, *values = value
    checks = _CHECKS[kind]
    if not all(check(one) for check, one in zip(checks, values, strict=True)):
        return None
    question: Question = _KINDS[kind](*values)
    return question


def _is_code(value: Any) -> bool:
    return type(value) is bytes and 90 <= len(value) <= 150


_CHECKS: dict[int, tuple[Check, ...]] = {  # `steelyard.cddl`, question
    OrderKind.TIME: (octets(10), octets(16)),
    OrderKind.ASK: (octets(10), integer(1, UINT32), _is_code),
    OrderKind.UPDATE: (octets(10), octets(16), integer(0, LONGEST_IMAGE - 1)),
}
_KINDS: dict[int, type[TimeQuestion] | type[FreshAnswer] | type[PieceQuestion]] = {
    OrderKind.TIME: TimeQuestion,
    OrderKind.ASK: FreshAnswer,
    OrderKind.UPDATE: PieceQuestion,
}
