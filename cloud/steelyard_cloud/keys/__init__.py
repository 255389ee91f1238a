"""The platform's own keys: an offline root, an online key for receipts, an authority key for permits, an unlock key.

Each is one PEM file that only its owner may read. The root signs numbered key sets that tell scales which key may
do what; it lives in a folder of its own, so that it can be carried away.
"""

import contextlib
import os
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from steelyard_protocol import identity, p256
from steelyard_protocol.downlink import KeySet, Role, open_order, sign

from steelyard_cloud.errors import CloudError

ROOT = "root"
ONLINE = "online"
AUTHORITY = "authority"
UNLOCK = "unlock"
KEY_SET = "key-set.cbor"
MOST_KEYS = 8
"""Of a key set, as scales take them."""


class KeysError(CloudError):
    """Something is wrong with the platform's key files."""

    code, noun = "keys", "key file"


class KeyExists(KeysError):
    """{path} already exists. Move it away first if you really want a new key."""

    code = "key-exists"


class KeyMissing(KeysError):
    """The key file {path} is missing. `steelyard cloud init` creates it."""

    code = "key-missing"


class KeyOpenToOthers(KeysError):
    """{path} can be read by others. Run: chmod 600 {path}"""

    code = "key-open-to-others"


class KeySetFull(KeysError):
    """The key set has {most} keys, and scales take no more."""

    code = "key-set-full"


class NoPublicKey(KeysError):
    """{path} holds no public key: a point on P-256 in hexadecimal, as `steelyard update key` writes it."""

    code = "no-public-key"


class KeyInvalid(KeysError):
    """{path} is not an unencrypted P-256 key in PEM."""

    code = "key-invalid"


@dataclass(frozen=True)
class PlatformKey:
    """One private key of the platform, with its 65-byte public key and 10-byte kid."""

    private_key: bytes = field(repr=False)
    public_key: bytes
    kid: bytes

    @classmethod
    def of(cls, private_key: bytes) -> "PlatformKey":
        """The key of a 32-byte private key."""
        public_key = p256.public_key(private_key)
        return cls(private_key, public_key, identity.kid(public_key))


def write(path: Path, key: PlatformKey) -> None:
    """Write the key as PKCS #8 PEM, readable by its owner alone; a file that is there is never overwritten."""
    number = int.from_bytes(key.private_key, "big")
    pem = ec.derive_private_key(number, ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise KeyExists(path=path) from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())


def read(path: Path) -> PlatformKey:
    """Read a key; KeysError where it is missing, readable by others or not a P-256 key."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise KeyMissing(path=path) from None
    if mode & 0o077:
        raise KeyOpenToOthers(path=path)
    key: object = None
    with contextlib.suppress(ValueError, TypeError):
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise KeyInvalid(path=path)
    return PlatformKey.of(key.private_numbers().private_value.to_bytes(32, "big"))


def read_online(folder: Path) -> PlatformKey:
    """The key that signs receipts; it is on the receivers."""
    return read(folder / f"{ONLINE}.pem")


def read_authority(folder: Path) -> PlatformKey:
    """The key that signs permits."""
    return read(folder / f"{AUTHORITY}.pem")


def read_unlock(folder: Path) -> PlatformKey:
    """The key that agrees with scales on unlock and check codes; it signs nothing."""
    return read(folder / f"{UNLOCK}.pem")


def read_key_set(folder: Path) -> bytes:
    """The key set in force, signed by the root, as scales take it."""
    try:
        return (folder / KEY_SET).read_bytes()
    except FileNotFoundError:
        raise KeyMissing(path=folder / KEY_SET) from None


def read_root_public(folder: Path) -> bytes:
    """The root's 65-byte public key, which scales get at the factory; the private one is not needed for it."""
    try:
        return (folder / f"{ROOT}.pub").read_bytes()
    except FileNotFoundError:
        raise KeyMissing(path=folder / f"{ROOT}.pub") from None


def root_thumbprint(folder: Path) -> bytes | None:
    """The thumbprint of the root whose public key is in the folder; None where there is none."""
    try:
        return identity.thumbprint(read_root_public(folder))
    except KeyMissing:
        return None


def write_root_public(folder: Path, root: PlatformKey) -> None:
    """Leave the root's public key beside the online keys."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / f"{ROOT}.pub").write_bytes(root.public_key)


def read_public(path: Path) -> bytes:
    """A public key that somebody else has made, a 65-byte point; raises NoPublicKey."""
    try:
        point = bytes.fromhex(path.read_text().strip())
    except (OSError, ValueError) as error:
        raise NoPublicKey(path=path) from error
    if not p256.is_public_key(point):
        raise NoPublicKey(path=path)
    return point


def create(folder: Path, root_folder: Path) -> bool:
    """Make root, online, authority and unlock keys and the first key set; False where there is a root already.

    Raises KeysError where only some of the files are there: nothing is overwritten.
    """
    if (folder / f"{ROOT}.pub").exists():
        return False
    root, online, authority, unlock = (PlatformKey.of(p256.make_private_key()) for _ in range(4))
    write(root_folder / f"{ROOT}.pem", root)
    write(folder / f"{ONLINE}.pem", online)
    write(folder / f"{AUTHORITY}.pem", authority)
    write(folder / f"{UNLOCK}.pem", unlock)
    roles = ((online.public_key, Role.ONLINE), (authority.public_key, Role.AUTHORITY), (unlock.public_key, Role.UNLOCK))
    (folder / KEY_SET).write_bytes(sign(KeySet(1, roles), root.private_key, root.kid))
    write_root_public(folder, root)
    return True


def add_unlock(folder: Path, root_folder: Path) -> bool:
    """Give a platform that has none an unlock key, and scales the next key set with it; False where nothing was done.

    The root signs it, so its private half has to be there.
    """
    if not (root_folder / f"{ROOT}.pem").exists() or not (folder / KEY_SET).exists():
        return False
    path = folder / f"{UNLOCK}.pem"
    if not path.exists():
        write(path, PlatformKey.of(p256.make_private_key()))
    return add_key(folder, root_folder, read(path).public_key, Role.UNLOCK)


def add_key(folder: Path, root_folder: Path, public_key: bytes, role: Role) -> bool:
    """Give scales the next key set, with one more key, a 65-byte point; False where they know it already.

    The root signs it, so its private half has to be there: KeysError where it is not.
    """
    root = read(root_folder / f"{ROOT}.pem")
    held = open_order(read_key_set(folder), root.public_key)
    if not isinstance(held, KeySet):
        raise KeyInvalid(path=folder / KEY_SET)
    own = (public_key, role)
    if own in held.keys:
        return False
    if len(held.keys) >= MOST_KEYS:
        raise KeySetFull(most=MOST_KEYS)
    renewed = KeySet(held.number + 1, (*held.keys, own))
    (folder / KEY_SET).write_bytes(sign(renewed, root.private_key, root.kid))
    return True
