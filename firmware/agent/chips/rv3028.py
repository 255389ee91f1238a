"""Driver of the real-time clock RV-3028-C7 (Micro Crystal), which also latches when the case was first opened.

Its event input hangs on the case switch. On its battery it goes on counting time and events, so that a scale that was
opened while it was off knows that, and when, at its next start.
"""

import asyncio

from micropython import const

from agent.port import clock

ADDRESS = const(0x52)

# Registers and bits as in the application manual, chapter 3.
_SECONDS = const(0x00)
_STATUS = const(0x0E)
_CONTROL_1 = const(0x0F)
_CONTROL_2 = const(0x10)
_EVENT_CONTROL = const(0x13)
_STAMP = const(0x15)  # behind it: minutes, hours, date, month, year
_EEPROM_COMMAND = const(0x27)
_BACKUP = const(0x37)

_PORF = const(0x01)  # the supply had failed: the time is worth nothing
_EVF = const(0x02)
_EEBUSY = const(0x80)
_EERD = const(0x08)  # no automatic refresh from the EEPROM
_TSE = const(0x80)
# Stamp at a high level of EVI, from the input, the first event wins; TSR forgets count and stamp.
_STAMP_FIRST_RISE = const(0x40)
_TSR = const(0x04)
# Switch to the battery when the supply falls below 2.0 V; fast edge detection must stay on.
_LEVEL_SWITCHING = const(0x1C)
_TRIM = const(0x80)  # of the same register: the lowest bit of the quartz's factory trim
_UPDATE_ALL = const(0x11)
_BUSY_POLLS = const(20)
_BUSY_POLL_MS = const(10)


def _number(bcd):
    return (bcd >> 4) * 10 + (bcd & 15)


def _bcd(number):
    return number // 10 << 4 | number % 10


class RV3028:
    """The chip on `bus` (`agent.port.bus`). Every method raises OSError where it does not answer."""

    def __init__(self, bus):
        self._bus = bus

    def _read(self, register, count=1):
        return self._bus.readfrom_mem(ADDRESS, register, count)

    def _write(self, register, *values):
        self._bus.writeto_mem(ADDRESS, register, bytes(values))

    async def start(self):
        """Switch battery backup and time stamp on; what is right already is left alone, the EEPROM above all."""
        backup = self._read(_BACKUP)[0]
        if backup & ~_TRIM != _LEVEL_SWITCHING:
            await self._keep_configuration(backup & _TRIM | _LEVEL_SWITCHING)
        if self._read(_EVENT_CONTROL)[0] != _STAMP_FIRST_RISE or not self._read(_CONTROL_2)[0] & _TSE:
            self._write(_EVENT_CONTROL, _STAMP_FIRST_RISE | _TSR)
            self._write(_CONTROL_2, _TSE)
            self._write(_STATUS, self._read(_STATUS)[0] & ~_EVF)

    async def _keep_configuration(self, backup):
        control = self._read(_CONTROL_1)[0]
        self._write(_CONTROL_1, control | _EERD)
        await self._ready()
        self._write(_BACKUP, backup)
        self._write(_EEPROM_COMMAND, 0)
        self._write(_EEPROM_COMMAND, _UPDATE_ALL)
        await self._ready()
        self._write(_CONTROL_1, control & ~_EERD)

    async def _ready(self):
        for _ in range(_BUSY_POLLS):
            if not self._read(_STATUS)[0] & _EEBUSY:
                return
            await asyncio.sleep_ms(_BUSY_POLL_MS)
        raise OSError("the clock chip stays busy with its EEPROM")

    def time(self):
        """Unix seconds; None where the chip had lost its supply since it was set."""
        if self._read(_STATUS)[0] & _PORF:
            return None
        second, minute, hour, _, day, month, year = [_number(byte) for byte in self._read(_SECONDS, 7)]
        return clock.from_calendar(2000 + year, month, day, hour, minute, second)

    def set_time(self, unix_s):
        """Set the chip to `unix_s` (Unix seconds, from 2000 to 2099)."""
        year, month, day, hour, minute, second, weekday = clock.calendar(unix_s)
        self._write(
            _SECONDS, _bcd(second), _bcd(minute), _bcd(hour), weekday, _bcd(day), _bcd(month), _bcd(year - 2000)
        )
        self._write(_STATUS, self._read(_STATUS)[0] & ~_PORF)

    def opened(self):
        """When the case was first opened since `forget`: Unix seconds, 0 at an unknown time; None if it was not."""
        if not self._read(_STATUS)[0] & _EVF:
            return None
        second, minute, hour, day, month, year = [_number(byte) for byte in self._read(_STAMP, 6)]
        if self.time() is None or not day:
            return 0
        return clock.from_calendar(2000 + year, month, day, hour, minute, second)

    def forget(self):
        """Wait for the next opening: the last one is recorded elsewhere by now."""
        self._write(_EVENT_CONTROL, _STAMP_FIRST_RISE | _TSR)
        self._write(_STATUS, self._read(_STATUS)[0] & ~_EVF)
