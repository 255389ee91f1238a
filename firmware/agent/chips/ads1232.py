"""Driver of the ADS1232 load-cell converter (Texas Instruments SBAS350) by three pins; gain and rate are wired.

It bears slow clock pulses, so nothing is guarded against interrupts.
"""

import asyncio

from micropython import const

from agent.chips.converter import Converter
from agent.port import clock, pins

_BYTES = const(3)
_MOST_PULSES = const(24)
# At the lower rail: what a word that is not believed is taken for.
_TORN = const(0x800000)
# After a step at the input four readings are not settled, after power-up the chip waits by itself.
_SETTLING = const(4)
_RESET_MS = const(1)  # 26 us at least, each of high and low


class ADS1232(Converter):
    """The converter at its three pins; SPEED and GAIN are wired."""

    RATES = (10, 80)
    GAINS = (128,)

    def __init__(self, pin_dout, pin_sck, pin_pwdn):
        super().__init__(pin_dout)
        self._sck = pins.Output(pin_sck)
        self._pwdn = pins.Output(pin_pwdn)
        self._readinto = pins.shifter(self._sck, self._waiting)
        self._word = bytearray(_BYTES)

    def start(self, rate, gain):
        """Begin to convert at nominally `rate` samples/s with `gain`; raises and demands what `_begin` does."""
        self._begin(rate, gain)
        self._ready.wake()

    def _take(self):
        """Clock one conversion out; allocates nothing."""
        sck, dout, word = self._sck, self._waiting, self._word
        started_ms = clock.ticks_ms()
        self._readinto(word)
        # Pulse 25 drives the pin high until the next conversion: low now means that bits have slipped.
        sck(1)
        sck(0)
        slipped = not dout()
        for _ in range(_MOST_PULSES):
            # A pin left low would look like the next conversion.
            if dout():
                break
            sck(1)
            sck(0)
        if slipped or clock.ticks_diff(clock.ticks_ms(), started_ms) * 2 > self._period_ms:
            return _TORN
        return word[0] << 16 | word[1] << 8 | word[2]

    async def _restart(self):
        """Power-up sequence of the PWDN pin: high, low, high (SBAS350, "Power-up sequence")."""
        if self.settle or self.missed or self._last:
            self.faults += 1  # it had been converting
        self._sck(0)
        for level in (1, 0, 1):
            self._pwdn(level)
            await asyncio.sleep_ms(_RESET_MS)
        self.settle = _SETTLING
