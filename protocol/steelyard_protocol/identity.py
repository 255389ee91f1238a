"""Identities: the first 10 bytes of a key's COSE Key Thumbprint (RFC 9679), shown as 16 Crockford base-32 characters.

An identity is a look-up hint that nobody assigns; the registry binds the full thumbprint.
"""

import hashlib
from typing import Any

from steelyard_protocol import cbor
from steelyard_protocol.errors import ProtocolError

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
KID_BYTES = 10
TEXT_LENGTH = 16

_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_FOLD = str.maketrans("ILO", "110")


class IdentityError(ProtocolError):
    """{text!r} is not an identity: 16 characters of 0-9 and A-Z without I, L, O, U expected"""

    code, noun = "identity", "identity"


def cose_key(public_key: bytes) -> dict[int, int | bytes]:
    """The COSE_Key (RFC 9053, 7.1.1) of a 65-byte SEC 1 point: EC2, P-256, x, y."""
    return {1: 2, -1: 1, -2: public_key[1:33], -3: public_key[33:65]}


def point(key: dict[int, Any]) -> bytes:
    """The 65-byte SEC 1 point of such a COSE_Key."""
    return b"".join((b"\x04", key[-2], key[-3]))


def thumbprint(public_key: bytes) -> bytes:
    """The 32-byte COSE Key Thumbprint (RFC 9679, 3) with SHA-256 of a 65-byte SEC 1 point."""
    return hashlib.sha256(cbor.encode(cose_key(public_key))).digest()


def kid(public_key: bytes) -> bytes:
    """The 10-byte identity of a 65-byte SEC 1 point."""
    return thumbprint(public_key)[:KID_BYTES]


def to_text(kid: bytes) -> str:
    """Show a 10-byte identity as 16 upper-case characters, most significant first."""
    value = int.from_bytes(kid, "big")
    return "".join([ALPHABET[value >> shift & 31] for shift in range(75, -1, -5)])


def from_text(text: str) -> bytes:
    """Read an identity as people type it: lower case, I and L for 1, O for 0, spaces and hyphens between groups.

    Raises IdentityError.
    """
    folded = text.upper().replace(" ", "").replace("-", "").translate(_FOLD)
    if len(folded) != TEXT_LENGTH or any(character not in _VALUES for character in folded):
        raise IdentityError(text=text[:40])
    value = 0
    for character in folded:
        value = value << 5 | _VALUES[character]
    return value.to_bytes(KID_BYTES, "big")


def shard(kid: bytes) -> str:
    """The shard of a 10-byte identity: the first of its 16 characters."""
    return ALPHABET[kid[0] >> 3]
