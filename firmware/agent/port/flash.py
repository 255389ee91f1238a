"""The board's flash as block devices of 4,096-byte blocks: the rings of journal and sales, the littlefs of files.

They speak MicroPython's extended block protocol: `readblocks(n, buf, off)`, `writeblocks(n, buf, off)` which programs
without erasing, `ioctl(6, n)` which erases block n. Where they lie is in the board profile.
"""

import board
import vfs
from micropython import const

from agent.errors import Damaged

BLOCK_SIZE = const(4096)
ROOT = "/fs"
_BLANK_PROBE_BLOCKS = const(2)


def _device(name):
    """The region `name`: a part of the RP2's flash, or the ESP32's partition of that name."""
    offset, length = board.FLASH[name]
    if board.PORT == "rp2":
        import rp2

        return rp2.Flash(start=offset, len=length)
    import esp32

    return esp32.Partition.find(esp32.Partition.TYPE_DATA, label=name)[0]


def journal_device():
    """Block device of the ring (see `agent.record.journal`)."""
    return _device("journal")


def sales_device():
    """Block device of the ring of sales (see `agent.record.sales`), on a board for scales that compute prices."""
    return _device("sales")


def mount():
    """Mount littlefs at `ROOT`. It is made only on a region whose first blocks are blank, never over something broken.

    Raises Damaged where the region holds something that does not mount.
    """
    device = _device("files")
    try:
        vfs.mount(_littlefs(device), ROOT)
    except OSError as error:
        if not _blank(device):
            raise Damaged(
                "files-lost",
                "the file system does not mount and its region is not blank: have the scale repaired, "
                "its key may be lost",
            ) from error
        vfs.VfsLfs2.mkfs(device, progsize=board.PROGRAM_SIZE)
        vfs.mount(_littlefs(device), ROOT)


def _littlefs(device):
    return vfs.VfsLfs2(device, progsize=board.PROGRAM_SIZE, mtime=False)  # type: ignore[abstract]  # a slip of the stubs


def _blank(device):
    buffer = bytearray(256)
    for block in range(_BLANK_PROBE_BLOCKS):
        for offset in range(0, BLOCK_SIZE, len(buffer)):
            device.readblocks(block, buffer, offset)
            if any(byte != 0xFF for byte in buffer):
                return False
    return True
