"""HMAC-SHA-256 (RFC 2104), which MicroPython's hashlib does not bring."""

import hashlib

_BLOCK = 64
_INNER = int.from_bytes(b"\x36" * _BLOCK, "big")
_OUTER = int.from_bytes(b"\x5c" * _BLOCK, "big")


def hmac_sha256(key, message):
    """Return the 32-byte code of `message` under `key`, both bytes of any length."""
    if len(key) > _BLOCK:
        key = hashlib.sha256(key).digest()
    # Exclusive-or on whole blocks: as integers it is far cheaper than byte by byte.
    padded = int.from_bytes(key, "big") << 8 * (_BLOCK - len(key))
    inner = hashlib.sha256((padded ^ _INNER).to_bytes(_BLOCK, "big"))
    inner.update(message)
    outer = hashlib.sha256((padded ^ _OUTER).to_bytes(_BLOCK, "big"))
    outer.update(inner.digest())
    return outer.digest()
