"""An update as one file: the signed manifest and the image that it describes."""

from dataclasses import dataclass
from hashlib import sha256

from steelyard_protocol import cbor, cose, downlink
from steelyard_protocol.downlink import SECTOR_BYTES, Update
from steelyard_protocol.errors import ProtocolError

LONGEST = downlink.LONGEST_IMAGE + 4096
"""Bytes of such a file."""


class PackageError(ProtocolError):
    """this is no update: {why}"""

    code, noun = "package", "update"


@dataclass(frozen=True)
class Package:
    """`manifest` is the update's order as it was signed, `update` what it says, `kid` who says that it signed it."""

    manifest: bytes
    image: bytes
    update: Update
    kid: bytes

    def encode(self) -> bytes:
        """The file."""
        return cbor.encode([self.manifest, self.image])

    def verifies(self, public_key: bytes) -> bool:
        """Whether the manifest is signed by this key, a 65-byte point."""
        try:
            downlink.open_order(self.manifest, public_key)
        except downlink.DownlinkError:
            return False
        return True


def sector_hashes(image: bytes) -> bytes:
    """Of each sector of an image the first 8 bytes of its SHA-256."""
    starts = range(0, len(image), SECTOR_BYTES)
    return b"".join(sha256(image[start : start + SECTOR_BYTES]).digest()[:8] for start in starts)


def read(data: bytes) -> Package:
    """Read such a file and hold the image against its manifest; nothing is verified. Raises PackageError."""
    if len(data) > LONGEST:
        raise PackageError(why=f"it has {len(data)} bytes, more than any update")
    try:
        value = cbor.decode(data)
    except cbor.CborError as error:
        raise PackageError(why=f"{error}; it may be cut short") from error
    if type(value) is not list or [type(one) for one in value] != [bytes, bytes]:
        raise PackageError(why="it does not hold a manifest and an image")
    manifest, image = value
    try:
        update = downlink.claimed(manifest)
        kid = downlink.kid_of(manifest)
    except (downlink.DownlinkError, cose.CoseError) as error:
        raise PackageError(why=str(error)) from error
    if not isinstance(update, Update):
        raise PackageError(why="its manifest is another order")
    if (update.length, update.image, update.sectors) != (len(image), sha256(image).digest(), sector_hashes(image)):
        raise PackageError(why="the image is not the one in the manifest")
    return Package(manifest, image, update, kid)
