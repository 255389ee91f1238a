"""MicroPython's `machine` as the RP2 port has it: pins, analogue inputs, clock, watchdog, resets, all simulated."""

import io
import time

from hal_analogue import FIRST_GPIO, LAST_GPIO
from hal_board import BOARD
from hal_reset import Reset
from micropython import const

PWRON_RESET = const(1)
WDT_RESET = const(3)
_STREAM_POLL = const(3)  # MP_STREAM_POLL

_interrupts = BOARD.interrupts
_clock = BOARD.clock

disable_irq = _interrupts.disable
enable_irq = _interrupts.restore


class Pin:
    """A pin; reading or setting it takes a microsecond of the processor's time."""

    IN = const(0)
    OUT = const(1)
    OPEN_DRAIN = const(2)
    PULL_UP = const(1)
    PULL_DOWN = const(2)
    IRQ_FALLING = const(4)
    IRQ_RISING = const(8)

    def __init__(self, id, mode=-1, pull=-1, value=None):
        self._wire = BOARD.wire(id)
        self._id = id
        self.init(mode, pull, value)

    def init(self, mode=-1, pull=-1, value=None):
        if pull == Pin.PULL_UP or pull == Pin.PULL_DOWN:
            self._wire.pull(1 if pull == Pin.PULL_UP else 0)
        elif mode == Pin.IN:
            self._wire.pull(None)
        if value is not None:
            self.__call__(1 if value else 0)

    def __call__(self, level=None):
        now = _clock.now_us = _clock.now_us + 1
        if _clock.next_us <= now:
            _clock.run_due()
        wire = self._wire
        if level is None:
            return wire.level
        if level != wire.level:
            wire.output(level)

    value = __call__

    def on(self):
        self(1)

    def off(self):
        self(0)

    high = on
    low = off

    def toggle(self):
        self(1 - self._wire.level)

    def irq(self, handler=None, trigger=IRQ_FALLING | IRQ_RISING, hard=False):
        self._wire.listen(handler, trigger, self)

    def __repr__(self):
        return "Pin(GPIO%d)" % self._id


class ADC:
    """An analogue input: by a pin, which this sets up, or as the RP2 port has it by a number, which does not."""

    CORE_TEMP = const(4)

    def __init__(self, source):
        gpio = source._id if isinstance(source, Pin) else source
        if gpio == ADC.CORE_TEMP:
            self._gpio = None
        elif FIRST_GPIO <= gpio <= LAST_GPIO:
            self._gpio = gpio
            BOARD.analogue.set_up(gpio)
        elif isinstance(source, Pin) or not 0 <= gpio < ADC.CORE_TEMP:
            raise ValueError("Pin doesn't have ADC capabilities")
        else:
            self._gpio = FIRST_GPIO + gpio

    def read_u16(self):
        """0 to 65535 for 0 V to the reference."""
        return BOARD.analogue_u16(self._gpio)


class _Registers:
    """The chip's registers by address; one that nobody set reads 0, as a fuse that is not burnt."""

    def __getitem__(self, address):
        return BOARD.registers.get(address, 0)


mem32 = _Registers()


