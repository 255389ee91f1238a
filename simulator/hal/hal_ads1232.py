"""The ADS1232 as a chip seen from its three pins (SBAS350): DRDY/DOUT, SCLK and PWDN.

DRDY/DOUT falls when a conversion is ready; rising edges of SCLK shift it out, most significant bit first; the 25th
drives the pin high, without it the pin keeps the last bit. PWDN low stops the chip; after it rises data are ready when
four conversions have settled.
"""

from hal_converter import Shifted

PERIOD_US = {10: 100_000, 80: 12_500}
SETTLING_US = {10: 401_000, 80: 51_000}
_RESET_US = 26


class ADS1232(Shifted):
    """One chip, in power-down until PWDN has been low and high again. `wires` are DRDY/DOUT, SCLK and PWDN."""

    def __init__(self, clock, wires, sample, rate=10, seed=0):
        super().__init__(clock, wires, sample, PERIOD_US[rate])
        self._pwdn = wires[2]
        self._settling_us = SETTLING_US[rate]
        self._life = 0
        self._fell_us = None
        self._pwdn.output = self._power
        self._data.drive(1)

    def _power(self, level):
        self._pwdn.level = level
        self._life += 1
        self._data.drive(1)
        if not level:
            self._fell_us = self._clock.now_us
        elif self._fell_us is not None and self._clock.now_us - self._fell_us >= _RESET_US:
            self._convert_on(self._life, self._clock.now_us + self._settling_us)

    def _convert_on(self, life, due_us):
        def convert():
            if life == self._life:
                self._convert()
                self._convert_on(life, due_us + self.period_us)

        self._clock.at(due_us, convert)

    def _convert(self):
        if self._ready and not self._pulses:
            self.unread += 1
        self._offer(self.sample("A", 128))

    def _clocked(self, level):
        self._sck.level = level
        if level and self._ready:
            self._pulses += 1
            self._data.drive(self._word >> (24 - self._pulses) & 1 if self._pulses <= 24 else 1)
