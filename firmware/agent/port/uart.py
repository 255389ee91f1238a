"""The serial port behind the board's RS-232 transceiver: three wires, so nobody can hold anybody back."""

import board
import machine
from micropython import const

EVEN = const(0)
"""A parity, as MicroPython counts them."""


def open(baudrate, bits=8, parity=None, received=256):
    """The port with one stop bit, as MicroPython's stream, which asyncio can wait for.

    It has room for so many `received` bytes; what comes while that is full is lost.
    """
    number, sends, receives = board.UART
    tx, rx = machine.Pin(sends), machine.Pin(receives)
    return machine.UART(number, baudrate=baudrate, bits=bits, parity=parity, stop=1, tx=tx, rx=rx, rxbuf=received)
