"""The part of MicroPython's `rp2` that the agent uses: flash storage."""

import emulated


def Flash(start, len):
    """Block device over `len` bytes of flash from `start`, both whole sectors."""
    return emulated.Flash(start, len)
