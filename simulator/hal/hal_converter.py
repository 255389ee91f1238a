"""What all simulated load-cell converters (ADCs) share: the counters that the host reads, and a conversion that waits.

A chip is the class NAME of the module `hal_name`, made from the clock, the wires at its pins in the order of the
driver's arguments, the input, the rate and a seed.
"""

HIGHEST = 0x7FFFFF
LOWEST = -0x800000


class Converter:
    """A chip whose first wire is its data or ready pin, a conversion ending every `period_us`.

    `sample(channel, gain)` gives the input in counts, of any size, whenever a conversion ends; while `frozen` it gives
    the same word again and again. `stretch_chance` and `stretch_us` are of use to chips that care how long a clock
    pulse lasts.
    """

    def __init__(self, clock, wires, sample, period_us):
        self.sample = sample
        self.period_us = period_us
        self.frozen = False
        self.conversions = 0
        self.unread = 0
        self.stretch_chance = 0.0
        self.stretch_us = 0
        self.wrong_pulse_counts = 0
        self.power_downs = 0
        self._clock = clock
        self._data = wires[0]
        self._word = 0
        self._ready = False

    def attach(self, i2c):
        """Solder the chip to the board's I²C bus, if it is one for that."""

    def _hold(self, counts):
        """A conversion has ended: its word waits to be fetched."""
        if not self.frozen:
            self._word = min(HIGHEST, max(LOWEST, int(counts // 1))) & 0xFFFFFF
        self._ready = True
        self.conversions += 1


class Shifted(Converter):
    """A chip whose first wires are data and clock: the clock shifts the word out."""

    def __init__(self, clock, wires, sample, period_us):
        super().__init__(clock, wires, sample, period_us)
        self._sck = wires[1]
        self._sck.output = self._clocked
        self._pulses = 0

    def _clocked(self, level):
        """The clock pin changes to `level`."""
        raise NotImplementedError

    def _offer(self, counts):
        """A conversion has ended: it waits to be shifted out, and the data pin falls."""
        self._hold(counts)
        self._pulses = 0
        self._data.drive(1)
        self._data.drive(0)