class I2C:
    """An I²C bus by its number; `BOARD.i2c` has the chips."""

    def __init__(self, id, *, scl=None, sda=None, freq=400_000):
        self._bus = BOARD.i2c
        self._bus.frequency = freq

    def scan(self):
        return self._bus.addresses()

    def writeto(self, addr, buf, stop=True):
        self._bus.write(addr, buf, stop)
        return len(buf)

    def readfrom(self, addr, nbytes, stop=True):
        return self._bus.read(addr, nbytes)

    def writeto_mem(self, addr, memaddr, buf, *, addrsize=8):
        self._bus.write(addr, memaddr.to_bytes(addrsize // 8, "big") + bytes(buf))

    def readfrom_mem(self, addr, memaddr, nbytes, *, addrsize=8):
        self._bus.write(addr, memaddr.to_bytes(addrsize // 8, "big"), False)
        return self._bus.read(addr, nbytes)

    def readfrom_mem_into(self, addr, memaddr, buf, *, addrsize=8):
        buf[:] = self.readfrom_mem(addr, memaddr, len(buf), addrsize=addrsize)


class SPI:
    """An SPI bus by its number, output only; `BOARD.spi` lists what listens to its bytes."""

    def __init__(self, id, baudrate=1_000_000, *, polarity=0, phase=0, sck=None, mosi=None, miso=None):
        self._byte_us = max(1, 8_000_000 // baudrate)

    def write(self, buf):
        for byte in bytes(buf):
            _clock.spend(self._byte_us)
            for chip in BOARD.spi:
                chip.byte(byte)


class UART(io.IOBase):
    """The serial port by its number; `BOARD.uart` is the one there is. Neither reading nor writing waits."""

    def __init__(self, id, baudrate=115200, bits=8, parity=None, stop=1, *, tx=None, rx=None, rxbuf=256, txbuf=256):
        BOARD.uart.set_up(baudrate, bits, parity is not None, stop, rxbuf, txbuf)
        if BOARD.host:
            BOARD.host.announce_uart(baudrate)

    def any(self):
        return len(BOARD.uart.received)

    def read(self, nbytes=-1):
        return BOARD.uart.read(nbytes)

    def write(self, buf):
        return BOARD.uart.write(bytes(buf))

    def ioctl(self, request, arg):
        return BOARD.uart.ready(arg) if request == _STREAM_POLL else -1


class SoftSPI:
    """SPI by pins and waiting, as MicroPython's `softspi.c` does it in mode 1; a bit takes what the baud rate says."""

    def __init__(self, baudrate=500_000, *, polarity=0, phase=0, sck=None, mosi=None, miso=None):
        if (polarity, phase) != (0, 1):
            raise ValueError("the simulated SoftSPI has mode 1 only: polarity 0 and phase 1")
        self._half_us = -(-500_000 // baudrate)
        self._wires = sck._wire, mosi._wire, miso._wire

    def readinto(self, buf, write=0):
        half_us = self._half_us
        sck, mosi, miso = self._wires
        for index in range(len(buf)):
            byte = 0
            for bit in range(7, -1, -1):
                if mosi.level != write >> bit & 1:
                    mosi.output(write >> bit & 1)
                sck.output(1)
                _clock.spend(half_us)
                byte = byte << 1 | miso.level
                sck.output(0)
                _clock.spend(half_us)
            buf[index] = byte


class RTC:
    """The real-time clock."""

    def datetime(self, fields=None):
        """Get or set (year, month, day, weekday, hour, minute, second, subseconds)."""
        if fields is None:
            year, month, day, hour, minute, second, weekday, _ = time.gmtime()
            return (year, month, day, weekday, hour, minute, second, 0)
        year, month, day, _, hour, minute, second, _ = fields
        BOARD.rtc.set(time.mktime((year, month, day, hour, minute, second)) * 1_000_000)


class WDT:
    """The watchdog: resets the board unless fed within `timeout` ms. It cannot be stopped."""

    def __init__(self, id=0, timeout=5000):
        if not 0 < timeout <= 8388:
            raise ValueError("timeout exceeds 8388")
        self._timeout_us = timeout * 1000
        self._deadline_us = _clock.now_us + self._timeout_us
        _clock.at(self._deadline_us, self._check)

    def feed(self):
        self._deadline_us = _clock.now_us + self._timeout_us

    def _check(self):
        if _clock.now_us >= self._deadline_us:
            raise Reset(WDT_RESET)
        _clock.at(self._deadline_us, self._check)


class Timer:
    """A timer that calls `callback` every `period` ms until `deinit`, as one of the RP2 does."""

    def __init__(self, id=-1, *, period, callback):
        self._period_us = period * 1000
        self._callback = callback
        _clock.at(_clock.now_us + self._period_us, self._run)

    def _run(self):
        if self._callback is not None:
            self._callback(self)
            _clock.at(_clock.now_us + self._period_us, self._run)

    def deinit(self):
        self._callback = None


def reset():
    """Restart the board; the RP2 does it by its watchdog."""
    raise Reset(WDT_RESET)


def reset_cause():
    return BOARD.reset_cause


def unique_id():
    return BOARD.unique_id


def freq():
    return 125_000_000


def idle():
    _clock.spend(1)
