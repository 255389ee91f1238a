"""The secure element ATECC608 as a chip on the I²C bus (Microchip; what of it is public is in the ATECC508A's sheet).

Its habits that hurt: it answers only between a wake token and its watchdog, acknowledges nothing while it computes,
forgets the message that it is to sign when it sleeps, gives any s, and a zone that is locked stays so for ever.
What it does once it is awake is in `hal_atecc608_commands`.
"""

import json

import uos
from hal_atecc608_commands import CRC_ERROR, WOKEN, Commands, crc16

ADDRESS = 0x60
_WAKE_LOW_US = 60
# The data sheet wants 1.5 ms after the wake token. Chips are ready sooner, and there are programs that rely on it.
_WAKE_US = 800
_PATIENT_US = 1_500
_WATCHDOG_US = 1_300_000
_SLEEP, _IDLE, _COMMAND = 1, 2, 3
_ASLEEP, _RESTING, _AWAKE = "asleep", "idle", "awake"


class ATECC608:
    """One chip. `random(n)` gives n random bytes; with a `path` its memory outlives the power in that file.

    While `away` it does not answer. Of the next answers `garbled` ones are damaged on the way; `naps` counts commands
    after which the chip falls asleep, `refusals` are the status bytes that the next commands get. `hurried` counts who
    came before the data sheet allows it.
    """

    def __init__(self, clock, random, path=None):
        self._clock = clock
        self._path = path
        self.away = False
        self.garbled = self.naps = 0
        self.refusals = []
        self.commands = Commands(random)
        self.wakes = self.hurried = 0
        self._woken_us = 0
        self._state = _ASLEEP
        self._life = 0
        self._ready_us = 0
        self._received = None
        self._output = b""
        self._place = 0
        if path is not None:
            self._load()

    # The bus

    def held_low(self, us):
        """SDA was low for so long, whoever pulled it: long enough, that wakes a chip that sleeps or idles."""
        if us < _WAKE_LOW_US or self._state == _AWAKE:
            return
        self._state = _AWAKE
        self.wakes += 1
        self._woken_us = self._clock.now_us
        self._ready_us = self._woken_us + _WAKE_US
        self._answer(bytes((WOKEN,)))
        self._life += 1
        life = self._life

        def expire():
            if life == self._life:
                self._sleep()

        self._clock.after(_WATCHDOG_US, expire)

    def begin(self, reading):
        if self.away or self._state != _AWAKE or self._clock.now_us < self._ready_us:
            return False
        if self._clock.now_us < self._woken_us + _PATIENT_US:
            self.hurried += 1
        self._received = None if reading else bytearray()
        return True

    def write(self, byte):
        self._received.append(byte)
        return True

    def read(self):
        place, self._place = self._place, self._place + 1
        return self._output[place] if place < len(self._output) else 0xFF

    def end(self):
        received, self._received = self._received, None
        if not received:
            return
        self._place = 0
        if received[0] == _SLEEP:
            self._sleep()
        elif received[0] == _IDLE:
            self._rest()
        elif received[0] == _COMMAND:
            self._execute(bytes(received[1:]))

    # Inside

    def _sleep(self):
        """All that is not EEPROM is forgotten."""
        self._rest()
        self._state = _ASLEEP
        self.commands.forget()

    def _rest(self):
        self._state = _RESTING
        self._life += 1
        self._output = b""

    def _answer(self, data):
        count = bytes((len(data) + 3,))
        answer = bytearray(count + data + crc16(count + data))
        if self.garbled and data[0] != WOKEN:
            self.garbled -= 1
            answer[len(answer) // 2] ^= 0x10
        self._output = bytes(answer)
        self._place = 0

    def _execute(self, packet):
        if len(packet) < 7 or packet[0] != len(packet) or crc16(packet[:-2]) != packet[-2:]:
            self._answer(bytes((CRC_ERROR,)))
            return
        if self.refusals:
            answer, us = bytes((self.refusals.pop(0),)), 1_000
        else:
            answer, us = self.commands.execute(packet[1], packet[2], packet[3] | packet[4] << 8, packet[5:-2])
        self._ready_us = self._clock.now_us + us
        self._answer(answer)
        if self.commands.changed:
            self.commands.changed = False
            self._save()
        if self.naps:
            self.naps -= 1
            self._sleep()

    def _load(self):
        try:
            with open(self._path) as file:
                self.commands.load(json.load(file))
        except OSError:
            self._save()  # a chip that was just soldered in

    def _save(self):
        if self._path is None:
            return
        with open(self._path + ".new", "w") as file:
            json.dump(self.commands.kept(), file)
        uos.rename(self._path + ".new", self._path)
