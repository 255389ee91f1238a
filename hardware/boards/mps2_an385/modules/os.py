"""MicroPython's `os` with random bytes, which are the same after every power-on: so is whatever is measured."""

from emulated import urandom
from uos import *  # noqa: F403 (everything else is MicroPython's own)
