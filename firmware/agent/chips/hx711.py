"""Driver of the HX711 load-cell converter by two pins, after its datasheet V2.0.

Slipped bits and the spikes that a stretched clock pulse leaves end here. Two slips do not show at the pins: a lost
clock edge in a word whose last bit is 1, one wrong reading; and an edge too many, after which the next conversion
comes with another gain and those after it are not settled: some six wrong readings.
"""

import asyncio

from micropython import const

from agent.chips.converter import Converter
from agent.port import clock, pins

_BYTES = const(3)
# The tick counter wraps at this or a higher power of two.
_TICKS = const(0x3FFFFFFF)
# More than 60 us high powers the chip down (T3 allows 50). Measured pulses include the measuring.
_STRETCHED_US = const(50)
# The 24 pulses of a word take 96 us, and at least 92 us besides the time for which any one of them is high: a word that
# was read in less than 151 us has no pulse that was high for 60.
_STRETCHED_WORD_US = const(150)
# A value that ends in eight ones and jumps by more than this is a reset in mid-word (2^n - 1 spikes), not a load.
_SPIKE_ONES = const(0xFF)
_SPIKE_JUMP = const(512)
# Conversions until valid data after power-up, reset or a change of gain (datasheet, table 2: 4 periods).
_SETTLING = const(4)

# Pulses after the 24 that shift the bits out: they choose channel and gain of the next conversion.
_PULSES = {128: 1, 32: 2, 64: 3}


def _words(sck, dout, pulses):
    """Clock one conversion out at each `next`: its 24 bits, or None if the chip may have lost its place.

    `pulses` are those that follow. A coroutine, as its local variables cost a fraction of attributes; it allocates
    nothing. High is 0.2 to 50 us (T3) whatever interrupts there are; low may last (T4 has no maximum).
    """
    readinto = pins.shifter(sck, dout)
    guard, unguard, ticks_us = pins.guard, pins.unguard, clock.ticks_us
    octets = bytearray(_BYTES)
    while True:
        state = guard()
        start_us = ticks_us()
        readinto(octets)
        took_us = ticks_us() - start_us & _TICKS  # type: ignore[operator]  # the stubs hide that ticks are integers
        unguard(state)
        in_place = took_us <= _STRETCHED_WORD_US
        for _ in range(pulses):
            state = guard()
            start_us = ticks_us()
            sck(1)
            sck(0)
            took_us = ticks_us() - start_us & _TICKS  # type: ignore[operator]  # as above
            unguard(state)
            # Pulse 25 drives DOUT high: low now means that bits have slipped.
            if took_us > _STRETCHED_US or not dout():
                in_place = False
        yield octets[0] << 16 | octets[1] << 8 | octets[2] if in_place else None


class HX711(Converter):
    """The converter at its two pins; RATE is wired, the number of pulses chooses the gain."""

    RATES = (10, 80)
    GAINS = (128, 64, 32)

    def __init__(self, pin_dout, pin_sck):
        super().__init__(pin_dout)
        self._sck = pins.Output(pin_sck)

    def start(self, rate, gain):
        """Begin to convert at nominally `rate` samples/s with `gain`; raises and demands what `_begin` does."""
        self._begin(rate, gain)
        self._words = _words(self._sck, self._waiting, _PULSES[gain])
        self._sck(0)
        self._resettle()
        self._ready.arm()

    def _resettle(self):
        # One more than settling takes: the first reading tells the chip the gain again.
        self.settle = _SETTLING + 1

    def _take(self):
        return next(self._words)

    def _sound(self, word):
        before, faults = self._last, self.faults
        sound = super()._sound(word)
        if word & _SPIKE_ONES == _SPIKE_ONES and abs(self._last - before) > _SPIKE_JUMP:
            self.faults = faults + 1
            self._resettle()
            return False
        return sound

    async def _restart(self):
        """Power the chip down and up again (PD_SCK high for more than 60 us): it is silent, or has lost its place."""
        self.faults += 1
        self._sck(1)
        await asyncio.sleep_ms(1)
        self._sck(0)
        self._resettle()
