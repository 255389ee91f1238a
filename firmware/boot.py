"""Runs first: unless this is a development board, Ctrl-C no longer reaches MicroPython's prompt."""

import board
import micropython

# A port without hard interrupts has no such buffer.
if hasattr(micropython, "alloc_emergency_exception_buf"):
    micropython.alloc_emergency_exception_buf(100)
if not board.REPL:
    micropython.kbd_intr(-1)
