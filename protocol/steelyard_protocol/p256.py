"""Plain ECDSA on P-256 with SHA-256 (FIPS 186-5), by OpenSSL through `cryptography`.

This is the lowest of the three layers: it knows points, messages and signatures, and accepts a high s as the standard
does. Signatures are deterministic (RFC 6979), so equal input gives equal bytes on host and scale.
"""

import secrets
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Order n of the base point (SEC 2, 2.4.2)."""

_ALGORITHM = ec.ECDSA(hashes.SHA256())
_DETERMINISTIC = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)


@lru_cache(maxsize=4096)
def _load_public(public_key: bytes) -> ec.EllipticCurvePublicKey | None:
    if len(public_key) != 65 or public_key[0] != 4:
        return None
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_key)
    except ValueError:
        return None


@lru_cache(maxsize=64)
def _load_private(private_key: bytes) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(private_key, "big"), ec.SECP256R1())


def is_public_key(public_key: bytes) -> bool:
    """Whether `public_key` is a 65-byte uncompressed SEC 1 point on the curve."""
    return isinstance(public_key, bytes) and _load_public(public_key) is not None


def verify(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` (64 bytes, r then s) over SHA-256(`message`) is that of `public_key` (65-byte SEC 1 point).

    False for anything malformed; never raises. A high s is accepted (SEC 1, 4.1.4).
    """
    if not (isinstance(public_key, bytes) and isinstance(message, bytes) and isinstance(signature, bytes)):
        return False
    if len(signature) != 64 or (key := _load_public(public_key)) is None:
        return False
    encoded = utils.encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
    try:
        key.verify(encoded, message, _ALGORITHM)
    except InvalidSignature:
        return False
    return True


def sign(private_key: bytes, message: bytes) -> bytes:
    """The signature (64 bytes, r then s) that RFC 6979 gives for a 32-byte private key; its s may be high."""
    r, s = utils.decode_dss_signature(_load_private(private_key).sign(message, _DETERMINISTIC))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def is_low(signature: bytes) -> bool:
    """Whether s of a 64-byte signature is at most half the order."""
    return int.from_bytes(signature[32:], "big") <= ORDER // 2


def lower(signature: bytes) -> bytes:
    """The same signature with a high s replaced by n − s: both verify, the statement profile takes the low one."""
    if is_low(signature):
        return signature
    return signature[:32] + (ORDER - int.from_bytes(signature[32:], "big")).to_bytes(32, "big")


def public_key(private_key: bytes) -> bytes:
    """The 65-byte SEC 1 point of a 32-byte private key."""
    return (
        _load_private(private_key)
        .public_key()
        .public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    )


def make_private_key() -> bytes:
    """A fresh 32-byte private key, uniform in 1 … n − 1."""
    return (secrets.randbelow(ORDER - 1) + 1).to_bytes(32, "big")
