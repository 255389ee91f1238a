"""The part of MicroPython's `rp2` that the agent uses: flash storage."""

from hal_board import BOARD
from hal_flash import Region


def Flash(start=0, len=None):
    """Block device over `len` bytes of flash from `start`, both whole sectors; the whole chip is storage here."""
    return Region(BOARD.flash, start, len)
