"""A built image beside the flash map: how many bytes it takes from the start of its region on."""

from __future__ import annotations

import struct
from pathlib import Path

from steelyard_hardware import errors
from steelyard_hardware.files import read_bytes, shown
from steelyard_hardware.flash import image_region
from steelyard_hardware.schema import Profile

_XIP = 0x10000000
_BLOCK_BYTES = 512
_HEADER = struct.Struct("<8I")
_BEGINS, _ENDS = (0x0A324655, 0x9E5D5157), 0x0AB16F30
_NOT_MAIN_FLASH, _HAS_FAMILY = 0x1, 0x2000
# A block of this family is for the boot loader (RP2350's erratum E10), and goes into no flash.
_ABSOLUTE = 0xE48BFF57


def check_image(profile: Profile, path: Path) -> tuple[int, int]:
    """Return an image's bytes and those that its region has. Raises HardwareError, ImageTooLarge where it overlaps."""
    region = image_region(profile.flash)
    if region is None:
        raise errors.ImageWithoutPlace(board=profile.name)
    name, offset, room = region
    content = read_bytes(path)
    if path.suffix == ".uf2":
        start, end = _uf2(path, content)
        if start != offset:
            raise errors.ImageElsewhere(path=shown(path), start=hex(start), offset=hex(offset), board=profile.name)
        taken = end - offset
    elif path.suffix == ".bin" and content:
        taken = len(content)
    else:
        raise errors.ImageUnreadable(path=shown(path))
    if taken > room:
        raise errors.ImageTooLarge(path=shown(path), taken=taken, region=name, room=room, board=profile.name)
    return taken, room


def _uf2(path: Path, content: bytes) -> tuple[int, int]:
    """Return the first byte in flash and the one after the last."""
    blocks = [content[at : at + _BLOCK_BYTES] for at in range(0, len(content), _BLOCK_BYTES)]
    starts, ends = [], []
    for block in blocks:
        if len(block) != _BLOCK_BYTES:
            raise errors.ImageUnreadable(path=shown(path))
        first, second, flags, address, length, _, _, family = _HEADER.unpack_from(block)
        if (first, second) != _BEGINS or block[-4:] != _ENDS.to_bytes(4, "little"):
            raise errors.ImageUnreadable(path=shown(path))
        if not flags & _NOT_MAIN_FLASH and not (flags & _HAS_FAMILY and family == _ABSOLUTE):
            starts.append(address - _XIP)
            ends.append(address - _XIP + length)
    if not starts:
        raise errors.ImageUnreadable(path=shown(path))
    return min(starts), max(ends)
