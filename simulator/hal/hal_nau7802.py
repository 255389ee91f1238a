"""The NAU7802 as a chip seen from the I²C bus and its DRDY pin (Nuvoton, datasheet Rev 2.1).

Its habits that hurt: registers forget everything at a reset, DRDY is active high until told otherwise, a calibration
made before the regulator has settled leaves a wrong span, without one there is an offset, and the first conversions
after a start are not settled.
"""

from hal_converter import Converter

ADDRESS = 0x2A
PERIOD_US = {10: 100_000, 20: 50_000, 40: 25_000, 80: 12_500}
_RATES = {0: 10, 1: 20, 2: 40, 3: 80}
_WAKE_US = 200
REGULATOR_US = 200_000
_CALIBRATION_PERIODS = 4
_SETTLING = 6
_UNSETTLED_COUNTS = 900
_UNCALIBRATED_COUNTS = 2_000
_WRONG_SPAN = 0.993

_PU_CTRL, _CTRL1, _CTRL2, _RESULT, _REVISION = 0x00, 0x01, 0x02, 0x12, 0x1F
_RR, _PUD, _PUA, _PUR, _CS, _CR, _AVDDS = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x80
_DRDY_LOW = 0x80
_CALS, _CAL_ERR = 0x04, 0x08


class NAU7802(Converter):
    """One chip, asleep until it is set up. `wires` is the one at DRDY.

    While `away` it does not answer on the bus; while `calibration_fails` it says so after each.
    """

    def __init__(self, clock, wires, sample, rate=10, seed=0):
        super().__init__(clock, wires, sample, PERIOD_US[rate])
        self.away = False
        self.calibration_fails = False
        self.resets = 0
        self._life = 0
        self._pointer = None
        self.reset()

    def attach(self, i2c):
        """Solder the chip to its bus."""
        i2c.attach(ADDRESS, self)

    def reset(self):
        """All registers as after power-on: what a dip of the supply does too."""
        self._registers = bytearray(0x20)
        self._registers[0x07] = self._registers[0x0E] = 0x80
        self._registers[_REVISION] = 0x0F
        self._life += 1
        self._regulator_us = None
        self._span = 1.0
        self._offset = _UNCALIBRATED_COUNTS
        self._ready = False
        self._show()

    def begin(self, reading):
        if not reading:
            self._pointer = None
        return not self.away

    def end(self):
        pass

    def write(self, byte):
        if self._pointer is None:
            self._pointer = byte
            return True
        change = {_PU_CTRL: self._set_power, _CTRL1: self._set_ready_pin, _CTRL2: self._set_rate}.get(self._pointer)
        if change:
            change(byte)
        elif self._pointer < _RESULT or self._pointer > _RESULT + 2:
            self._registers[self._pointer & 0x1F] = byte
        self._pointer += 1
        return True

    def read(self):
        register = (self._pointer or 0) & 0x1F
        if register == _RESULT:
            self._registers[_RESULT : _RESULT + 3] = self._word.to_bytes(3, "big")
            self._ready = False
            self._registers[_PU_CTRL] &= ~_CR
            self._show()
        self._pointer = register + 1
        return self._registers[register]

    def _set_power(self, byte):
        before = self._registers[_PU_CTRL]
        if byte & _RR:
            self.reset()
            self.resets += 1
            self._registers[_PU_CTRL] = _RR
            return
        self._registers[_PU_CTRL] = byte & ~(_CR | _PUR) | before & (_CR | _PUR)
        if byte & _PUD and not before & _PUD:
            self._later(_WAKE_US, self._wake)
        if byte & _AVDDS and byte & _PUA and self._regulator_us is None:
            self._regulator_us = self._clock.now_us + REGULATOR_US
        if byte & _CS and not before & _CS and byte & _PUA and byte & _PUD:
            self._unsettled = _SETTLING
            self._later(self.period_us, self._convert)

    def _wake(self):
        self._registers[_PU_CTRL] |= _PUR

    def _set_ready_pin(self, byte):
        self._registers[_CTRL1] = byte
        self._show()

    def _set_rate(self, byte):
        self._registers[_CTRL2] = byte & ~_CAL_ERR
        rate = _RATES.get(byte >> 4 & 7)
        if rate:
            self.period_us = PERIOD_US[rate]
        if byte & _CALS:
            settled = self._regulator_us is not None and self._clock.now_us >= self._regulator_us
            self._span = 1.0 if settled else _WRONG_SPAN
            self._later(_CALIBRATION_PERIODS * self.period_us, self._calibrated)

    def _calibrated(self):
        self._registers[_CTRL2] &= ~_CALS
        if self.calibration_fails:
            self._registers[_CTRL2] |= _CAL_ERR
        else:
            self._offset = 0

    def _convert(self):
        if self._ready:
            self.unread += 1
        gain = 1 << (self._registers[_CTRL1] & 7)
        counts = self.sample("A", gain) * self._span + self._offset
        if self._unsettled:
            counts += _UNSETTLED_COUNTS * self._unsettled
            self._unsettled -= 1
        self._registers[_PU_CTRL] |= _CR
        self._ready = False
        self._show()
        self._hold(counts)
        self._show()
        self._later(self.period_us, self._convert)

    def _show(self):
        waits_low = bool(self._registers[_CTRL1] & _DRDY_LOW)
        self._data.drive(self._ready != waits_low)

    def _later(self, us, do):
        """Do something after `us`, unless the chip is reset before."""
        life = self._life

        def due():
            if life == self._life:
                do()

        self._clock.at(self._clock.now_us + us, due)
