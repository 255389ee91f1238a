"""The HX711 as a chip seen from its two pins (datasheet V2.0), with the faults that real ones show.

DOUT falls when a conversion is ready; rising edges of PD_SCK shift it out, most significant bit first; pulses 25 to 27
choose channel and gain of the next conversion; PD_SCK high for more than 60 µs powers the chip down.
"""

from hal_converter import Shifted
from hal_random import Random

PERIOD_US = {10: 85_837, 80: 11_862}  # 11.65 and 84.3 conversions per second: what real chips do
POWER_DOWN_US = 60
_SELECTION = {25: ("A", 128), 26: ("B", 32), 27: ("A", 64)}
# How far off the conversions after power-up or another gain are, at most, in counts: settled by the fifth.
_UNSETTLED_COUNTS = (900, 500, 200, 40)


class HX711(Shifted):
    """One chip, running from the moment it is made. `wires` are those at DOUT and PD_SCK."""

    def __init__(self, clock, wires, sample, rate=10, seed=0):
        super().__init__(clock, wires, sample, PERIOD_US[rate])
        self.selection = ("A", 128)
        self._random = Random(seed, "hx711")
        self._rise_us = 0
        self._watched = False
        self._life = 0
        self._down = False
        self._power_up()

    def _clocked(self, level):
        """PD_SCK changes to `level`."""
        self._sck.level = level
        if not level:
            if self._down:
                self._power_up()
            return
        self._rise_us = self._clock.now_us
        if not self._watched:
            self._watched = True
            self._clock.at(self._rise_us + POWER_DOWN_US + 1, self._watch)
        if not self._down:
            pulses = self._pulses = self._pulses + 1
            bit = self._word >> (24 - pulses) & 1 if pulses <= 24 else 1
            if bit != self._data.level:
                self._data.drive(bit)
            if pulses == 28 or pulses == 1 and not self._ready:
                self.wrong_pulse_counts += 1
        if self.stretch_chance and self._random.uniform() < self.stretch_chance:
            self._clock.spend(self.stretch_us)

    def _watch(self):
        """Look whether PD_SCK has been high for too long; one look covers all pulses since the last."""
        if not self._sck.level:
            self._watched = False
        elif self._clock.now_us - self._rise_us <= POWER_DOWN_US:
            self._clock.at(self._rise_us + POWER_DOWN_US + 1, self._watch)
        else:
            self._watched = False
            self._down = True
            self._life += 1
            self.power_downs += 1
            self._data.drive(1)

    def _power_up(self):
        """Start converting, with the selection in force before (edition V2.0 of the datasheet)."""
        self._down = False
        self._ready = False
        self._word = 0xFFFFFF
        self._pulses = 0
        self._settling = 0
        self._life += 1
        life = self._life
        due_us = self._clock.now_us

        def convert():
            nonlocal due_us
            if life == self._life:
                self._convert()
                due_us += self.period_us
                self._clock.at(due_us, convert)

        self._data.drive(1)
        due_us += self.period_us
        self._clock.at(due_us, convert)

    def _convert(self):
        pulses = self._pulses
        if self._ready:
            if not pulses:
                self.unread += 1
            elif pulses < 25:
                self.wrong_pulse_counts += 1
            elif pulses <= 27 and _SELECTION[pulses] != self.selection:
                self.selection = _SELECTION[pulses]
                self._settling = 0
        counts = self.sample(*self.selection)
        if self._settling < len(_UNSETTLED_COUNTS):
            limit = _UNSETTLED_COUNTS[self._settling]
            counts += self._random.below(2 * limit + 1) - limit
            self._settling += 1
        self._offer(counts)
