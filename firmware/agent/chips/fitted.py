"""Makes the chips that the board profile names. A driver takes heap once it is loaded: a board loads those of its own.

The driver of the chip `name` is the class NAME, in capitals, of the module `name` in this room.
"""

import sys

import board


def _driver(name):
    module = "agent.chips." + name
    __import__(module)
    return getattr(sys.modules[module], name.upper())


def converter():
    """The board's converter: see `agent.chips.converter`."""
    return _driver(board.ADC)(*board.ADC_PINS)


def displays():
    """The vendor's and the customer's display, in this order: see `agent.chips.st7567`."""
    from agent.chips.st7567 import Displays
    from agent.port import bus

    return Displays(bus.spi(), board.LCD_SELECTS, board.PIN_LCD_A0)


def keypad(names):
    """The keypad, its keys called by `names`, row by row."""
    from agent.chips.keypad import Keypad

    return Keypad(board.KEYPAD_COLUMNS, board.KEYPAD_ROWS, names)


def has_panel():
    """Whether the board has displays and a keypad."""
    return "st7567" in board.CHIPS and "keypad" in board.CHIPS


def on_i2c(name):
    """The chip `name` on the I²C bus; None on a board without it."""
    if name not in board.CHIPS:
        return None
    from agent.port import bus

    return _driver(name)(bus.i2c())
