"""The real-time clock RV-3028-C7 as a chip on the I²C bus, with event input, battery and configuration EEPROM.

What it knows outlives the board's power only with a battery, and only if the firmware had switched battery backup on.
Its state then lies in a file beside the flash image.
"""

import json

import uos
import utime

ADDRESS = 0x52

_SECONDS = 0x00
_STATUS = 0x0E
_CONTROL_1 = 0x0F
_CONTROL_2 = 0x10
_EVENT_CONTROL = 0x13
_STAMP_COUNT = 0x14
_STAMP = 0x15
_UNIX_TIME = 0x1B
_EEPROM_COMMAND = 0x27
_CONFIGURATION = 0x30
_BACKUP = 0x37
_REGISTERS = 0x40

_PORF = 0x01
_EVF = 0x02
_EEBUSY = 0x80
_EERD = 0x08
_TSE = 0x80
_TSR = 0x04
_TSOW = 0x02
_TSS = 0x01
_EHL = 0x40
_BACKUP_MODE = 0x0C
_BACKUP_OFF = (0x00, 0x08)

_UPDATE = 0x11
_REFRESH = 0x12
_UPDATE_US = 63_000
_EPOCH_2000_S = 946_684_800


def _bcd(number):
    return number // 10 << 4 | number % 10


def _number(bcd):
    return (bcd >> 4) * 10 + (bcd & 15)


class RV3028:
    """The chip. `true_us()` is the world's time in microseconds since 1970; the chip's own may differ from it."""

    def __init__(self, clock, true_us, path=None):
        self._clock = clock
        self._true_us = true_us
        self._path = path
        self._pointer = 0
        self._addressed = False
        self._busy_until_us = 0
        self._armed_command = None
        self.registers = bytearray(_REGISTERS)
        self.eeprom = bytearray(_REGISTERS - _CONFIGURATION)
        self.eeprom[_BACKUP - _CONFIGURATION] = 0x90  # as delivered: no backup, fast edges on, a bit of the trim
        self._ahead_us = 0
        self._forget()

    def _forget(self):
        """Power-on reset: the time is lost, and so is everything but the EEPROM."""
        self.registers = bytearray(_REGISTERS)
        self.registers[_STATUS] = _PORF
        self.registers[_CONFIGURATION:] = self.eeprom
        self._ahead_us = _EPOCH_2000_S * 1_000_000 - self._true_us()

    def power_up(self, supplied, openings_s=()):
        """The board's power returns; `supplied` tells whether a battery, or the board itself, held on meanwhile.

        `openings_s` are the times of the world at which the case was opened meanwhile.
        """
        if self._path is None or not self._load():
            return
        if not supplied or self.registers[_BACKUP] & _BACKUP_MODE in _BACKUP_OFF:
            self._forget()
            self._save()
            return
        for opened_s in openings_s:
            self._event(1, opened_s * 1_000_000 + self._ahead_us)

    def event(self, level):
        """The level at EVI changes."""
        self._event(level, self._now_us())

    def _now_us(self):
        return self._true_us() + self._ahead_us

    def _event(self, level, at_us):
        control = self.registers[_EVENT_CONTROL]
        if level != (1 if control & _EHL else 0):
            return
        self.registers[_STATUS] |= _EVF
        if self.registers[_CONTROL_2] & _TSE and not control & _TSS:
            first = self.registers[_STAMP_COUNT] == 0
            self.registers[_STAMP_COUNT] = (self.registers[_STAMP_COUNT] + 1) & 0xFF
            if first or control & _TSOW:
                second, minute, hour, _, day, month, year = self._calendar(at_us)
                self.registers[_STAMP : _STAMP + 6] = bytes((second, minute, hour, day, month, year))
        self._save()

    @staticmethod
    def _calendar(unix_us):
        """The seven time registers: seconds, minutes, hours, weekday, date, month, year."""
        year, month, day, hour, minute, second, weekday = utime.gmtime(unix_us // 1_000_000)[:7]
        return bytes((_bcd(second), _bcd(minute), _bcd(hour), weekday, _bcd(day), _bcd(month), _bcd(year - 2000)))

    # The bus

    def begin(self, reading):
        if not reading:
            self._addressed = False
        else:
            # Time registers stand still while they are read.
            self.registers[_SECONDS : _SECONDS + 7] = self._calendar(self._now_us())
        return True

    def write(self, byte):
        if not self._addressed:
            self._addressed = True
            self._pointer = byte
            self._touched = False
            return byte < _REGISTERS
        self._store(self._pointer, byte)
        self._pointer = (self._pointer + 1) % _REGISTERS
        return True

    def read(self):
        pointer = self._pointer
        self._pointer = (pointer + 1) % _REGISTERS
        if pointer == _STATUS:
            busy = _EEBUSY if self._clock.now_us < self._busy_until_us else 0
            return self.registers[_STATUS] | busy
        return self.registers[pointer]

    def end(self):
        if self._addressed and self._touched:
            self._touched = False
            self._save()

    def _store(self, register, byte):
        self._touched = True
        if register < 7:
            if register == _SECONDS:
                self.registers[0:7] = self._calendar(self._now_us())
            self.registers[register] = byte
            if register == 6:
                self._set_time()
        elif register == _STATUS:
            self.registers[_STATUS] &= byte | 0x80
        elif register == _EVENT_CONTROL:
            if byte & _TSR:
                self.registers[_STAMP_COUNT : _STAMP + 6] = bytes(7)
            self.registers[register] = byte & ~_TSR
        elif register == _EEPROM_COMMAND:
            self._command(byte)
        elif not _STAMP_COUNT <= register < _STAMP + 6:
            self.registers[register] = byte

    def _set_time(self):
        second, minute, hour, _, day, month, year = [_number(byte) for byte in self.registers[0:7]]
        unix_s = utime.mktime((2000 + year, month, day, hour, minute, second, 0, 0))
        self._ahead_us = unix_s * 1_000_000 - self._true_us()

    def _command(self, byte):
        """A command to the EEPROM counts only after a zero, and an update only while automatic refresh is off."""
        if byte == 0:
            self._armed_command = True
            return
        if self._armed_command and byte == _UPDATE and self.registers[_CONTROL_1] & _EERD:
            self.eeprom[:] = self.registers[_CONFIGURATION:]
            self._busy_until_us = self._clock.now_us + _UPDATE_US
        elif self._armed_command and byte == _REFRESH:
            self.registers[_CONFIGURATION:] = self.eeprom
        self._armed_command = None

    # What outlives the board's power

    def _load(self):
        try:
            with open(self._path) as file:
                kept = json.load(file)
        except OSError:
            return False
        self.registers[:] = bytes.fromhex(kept["registers"])
        self.eeprom[:] = bytes.fromhex(kept["eeprom"])
        self._ahead_us = kept["ahead_us"]
        return True

    def _save(self):
        if self._path is None:
            return
        kept = {"registers": self.registers.hex(), "eeprom": self.eeprom.hex(), "ahead_us": self._ahead_us}
        with open(self._path + ".new", "w") as file:
            json.dump(kept, file)
        uos.rename(self._path + ".new", self._path)
