"""Starts the newest sound program: that of a slot, or the one that was flashed with this loader.

A slot is 48 sectors of flash, an image in the first 47. The last sector has one page that says what the image is, and
five that are marks: all zeros once set. Marks are set one after the other and never taken back, so that wherever the
power fails a slot is what it was before, or after. Nothing of a slot runs before all of its image was hashed.
"""

import hashlib
import struct
import sys
from binascii import crc32

import board
import vfs
from micropython import const

SLOTS = ("code_a", "code_b")
SECTOR_BYTES = const(4096)
PAGE_BYTES = const(256)

# Pages of the last sector.
STARTED = const(1)  # and the two after it: one for each start on trial
COMMITTED = const(4)
FAILED = const(5)
MOST_STARTS = const(3)

_HEADER = "<8sII32s"
_HEADER_BYTES = const(48)
_MARK = b"syslot 1"
_NO_MARK = bytes(PAGE_BYTES)


def device(name):
    """Block device of the slot `name`: a part of the RP2's flash, or the ESP32's partition of that name."""
    if board.PORT == "rp2":
        import rp2

        offset, length = board.FLASH[name]
        return rp2.Flash(start=offset, len=length)
    import esp32

    return esp32.Partition.find(esp32.Partition.TYPE_DATA, label=name)[0]


class Slot:
    """The slot `name`; `number`, `length` and `image` (32-byte hash) are None while there is no whole image in it."""

    def __init__(self, name):
        self.name = name
        self.path = "/" + name
        self.device = device(name)
        self.last = self.device.ioctl(4, 0) - 1
        self.number = self.length = self.image = None
        page = bytearray(_HEADER_BYTES + 4)
        self.device.readblocks(self.last, page, 0)
        mark, number, length, image = struct.unpack(_HEADER, page[:_HEADER_BYTES])
        if mark == _MARK and struct.unpack("<I", page[_HEADER_BYTES:])[0] == crc32(page[:_HEADER_BYTES]):
            self.number, self.length, self.image = number, length, image

    def describe(self, number, length, image):
        """Write what the image in the slot is; the last sector has just been erased."""
        header = struct.pack(_HEADER, _MARK, number, length, image)
        page = bytearray(b"\xff" * PAGE_BYTES)
        page[: _HEADER_BYTES + 4] = header + struct.pack("<I", crc32(header))
        self.device.writeblocks(self.last, page, 0)
        self.number, self.length, self.image = number, length, image

    def marked(self, mark):
        """Whether a mark is set."""
        page = bytearray(PAGE_BYTES)
        self.device.readblocks(self.last, page, mark * PAGE_BYTES)
        return page == _NO_MARK

    def mark(self, mark):
        """Set a mark; when this returns it is set."""
        self.device.writeblocks(self.last, _NO_MARK, mark * PAGE_BYTES)

    def starts(self):
        """How often it was started on trial."""
        return sum(self.marked(STARTED + start) for start in range(MOST_STARTS))

    def committed(self):
        """Whether its program may be started without end."""
        return self.number is not None and self.marked(COMMITTED)

    def on_trial(self):
        """Whether its program may still be started, without having shown yet that it works."""
        return (
            not (self.number is None or self.marked(COMMITTED) or self.marked(FAILED)) and self.starts() < MOST_STARTS
        )

    def contents(self):
        """The image, as bytes that are not in the heap where the port maps flash into memory (RP2)."""
        try:
            return memoryview(self.device)[: self.length]
        except TypeError:
            image = bytearray(self.length)
            for start in range(0, self.length, SECTOR_BYTES):
                self.device.readblocks(start // SECTOR_BYTES, memoryview(image)[start : start + SECTOR_BYTES], 0)
            return image

    def mount(self):
        """Mount the image at `path` if all of it is what it should be; return whether it is."""
        if self.length > self.last * SECTOR_BYTES:
            return False
        contents = self.contents()
        if hashlib.sha256(contents).digest() != self.image:
            return False
        vfs.mount(vfs.VfsRom(contents), self.path)
        return True


def slots():
    """The board's slots: two or none."""
    return [Slot(name) for name in SLOTS if name in board.FLASH]


def start():
    """Mount the program that is to run, and return where; None for the one that was flashed with this loader."""
    found = sorted([slot for slot in slots() if (slot.number or 0) > flashed_number()], key=lambda slot: -slot.number)
    for slot in found:
        if slot.committed():
            break
        # Counted before it is even mounted, so that a program which stops the board has its three starts and no more.
        if slot.on_trial():
            slot.mark(STARTED + slot.starts())
            if _runs(slot):
                return slot.path
            slot.mark(FAILED)
    for slot in found:
        if slot.committed() and _runs(slot):
            return slot.path
    return None


def _runs(slot):
    try:
        return slot.mount()
    except (OSError, MemoryError):
        return False


def flashed_number():
    """The number of the program that was flashed with this loader; 0 where that says none."""
    try:
        from code_hash import NUMBER
    except ImportError:  # only an image has it
        return 0
    return NUMBER


def run():
    """Have the program that is to run found before any other."""
    path = start()
    if path:
        sys.path.insert(0, path)
        del sys.modules["board"]  # it brings a profile of its own
    del sys.modules["loader"]
