"""The board's buses: I²C for clock, key store and tag, SPI for the displays. Boards with chips on them use these."""

import board
import machine
from micropython import const

_I2C_HZ = const(100000)
_SPI_HZ = const(4000000)


def i2c():
    """The I²C bus, with MicroPython's methods."""
    sda, scl = machine.Pin(board.PIN_I2C_SDA), machine.Pin(board.PIN_I2C_SCL)
    return machine.I2C(board.I2C, sda=sda, scl=scl, freq=_I2C_HZ)


def spi():
    """The SPI bus, mode 0, output only, with MicroPython's `write`."""
    sck, sda = machine.Pin(board.PIN_LCD_SCK), machine.Pin(board.PIN_LCD_SDA)
    return machine.SPI(board.SPI, baudrate=_SPI_HZ, polarity=0, phase=0, sck=sck, mosi=sda)
