"""The two slots for software, as the agent sees them: which one runs, and which takes what comes next.

What a slot is, and how it is started, is the loader's business (`loader.py`): it stays when the agent is updated.
"""

import hashlib
import sys

import board

SECTOR_BYTES = 4096
PAGE_BYTES = 256
_PROBE_BYTES = 512


def fitted():
    """Whether this board has slots."""
    return "code_a" in board.FLASH


def _loader():
    import loader

    del sys.modules["loader"]  # takes heap, and is needed seldom
    return loader


def running(name):
    """The slot that the agent runs from, by its name from `agent.record.software`; None where that is None."""
    return _loader().Slot(name) if name else None


def spare(name):
    """The slot that takes what comes next: not the one called `name`, and of two the one that is less worth."""
    found = [slot for slot in _loader().slots() if slot.name != name]
    found.sort(key=lambda slot: (slot.committed(), slot.number or 0, slot.name))
    return found[0]


def holding(image):
    """The slot with this image (32-byte hash), None where there is none."""
    for slot in _loader().slots():
        if slot.image == image:
            return slot
    return None


def commit(slot):
    """Have the slot started from now on without end."""
    slot.mark(_loader().COMMITTED)


def fail(slot):
    """Have the slot never started again."""
    slot.mark(_loader().FAILED)


def failed(slot):
    """Whether it was found that the slot's program does not work, or is damaged."""
    return slot.marked(_loader().FAILED)


def erase(slot, sector):
    """Erase one sector of a slot; stops everything for 45 ms."""
    slot.device.ioctl(6, sector)


def forget(slot):
    """Erase what the slot says of its image."""
    erase(slot, slot.last)
    slot.number = slot.length = slot.image = None


def program(slot, offset, data):
    """Write bytes at `offset`, a multiple of the page; the last page is filled up with ones."""
    page = bytearray(PAGE_BYTES)
    for start in range(0, len(data), PAGE_BYTES):
        piece = data[start : start + PAGE_BYTES]
        for place in range(PAGE_BYTES):
            page[place] = piece[place] if place < len(piece) else 0xFF
        at = offset + start
        slot.device.writeblocks(at // SECTOR_BYTES, page, at % SECTOR_BYTES)


def hash_steps(slot, start, end, total=None):
    """Hash what is in the slot from byte `start` to `end`, in steps; into `total` too, if there is one. Returns the
    digest."""
    digest = hashlib.sha256()
    buffer = bytearray(_PROBE_BYTES)
    while start < end:
        part = memoryview(buffer)[: min(_PROBE_BYTES, end - start, SECTOR_BYTES - start % SECTOR_BYTES)]
        slot.device.readblocks(start // SECTOR_BYTES, part, start % SECTOR_BYTES)
        digest.update(part)
        if total is not None:
            total.update(part)
        start += len(part)
        yield
    return digest.digest()
