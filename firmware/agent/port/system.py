"""The board itself: random bytes, why it started, its number, supply, temperature, and how to restart it."""

import os

import board
import machine
from micropython import const

_FULL_SCALE_UV = const(3300000)


def random(count):
    """`count` bytes from the chip's random number generator."""
    return os.urandom(count)


def reset_cause():
    """MicroPython's number for why the board started (0 to 15; other values of a port are cut to that)."""
    return machine.reset_cause() & 15


def unique_id():
    """The chip's factory number, as bytes."""
    return machine.unique_id()


def debug_open():
    """True where MicroPython's prompt can be reached by somebody with a cable; stated in every boot statement."""
    return board.REPL


def reset():
    """Restart the board; does not return."""
    machine.reset()


def _read_uv(channel):
    """Voltage at analogue input `channel` in microvolts."""
    if board.PORT == "esp32":
        pin = machine.Pin(channel)
        return machine.ADC(pin, atten=machine.ADC.ATTN_11DB).read_uv()  # type: ignore  # ESP32 only
    return machine.ADC(channel).read_u16() * _FULL_SCALE_UV // 65535


def supply_mv():
    """Supply voltage in millivolts."""
    return _read_uv(board.ADC_SUPPLY) * board.SUPPLY_DIVIDER // 1000


def temperature_cdeg():
    """One reading of the temperature near the load cell, in hundredths of a degree, within the wire's range."""
    offset_uv = _read_uv(board.ADC_TEMPERATURE) - board.TEMPERATURE_REFERENCE_UV
    cdeg = board.TEMPERATURE_REFERENCE_CDEG + offset_uv * 100 // board.TEMPERATURE_UV_PER_K
    return min(12500, max(-5500, cdeg))
