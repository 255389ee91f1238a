"""MicroPython's `machine` as the RP2 port has it: what this board's own lacks is added, pins come from `emulated.c`."""

import time

import emulated
from emulated import Pin
from umachine import *  # noqa: F403 (everything else is the port's own)

_PWRON_RESET = 1
# 5.0 V at the supply's divider by three, 20.0 degrees at the sensor, both of 3.3 V.
_READINGS_U16 = {3: 33098, 4: 14260}


class ADC:
    """An analogue input by its channel number."""

    def __init__(self, channel):
        self._channel = channel

    def read_u16(self):
        """0 to 65535 for 0 V to 3.3 V."""
        return _READINGS_U16[self._channel]


class RTC:
    """The real-time clock."""

    def datetime(self, fields):
        """Set it to (year, month, day, weekday, hour, minute, second, subseconds)."""
        year, month, day, _, hour, minute, second, _ = fields
        emulated.set_time(time.mktime((year, month, day, hour, minute, second, 0, 0)))


def reset_cause():
    return _PWRON_RESET


def unique_id():
    return b"emulated"
