"""The key with which a manufacturer signs updates: a PEM file that its owner alone may read."""

import os
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from steelyard_protocol import identity, p256

from steelyard_gateway.errors import NoSigningKey


class Signer(NamedTuple):
    """A private key of 32 bytes, its 65-byte point and its 10-byte identity."""

    private_key: bytes
    public_key: bytes
    kid: bytes


def make(path: Path) -> Signer:
    """Make a key in a new file, and its public half, the point in hexadecimal, in another with `.pub` at its end.

    Raises NoSigningKey where the file is there already.
    """
    private_key = p256.make_private_key()
    number = int.from_bytes(private_key, "big")
    pem = ec.derive_private_key(number, ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise NoSigningKey(file=path, why="it exists already, and is not overwritten") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
    signer = _of(private_key)
    path.with_name(f"{path.name}.pub").write_text(signer.public_key.hex() + "\n")
    return signer


def read(path: Path) -> Signer:
    """Read a key; raises NoSigningKey where it is missing, readable by others, or none."""
    try:
        mode, data = path.stat().st_mode, path.read_bytes()
    except OSError as error:
        raise NoSigningKey(file=path, why=error.strerror) from error
    if mode & 0o077:
        raise NoSigningKey(file=path, why="others can read it")
    try:
        key = serialization.load_pem_private_key(data, None)
    except (ValueError, TypeError) as error:
        raise NoSigningKey(file=path, why="it is not an unencrypted key in PEM") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise NoSigningKey(file=path, why="it is not a key on P-256")
    return _of(key.private_numbers().private_value.to_bytes(32, "big"))


def _of(private_key: bytes) -> Signer:
    public_key = p256.public_key(private_key)
    return Signer(private_key, public_key, identity.kid(public_key))
