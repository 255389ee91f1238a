"""COSE_Sign1 (RFC 9052, 4.2) in general: tagged or not, ES256 or ESP256, any headers that it understands.

The statement profile (`statement`, `downlink`) is narrower and stands on this layer.
"""

from dataclasses import dataclass
from typing import Any

from steelyard_protocol import cbor, p256
from steelyard_protocol.errors import ProtocolError

TAG = 18
_TAGGED = b"\xd2"
_OPENING = _TAGGED + b"\x84"  # an array of four
_NO_HEADER = b"\xa0"
_SIGNATURE1 = b"\x84\x6aSignature1"
HEADER_ALG = 1
HEADER_CRIT = 2
HEADER_KID = 4
ES256 = -7
ESP256 = -9

MAX_BYTES = 16384
"""Longest message this layer looks at; the wire's own bounds are far below."""


class CoseError(ProtocolError):
    """not a COSE_Sign1 message: {why}"""

    code, noun = "cose", "COSE_Sign1"


@dataclass(frozen=True, slots=True)
class Sign1:
    """One message taken apart; `protected` are the header's bytes as they are signed."""

    protected: bytes
    protected_header: dict[Any, Any]
    unprotected_header: dict[Any, Any]
    payload: bytes
    signature: bytes
    tagged: bool

    @property
    def algorithm(self) -> Any:
        """COSE algorithm number, from the protected header or else the unprotected one; None if neither has it."""
        return self.protected_header.get(HEADER_ALG, self.unprotected_header.get(HEADER_ALG))


def sig_structure(protected: bytes, payload: bytes, external: bytes = b"") -> bytes:
    """The bytes that are signed (RFC 9052, 4.4), with the context "Signature1"."""
    return b"".join((_SIGNATURE1, cbor.encode(protected), cbor.encode(external), cbor.encode(payload)))


def decode_sign1(data: bytes) -> Sign1:
    """Take a message apart without judging its signature; raises CoseError, saying what is wrong.

    A protected header that is an encoded empty map counts as the empty string it should have been (RFC 9052, 3).
    Message and headers are read in the subset of CBOR that scales read, so that both give one verdict. RFC 9052 wants
    integers or text as labels and as algorithm, so neither is ever a simple value or `undefined`.
    """
    if len(data) > MAX_BYTES:
        raise CoseError(why=f"message of {len(data)} bytes: at most {MAX_BYTES} are looked at")
    tagged = data[:1] == _TAGGED
    value = _read(data[tagged:], "message", cbor.SUBSET_DEPTH - tagged)
    if isinstance(value, cbor.Tag):
        raise CoseError(why=f"tag {value.tag}: a COSE_Sign1 has tag {TAG} or none")
    if not isinstance(value, list) or len(value) != 4:
        raise CoseError(why="a COSE_Sign1 is an array of four")
    protected, unprotected, payload, signature = value
    if not isinstance(protected, bytes) or not isinstance(unprotected, dict):
        raise CoseError(why="the headers of a COSE_Sign1 are a byte string and a map")
    if not isinstance(payload, bytes) or not isinstance(signature, bytes):
        raise CoseError(why="payload and signature of a COSE_Sign1 are byte strings here (no detached payload)")
    header = _read(protected, "protected header", cbor.SUBSET_DEPTH) if protected else {}
    if not isinstance(header, dict):
        raise CoseError(why="the protected header is not a map")
    if HEADER_CRIT in header or HEADER_CRIT in unprotected:
        raise CoseError(why="the header names critical parameters (2), and none is understood here")
    if duplicated := header.keys() & unprotected.keys():
        raise CoseError(why=f"header parameters {sorted(map(str, duplicated))} stand in both headers")
    return Sign1(protected if header else b"", header, unprotected, payload, signature, tagged)


def _read(data: bytes, what: str, depth: int) -> Any:
    try:
        value = cbor.decode(data)
    except cbor.CborError as error:
        raise CoseError(why=f"{what}: {error}") from error
    if not cbor.in_subset(value, depth):
        raise CoseError(why=f"{what}: a value, a label or a nesting that the subset of scales does not have")
    return value


def verify1(
    data: bytes, public_key: bytes, external: bytes = b"", algorithms: tuple[int, ...] = (ES256, ESP256)
) -> bool:
    """Whether `data` is a COSE_Sign1 message with one of `algorithms`, signed by the 65-byte SEC 1 point `public_key`.

    False for anything malformed; never raises.
    """
    try:
        message = decode_sign1(data)
    except CoseError:
        return False
    if message.algorithm not in algorithms:
        return False
    return p256.verify(public_key, sig_structure(message.protected, message.payload, external), message.signature)


def encode_sign1(protected_header: dict[int, Any], payload: bytes, private_key: bytes, external: bytes) -> bytes:
    """Sign with a 32-byte private key and give the tagged message, its s low."""
    return sign_encoded(cbor.encode(protected_header), payload, private_key, external)


def sign_encoded(protected: bytes, payload: bytes, private_key: bytes, external: bytes) -> bytes:
    """The same with a protected header that is encoded already: many messages are signed under one."""
    signature = p256.lower(p256.sign(private_key, sig_structure(protected, payload, external)))
    return b"".join((_OPENING, cbor.encode(protected), _NO_HEADER, cbor.encode(payload), cbor.encode(signature)))
