"""MicroPython's `os`, with random bytes that the host may have made repeatable."""

from hal_board import BOARD
from uos import *  # noqa: F403 (everything else is MicroPython's own)


def urandom(count):
    """`count` random bytes."""
    return BOARD.draw(count)
