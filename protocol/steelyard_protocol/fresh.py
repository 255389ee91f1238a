"""Fresh codes: what a scale signs for whoever looks at its display now (`steelyard.cddl`, fresh-payload).

A telephone reads an upper-case address and the bytes as one decimal number after it.
"""

from dataclasses import dataclass
from typing import Any

from steelyard_protocol import cbor, cose, p256
from steelyard_protocol.checks import UINT32, Check, array, integer, octets
from steelyard_protocol.errors import ProtocolError
from steelyard_protocol.head import Flag

EXTERNAL = b"steelyard/1 fresh"
MOST_BYTES = 150
MOST_DIGITS = 362
NONCE_DIGITS = 8
SIGNATURE_BYTES = 64


class FreshError(ProtocolError):
    """not a fresh code: {why}"""

    code, noun = "fresh", "fresh code"


@dataclass(frozen=True, slots=True)
class FreshCode:
    """One code taken apart; `payload` are the bytes that its signature covers. Gross in intervals e."""

    identity: bytes
    head_number: int
    time: int
    flags: int
    gross: int
    software: bytes
    digest: bytes
    calibration_counter: int
    configuration_counter: int
    nonce: int | bytes | None
    payload: bytes
    signature: bytes

    @property
    def clock_quality(self) -> int:
        """As in a statement's flags; 0 for no clock."""
        return self.flags & Flag.CLOCK_QUALITY

    def verifies(self, public_key: bytes) -> bool:
        """Whether the key (65-byte SEC 1 point) has signed it, as a fresh code and with a low s."""
        return p256.is_low(self.signature) and p256.verify(
            public_key, _signed(self.identity, self.payload), self.signature
        )


def parse(raw: bytes) -> FreshCode:
    """Take a code apart without judging its signature; raises FreshError."""
    if not SIGNATURE_BYTES < len(raw) <= MOST_BYTES:
        raise FreshError(why=f"{len(raw)} bytes")
    payload, signature = raw[:-SIGNATURE_BYTES], raw[-SIGNATURE_BYTES:]
    try:
        values = cbor.decode(payload)
    except cbor.CborError as error:
        raise FreshError(why=str(error)) from error
    if not _PAYLOAD(values):
        raise FreshError(why="its fields are not those of one")
    code = FreshCode(*(*values, payload, signature))
    if (code.time == 0) != (code.clock_quality == 0):
        raise FreshError(why="time and clock quality contradict one another")
    return code


def from_digits(text: str) -> bytes:
    """The bytes that a decimal number stands for; raises FreshError."""
    if not text.isascii() or not text.isdecimal() or not len(text) <= MOST_DIGITS or text.startswith("0"):
        raise FreshError(why="its digits are not those of one")
    number = int(text)
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def to_digits(raw: bytes) -> str:
    """The decimal number of a code, whose first byte is never 0."""
    return str(int.from_bytes(raw, "big"))


def build(private_key: bytes, fields: list[Any]) -> bytes:
    """Sign the fields of `steelyard.cddl`, fresh-payload, with a 32-byte private key."""
    payload = cbor.encode(fields)
    return payload + p256.lower(p256.sign(private_key, _signed(fields[0], payload)))


def _signed(kid: bytes, payload: bytes) -> bytes:
    header = cbor.encode({cose.HEADER_ALG: cose.ESP256, cose.HEADER_KID: kid})
    return cose.sig_structure(header, payload, EXTERNAL)


def _is_nonce(value: Any) -> bool:
    return value is None or octets(16)(value) or integer(0, 10**NONCE_DIGITS - 1)(value)


_COUNTER = integer(0, 0xFFFF)
_PAYLOAD: Check = array(
    octets(10),
    integer(1, UINT32),
    integer(0, UINT32),
    integer(0, 0xFF),
    integer(-0x7FFFFFFF, 0x7FFFFFFF),
    octets(16),
    octets(16),
    _COUNTER,
    _COUNTER,
    _is_nonce,
)
