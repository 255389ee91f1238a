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


def on_i2c(name):
    """The chip `name` on the I²C bus; None on a board without it."""
    if name not in board.CHIPS:
        return None
    from agent.port import bus

    return _driver(name)(bus.i2c())
