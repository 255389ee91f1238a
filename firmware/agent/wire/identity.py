"""A key's identity: the COSE Key Thumbprint (RFC 9679), and its first ten bytes as kid and as sixteen characters.

The ten bytes are a look-up hint; whoever relies on a key binds the full 32-byte thumbprint.
"""

import hashlib

from agent.wire import cbor

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def thumbprint(public_key):
    """Return the 32-byte thumbprint of a 65-byte SEC 1 point: hash of {1: 2, -1: 1, -2: x, -3: y} (RFC 9679 §3, §4)."""
    return hashlib.sha256(cbor.encode({1: 2, -1: 1, -2: public_key[1:33], -3: public_key[33:65]})).digest()


def kid(public_key):
    """Return the 10-byte identity of a 65-byte SEC 1 point."""
    return thumbprint(public_key)[:10]


def identity_text(kid):
    """Return a 10-byte kid as 16 Crockford base-32 characters, without a check symbol."""
    return base32(kid)


def base32(raw):
    """Return bytes as Crockford base-32 characters, most significant bits first; zeros fill up the last one.

    `raw` is not empty.
    """
    bits = 8 * len(raw)
    last = (bits - 1) // 5 * 5
    number = int.from_bytes(raw, "big") << last + 5 - bits
    return "".join([_CROCKFORD[number >> shift & 31] for shift in range(last, -1, -5)])
