"""What the drivers of all load-cell converters (ADCs) share: waiting, sign, rails, frozen words, supervision.

A driver is a class named after its chip, made from the numbers of its pins (`ADC_PINS` of the board profile). It brings
`RATES` and `GAINS`, `start(rate, gain)`, which calls `_begin`; `_take()`, which clocks one conversion out; and
`_restart()` for a chip that is silent or has lost its place. Whoever reads gets sound values only: the rest is counted.
"""

import asyncio

from micropython import const

from agent.port import clock, pins

_SIGN = const(0x800000)
# Nearer to the rails (0x7FFFFF and 0x800000) than one part in sixteen nothing is believed.
_RAIL = const(0x780000)
# A word is not believed when it comes for the sixth time in a row: rest takes six readings, so a frozen chip never
# comes to rest. Healthy chips have a noise of 7 counts at least: they lose a reading in a million, and the weight goes
# dark only after another second of the same word.
_REPEATS = const(5)
_SILENT_PERIODS = const(8)


class Converter:
    """A converter that pulls pin `pin_ready` low when a conversion waits.

    `missed` counts conversions that nobody read in time, `faults` readings that were discarded. `settle` is how many
    conversions are still to be dropped, `served_ms` (ticks) when one was last taken or the chip started again.
    """

    RATES: tuple
    GAINS: tuple

    def __init__(self, pin_ready):
        self._waiting = pins.Input(pin_ready)
        self._ready = pins.DataReady(self._waiting)
        self._supervisor = None
        self._period_ms = 0
        self.served_ms = clock.ticks_ms()
        self._last = self._repeats = 0
        self.missed = 0
        self.faults = 0
        self.settle = 0

    def _begin(self, rate, gain):
        """Expect `rate` conversions a second from now on; ValueError for a rate or gain that the chip does not have.

        Must be called from a running event loop.
        """
        for value, values, what in ((rate, self.RATES, "conversions a second"), (gain, self.GAINS, "for its gain")):
            if value not in values:
                raise ValueError("the %s has %r %s, not %r" % (type(self).__name__, values, what, value))
        self._period_ms = 1000 // rate
        self.served_ms = clock.ticks_ms()
        if self._supervisor is None:
            self._supervisor = asyncio.create_task(self._supervise())

    async def read(self):
        """The next sound conversion as a signed 24-bit integer. Waits as long as there is none."""
        while True:
            await self._ready.wait()
            self._ready.disarm()
            word = None if self._waiting() else self._take()  # type: ignore[attr-defined]  # a driver has it
            if word is None:
                await self._restart()  # type: ignore[attr-defined]  # as above
                self.served_ms = clock.ticks_ms()
            elif self._sound(word):
                self._ready.arm()
                return self._last
            self._ready.arm()

    def _sound(self, word):
        """Take 24 bits as the last reading; False if it must not be used. Allocates nothing."""
        now_ms = clock.ticks_ms()
        elapsed_ms = clock.ticks_diff(now_ms, self.served_ms)
        self.served_ms = now_ms
        if 2 * elapsed_ms >= 3 * self._period_ms:
            if not self.settle:
                self.missed += (elapsed_ms + self._period_ms // 2) // self._period_ms - 1
        elif 2 * elapsed_ms > self._period_ms:
            # Real chips run up to a fifth away from their nominal rate: learn this one's period.
            self._period_ms += (elapsed_ms - self._period_ms) // 8
        if word & _SIGN:
            word -= _SIGN << 1
        if word == self._last:
            self._repeats += 1
        else:
            self._last = word
            self._repeats = 0
        if not -_RAIL < word < _RAIL or self._repeats >= _REPEATS:
            self.faults += 1
            return False
        if self.settle:
            self.settle -= 1
            return False
        return True

    async def _supervise(self):
        """Wake the reader where no conversion came for eight periods, so that its wait has an end."""
        while True:
            silent_ms = self._period_ms * _SILENT_PERIODS
            await asyncio.sleep_ms(silent_ms)
            if clock.ticks_diff(clock.ticks_ms(), self.served_ms) >= silent_ms:
                self._ready.wake()
