"""MicroPython's `machine` as the RP2 port has it: what this board's own lacks is added, pins come from `emulated.c`."""

import io
import time

import emulated
from emulated import Pin
from umachine import *  # noqa: F403 (everything else is the port's own)

_PWRON_RESET = 1
_POLL = 3  # MP_STREAM_POLL; of its flags 1 is input, 4 output
# 5.0 V at the supply's divider by two on GPIO 28, 20.0 degrees at the chip's sensor, both of 3.3 V.
_SUPPLY_U16 = 49648
_SENSOR_U16 = 14260


class ADC:
    """An analogue input by its pin, or the chip's own sensor."""

    CORE_TEMP = 4

    def __init__(self, source):
        self._is_sensor = source is ADC.CORE_TEMP

    def read_u16(self):
        """0 to 65535 for 0 V to 3.3 V."""
        return _SENSOR_U16 if self._is_sensor else _SUPPLY_U16


class SPI:
    """The displays' bus: hardware sends, the processor only hands the bytes over."""

    def __init__(self, id, baudrate=1_000_000, *, polarity=0, phase=0, sck=None, mosi=None):
        pass

    def write(self, buf):
        pass


class UART(io.IOBase):
    """The RS-232 port. Its other end is whoever measures: `received` is what was sent and not read yet, `answer(data)`
    takes what is written."""

    received = b""
    answer = len

    def __init__(self, *_, **__):
        pass

    def read(self, most):
        data, UART.received = UART.received[:most], UART.received[most:]
        return data or None

    def write(self, data):
        UART.answer(data)
        return len(data)

    def ioctl(self, request, wanted):
        return wanted & (5 if UART.received else 4) if request == _POLL else 0


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
