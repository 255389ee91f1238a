"""Driver of the ADS1232 load-cell converter (Texas Instruments SBAS350) by three pins; gain and rate are wired.

It has the interface of `agent.chips.hx711`. It bears slow clock pulses, so nothing is guarded against interrupts.
"""

import asyncio

from micropython import const

from agent.port import clock, pins

_BYTES = const(3)
_MOST_PULSES = const(24)
_SIGN = const(0x800000)
# Nearer to the rails (0x7FFFFF and 0x800000) than one part in sixteen nothing is believed.
_RAIL = const(0x780000)
# After a step at the input four readings are not settled, after power-up the chip waits by itself.
_SETTLING = const(4)
_SILENT_PERIODS = const(8)
_RESET_MS = const(1)  # 26 us at least, each of high and low


class ADS1232:
    """The converter. `missed` counts conversions that nobody read in time, `faults` readings that were discarded.

    `settle` is how many conversions are still to be dropped.
    """

    def __init__(self, pin_dout, pin_sck, pin_pwdn):
        self._dout = pins.Input(pin_dout)
        self._sck = pins.Output(pin_sck)
        self._pwdn = pins.Output(pin_pwdn)
        self._ready = pins.DataReady(self._dout)
        self._readinto = pins.shifter(self._sck, self._dout)
        self._word = bytearray(_BYTES)
        self._supervisor = None
        self._period_ms = 0
        self._read_ms = clock.ticks_ms()
        self._last = 0
        self.missed = 0
        self.faults = 0
        self.settle = 0

    def start(self, rate, gain):
        """Begin to convert at nominally `rate` samples/s (10 or 80, wired by the SPEED pin) with the wired gain of 128.

        Must be called from a running event loop. Raises ValueError for anything else.
        """
        if rate not in (10, 80):
            raise ValueError("the ADS1232 converts 10 or 80 times a second, not %r" % rate)
        if gain != 128:
            raise ValueError("the ADS1232 is wired for a gain of 128, not %r" % gain)
        self._period_ms = 1000 // rate
        self._read_ms = clock.ticks_ms()
        if self._supervisor is None:
            self._supervisor = asyncio.create_task(self._supervise())
        self._ready.wake()

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
        started_ms = clock.ticks_ms()
        self._readinto(self._word)
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
        ended_ms = clock.ticks_ms()
        self._count_missed(started_ms)
        torn = clock.ticks_diff(ended_ms, started_ms) * 2 > self._period_ms
        word = self._word
        self._last = word[0] << 16 | word[1] << 8 | word[2]
        if self._last & _SIGN:
            self._last -= _SIGN << 1
        if slipped or torn or not -_RAIL < self._last < _RAIL:
            self.faults += 1
            return False
        if self.settle:
            self.settle -= 1
            return False
        return True

    def _count_missed(self, now_ms):
        elapsed_ms = clock.ticks_diff(now_ms, self._read_ms)
        self._read_ms = now_ms
        if 2 * elapsed_ms >= 3 * self._period_ms and not self.settle:
            self.missed += (elapsed_ms + self._period_ms // 2) // self._period_ms - 1

    async def _restart(self):
        """Power-up sequence of the PWDN pin: high, low, high (SBAS350, "Power-up sequence")."""
        if self.settle or self.missed or self._last:
            self.faults += 1  # it had been converting
        self._sck(0)
        for level in (1, 0, 1):
            self._pwdn(level)
            await asyncio.sleep_ms(_RESET_MS)
        self.settle = _SETTLING
        self._read_ms = clock.ticks_ms()

    async def _supervise(self):
        """Wake the reader where no conversion came for eight periods, so that its wait has an end."""
        while True:
            silent_ms = self._period_ms * _SILENT_PERIODS
            await asyncio.sleep_ms(silent_ms)
            if clock.ticks_diff(clock.ticks_ms(), self._read_ms) >= silent_ms:
                self._ready.wake()
