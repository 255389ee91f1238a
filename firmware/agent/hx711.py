"""Driver of the HX711 load-cell converter by two pins, after its datasheet V2.0.

Bad readings end here: slipped bits, saturation, the spikes that a stretched clock pulse leaves, conversions that have
not settled. They are counted, and whoever reads gets sound values only.
"""

import asyncio

from micropython import const

from agent.port import clock, pins

_BITS = const(24)
_SIGN = const(0x800000)
# The tick counter wraps at this or a higher power of two.
_TICKS = const(0x3FFFFFFF)
# Nearer to the rails (0x7FFFFF and 0x800000) than one part in sixteen nothing is believed.
_RAIL = const(0x780000)
# More than 60 us high (T3, and "power down") resets the chip; measured pulses include the measuring.
_STRETCHED_US = const(50)
# A value that ends in eight ones and jumps by more than this is a reset in mid-word (2^n - 1 spikes), not a load.
_SPIKE_ONES = const(0xFF)
_SPIKE_JUMP = const(512)
# Conversions until valid data after power-up, reset or a change of gain (datasheet, table 2: 4 periods).
_SETTLING = const(4)
_SILENT_PERIODS = const(8)

_PULSES = {128: 25, 32: 26, 64: 27}


class HX711:
    """The converter. `missed` counts conversions that nobody read in time, `faults` readings that were discarded.

    `settle` is how many conversions are still to be dropped.
    """

    def __init__(self, pin_dout, pin_sck):
        self._dout = pins.Input(pin_dout)
        self._sck = pins.Output(pin_sck)
        self._ready = pins.DataReady(self._dout)
        self._pulses = 0
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
        self._pulses = _PULSES[gain]
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
            if self._dout():
                await self._restart()
            elif self._shift():
                self._ready.arm()
                return self._last
            self._ready.arm()

    def _shift(self):
        """Clock one conversion out into `_last`; False if it must not be used. Allocates nothing."""
        sck, dout = self._sck, self._dout
        guard, unguard = pins.guard, pins.unguard
        ticks_us = clock.ticks_us
        started_ms = clock.ticks_ms()
        left = self._pulses
        raw = longest_us = 0
        while left:
            left -= 1
            # High for 0.2 to 50 us (T3) whatever interrupts there are; low may last (T4 has no maximum).
            state = guard()
            rise_us = ticks_us()
            sck(1)
            sck(0)
            high_us = ticks_us() - rise_us & _TICKS  # type: ignore[operator]  # the stubs hide that ticks are integers
            unguard(state)
            if high_us > longest_us:
                longest_us = high_us
            # Valid 0.1 us after the rise (T2) and until the next one.
            raw = raw << 1 | dout()
        # Pulse 25 drives DOUT high: low now means that bits have slipped.
        slipped = not raw & 1
        raw >>= self._pulses - _BITS
        torn = clock.ticks_diff(clock.ticks_ms(), started_ms) * 2 > self._period_ms
        self._count_missed(started_ms)
        value = raw - (_SIGN << 1) if raw & _SIGN else raw
        reset = longest_us > _STRETCHED_US
        if raw & _SPIKE_ONES == _SPIKE_ONES and abs(value - self._last) > _SPIKE_JUMP:
            reset = True
        self._last = value
        if reset:
            self._resettle()
        if reset or slipped or torn or not -_RAIL < value < _RAIL:
            self.faults += 1
            return False
        if self.settle:
            self.settle -= 1
            return False
        return True

    def _count_missed(self, now_ms):
        elapsed_ms = clock.ticks_diff(now_ms, self._read_ms)
        self._read_ms = now_ms
        if 2 * elapsed_ms < 3 * self._period_ms:
            # Real chips run up to a fifth away from their nominal rate: learn this one's period.
            if 2 * elapsed_ms > self._period_ms:
                self._period_ms += (elapsed_ms - self._period_ms) // 8
        elif not self.settle:
            self.missed += (elapsed_ms + self._period_ms // 2) // self._period_ms - 1

    async def _restart(self):
        """Power the chip down and up again (PD_SCK high for more than 60 us), as it has fallen silent."""
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
