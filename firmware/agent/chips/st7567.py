"""Driver of displays with the ST7567 controller, 128 x 64 pixels, by 4-wire SPI: vendor's and customer's on one bus."""

import asyncio

from micropython import const

from agent.port import pins

_WIDTH = const(128)
_PAGES = const(8)

# Reset, bias 1/9, rows reversed, columns as they are, first line, regulation, contrast; then the power in three steps.
_SETTINGS = b"\xe2\xa2\xc8\xa0\x40\x23\x81\x28"
_POWER = (b"\x2c", b"\x2e", b"\x2f")
_ON = b"\xaf"
_POWER_MS = const(20)


class Displays:
    """Displays on one bus: `spi` has `write`, `selects` are the pins of their CS; `a0` is shared.

    A picture is 1,024 bytes, a byte for eight pixels below one another, as `framebuf.MONO_VLSB` has it.
    """

    def __init__(self, spi, selects, a0):
        self._spi = spi
        self._selects = [pins.Output(number) for number in selects]
        self._a0 = pins.Output(a0)
        for select in self._selects:
            select(1)

    async def start(self, picture):
        """Set the controllers up, power their glass, and show this picture on all displays.

        They were reset with the power; where the agent alone starts again, the first of the settings does it.
        """
        self._send(self._selects, _SETTINGS, 0)
        for step in _POWER:
            self._send(self._selects, step, 0)
            await asyncio.sleep_ms(_POWER_MS)
        self.show(picture)
        self._send(self._selects, _ON, 0)

    def show(self, picture, place=None):
        """Show a picture on the display at `place` of the selects, or on all."""
        selects = self._selects if place is None else self._selects[place : place + 1]
        pixels = memoryview(picture)
        for page in range(_PAGES):
            self._send(selects, bytes((0xB0 | page, 0x10, 0x00)), 0)
            self._send(selects, pixels[page * _WIDTH : (page + 1) * _WIDTH], 1)

    def _send(self, selects, data, is_data):
        self._a0(is_data)
        for select in selects:
            select(0)
        self._spi.write(data)
        for select in selects:
            select(1)
