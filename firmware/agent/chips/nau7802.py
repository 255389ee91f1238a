"""Driver of the NAU7802 load-cell converter (Nuvoton, datasheet Rev 2.1) on the I²C bus, with its DRDY pin.

It supplies the cell from its own regulator. Each word is taken only after the control registers were read back: a chip
that was reset behind our back has another gain and no regulator; a calibration that failed shows there too. Not done: a
calibration again when it grows warm.
"""

import asyncio

from micropython import const

from agent.chips.converter import Converter
from agent.port import bus

ADDRESS = const(0x2A)

_PU_CTRL = const(0x00)  # behind it: CTRL1 and CTRL2
_RESULT = const(0x12)
_ADC = const(0x15)
_POWER = const(0x1C)

_RESET = const(0x01)
_POWER_UP_DIGITAL = const(0x02)
# AVDD from the regulator; analogue and digital part on; CS starts the conversions.
_CONVERTING = const(0x80 | 0x10 | 0x04 | 0x02)
_POWERED = const(0x80 | 0x04 | 0x02)
_POWER_UP_READY = const(0x08)
_RESULT_READY = const(0x20)
# DRDY low when a result waits; 3.0 V for the cell, which leaves 0.3 V at a supply of 3.3 V; gain 128.
_CTRL1 = const(0x80 | 5 << 3 | 7)
_CALIBRATE = const(0x04)
_NO_CHOPPER_CLOCK = const(0x30)
_PGA_CAPACITOR = const(0x80)  # 330 pF where channel 2 would be

_WAKE_MS = const(1)
_WAKE_POLLS = const(5)
_REGULATOR_MS = const(300)
_RETRY_MS = const(500)
_CALIBRATION_POLL_MS = const(50)
_CALIBRATION_POLLS = const(30)
# Conversions after the start that are not settled (datasheet, "Power-on sequencing").
_SETTLING = const(6)


class NAU7802(Converter):
    """The converter at its DRDY pin and on the board's I²C bus."""

    RATES = (10, 20, 40, 80)
    GAINS = (128,)

    def __init__(self, pin_drdy):
        super().__init__(pin_drdy)
        self._i2c = bus.i2c()
        self._control = bytearray(3)
        self._word = bytearray(3)
        self._ctrl2 = 0

    def start(self, rate, gain):
        """Begin to convert at nominally `rate` samples/s with `gain`; raises and demands what `_begin` does.

        A chip that does not answer is asked again for as long as it takes.
        """
        self._begin(rate, gain)
        self._ctrl2 = self.RATES.index(rate) << 4
        self._ready.wake()

    def _take(self):
        control, word = self._control, self._word
        try:
            self._i2c.readfrom_mem_into(ADDRESS, _PU_CTRL, control)
            self._i2c.readfrom_mem_into(ADDRESS, _RESULT, word)
        except OSError:
            return None
        if control[0] != _CONVERTING | _POWER_UP_READY | _RESULT_READY:
            return None
        if control[1] != _CTRL1 or control[2] != self._ctrl2:
            return None
        return word[0] << 16 | word[1] << 8 | word[2]

    async def _restart(self):
        """Reset the chip, let its regulator settle, calibrate, and start it (datasheet, "Power-on sequencing")."""
        if self.settle or self.missed or self._last:
            self.faults += 1  # it had been converting
        self.settle = _SETTLING
        try:
            await self._set_up()
        except OSError:
            # DRDY is low before the chip is set up, as if a result waited: nothing else would slow this down.
            await asyncio.sleep_ms(_RETRY_MS)

    async def _set_up(self):
        self._write(_PU_CTRL, _RESET)
        self._write(_PU_CTRL, _POWER_UP_DIGITAL)
        await self._until(_PU_CTRL, _POWER_UP_READY, _POWER_UP_READY, _WAKE_MS, _WAKE_POLLS)
        self._write(_PU_CTRL, _POWERED)
        self._write(_PU_CTRL + 1, _CTRL1)
        self._write(_PU_CTRL + 2, self._ctrl2)
        self._write(_ADC, _NO_CHOPPER_CLOCK)
        self._write(_POWER, _PGA_CAPACITOR)
        # What is calibrated while the regulator still moves has a span that is up to 1 % wrong for ever.
        await asyncio.sleep_ms(_REGULATOR_MS)
        self._write(_PU_CTRL + 2, self._ctrl2 | _CALIBRATE)
        await self._until(_PU_CTRL + 2, _CALIBRATE, 0, _CALIBRATION_POLL_MS, _CALIBRATION_POLLS)
        self._write(_PU_CTRL, _CONVERTING)

    async def _until(self, register, mask, wanted, poll_ms, polls):
        """Return when the bits `mask` of a register are `wanted`; OSError after so many looks."""
        for _ in range(polls):
            await asyncio.sleep_ms(poll_ms)
            if self._read(register) & mask == wanted:
                return
        raise OSError

    def _read(self, register):
        return self._i2c.readfrom_mem(ADDRESS, register, 1)[0]

    def _write(self, register, value):
        self._i2c.writeto_mem(ADDRESS, register, bytes((value,)))
