"""Driver of the HX711 load-cell converter by two pins, after its datasheet V2.0.

Bad readings end here: slipped bits, saturation, the spikes that a stretched clock pulse leaves, conversions that have
not settled. They are counted, and whoever reads gets sound values only. Two slips do not show at the pins: a lost clock
edge in a word whose last bit is 1, which is one wrong reading, and an edge too many, after which the next conversion
comes with another gain and those after it are not settled: some six wrong readings.
"""

import asyncio

from micropython import const

from agent.port import clock, pins

_BYTES = const(3)
_SIGN = const(0x800000)
# The tick counter wraps at this or a higher power of two.
_TICKS = const(0x3FFFFFFF)
# Nearer to the rails (0x7FFFFF and 0x800000) than one part in sixteen nothing is believed.
_RAIL = const(0x780000)
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
_SILENT_PERIODS = const(8)

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


class HX711:
    """The converter. `missed` counts conversions that nobody read in time, `faults` readings that were discarded.

    `settle` is how many conversions are still to be dropped.
    """

    def __init__(self, pin_dout, pin_sck):
        self._dout = pins.Input(pin_dout)
        self._sck = pins.Output(pin_sck)
        self._ready = pins.DataReady(self._dout)
        self._words = _words(self._sck, self._dout, _PULSES[128])
        self._supervisor = None
        self._period_ms = 0
        self._read_ms = clock.ticks_ms()
        self._last = 0
        self.missed = 0
        self.faults = 0
        self.settle = 0

    def start(self, rate, gain):
        """Begin to convert at nominally `rate` samples/s (10 or 80, wired by the RATE pin) with `gain` 128, 64 or 32.

        Must be called from a running event loop. Raises ValueError for anything else.
        """
        if rate not in (10, 80):
            raise ValueError("the HX711 converts 10 or 80 times a second, not %r" % rate)
        if gain not in _PULSES:
            raise ValueError("the HX711 has gains of 128, 64 and 32, not %r" % gain)
        self._words = _words(self._sck, self._dout, _PULSES[gain])
        self._period_ms = 1000 // rate
        self._sck(0)
        self._resettle()
        self._read_ms = clock.ticks_ms()
        self._ready.arm()
        if self._supervisor is None:
            self._supervisor = asyncio.create_task(self._supervise())

    def _resettle(self):
        # One more than settling takes: the first reading tells the chip the gain again.
        self.settle = _SETTLING + 1

    async def read(self):
        """The next sound conversion as a signed 24-bit integer. Waits as long as there is none."""
        while True:
            await self._ready.wait()
            self._ready.disarm()
            word = None if self._dout() else next(self._words)
            if word is None:
                await self._restart()
            elif self._sound(word):
                self._ready.arm()
                return self._last
            self._ready.arm()

    def _sound(self, word):
        """Take 24 bits as the last reading; False if it must not be used."""
        now_ms = clock.ticks_ms()
        elapsed_ms = clock.ticks_diff(now_ms, self._read_ms)
        self._read_ms = now_ms
        if 2 * elapsed_ms >= 3 * self._period_ms:
            if not self.settle:
                self.missed += (elapsed_ms + self._period_ms // 2) // self._period_ms - 1
        elif 2 * elapsed_ms > self._period_ms:
            # Real chips run up to a fifth away from their nominal rate: learn this one's period.
            self._period_ms += (elapsed_ms - self._period_ms) // 8
        if word & _SIGN:
            word -= _SIGN << 1
        reset = word & _SPIKE_ONES == _SPIKE_ONES and abs(word - self._last) > _SPIKE_JUMP
        self._last = word
        if reset:
            self._resettle()
        if reset or not -_RAIL < word < _RAIL:
            self.faults += 1
            return False
        if self.settle:
            self.settle -= 1
            return False
        return True

    async def _restart(self):
        """Power the chip down and up again (PD_SCK high for more than 60 us): it is silent, or has lost its place."""
        self.faults += 1
        self._sck(1)
        await asyncio.sleep_ms(1)
        self._sck(0)
        self._resettle()
        self._read_ms = clock.ticks_ms()

    async def _supervise(self):
        """Wake the reader where no conversion came for eight periods, so that its wait has an end."""
        while True:
            silent_ms = self._period_ms * _SILENT_PERIODS
            await asyncio.sleep_ms(silent_ms)
            if clock.ticks_diff(clock.ticks_ms(), self._read_ms) >= silent_ms:
                self._ready.wake()
