"""Identities: the first 10 bytes of a key's COSE Key Thumbprint (RFC 9679), shown as 16 Crockford base-32 characters.

An identity is a look-up hint that nobody assigns; the registry binds the full thumbprint.
"""

import hashlib
from typing import Any

from steelyard_protocol import base32, cbor
from steelyard_protocol.errors import ProtocolError

KID_BYTES = 10
TEXT_LENGTH = 16


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
    return base32.to_text(kid)


def from_text(text: str) -> bytes:
    """Read an identity as people type it: lower case, I and L for 1, O for 0, spaces and hyphens between groups.

    Raises IdentityError.
    """
    try:
        kid = base32.from_text(text)
    except base32.Base32Error as error:
        raise IdentityError(text=text[:40]) from error
    if len(kid) != KID_BYTES:
        raise IdentityError(text=text[:40])
    return kid


def shard(kid: bytes) -> str:
    """The shard of a 10-byte identity: the first of its 16 characters."""
    return base32.ALPHABET[kid[0] >> 3]
