"""Driver of a display with the ST7567 controller, 128 x 64 pixels, by 4-wire SPI: the scale's three figures.

The weight stands in digits 24 pixels high, unit price and price to pay below it. Both sides of the scale have such a
display and show the same pixels.
"""

import asyncio

import framebuf
from micropython import const

from agent.port import pins

WIDTH = const(128)
HEIGHT = const(64)
_PAGES = const(8)

# Reset, bias 1/9, rows reversed, columns as they are, first line, regulation, contrast; then the power in three steps.
_SETTINGS = b"\xe2\xa2\xc8\xa0\x40\x23\x81\x28"
_POWER = (b"\x2c", b"\x2e", b"\x2f")
_ON = b"\xaf"
_RESET_MS = const(2)
_POWER_MS = const(20)

# Segments of a digit: top, upper right, lower right, bottom, lower left, upper left, middle, from bit 0 on.
_SEGMENTS = {
    "0": 0x3F,
    "1": 0x06,
    "2": 0x5B,
    "3": 0x4F,
    "4": 0x66,
    "5": 0x6D,
    "6": 0x7D,
    "7": 0x07,
    "8": 0x7F,
    "9": 0x6F,
    "-": 0x40,
    " ": 0x00,
}
_DIGIT_W = const(12)
_DIGIT_H = const(24)
_STROKE = const(3)
_ADVANCE = const(16)
_POINT_ADVANCE = const(6)


class Displays:
    """Displays on one bus: `spi` has `write`, `selects` are the pins of their CS; `a0` and `reset` are shared."""

    def __init__(self, spi, selects, a0, reset):
        self._spi = spi
        self._selects = [pins.Output(number) for number in selects]
        self._a0 = pins.Output(a0)
        self._reset = pins.Output(reset)
        self._pixels = bytearray(WIDTH * _PAGES)
        self._frame = framebuf.FrameBuffer(self._pixels, WIDTH, HEIGHT, framebuf.MONO_VLSB)
        for select in self._selects:
            select(1)

    async def start(self):
        """Reset the controllers, power their glass, and show an empty screen."""
        self._reset(0)
        await asyncio.sleep_ms(_RESET_MS)
        self._reset(1)
        await asyncio.sleep_ms(_RESET_MS)
        self._send(_SETTINGS, 0)
        for step in _POWER:
            self._send(step, 0)
            await asyncio.sleep_ms(_POWER_MS)
        self._frame.fill(0)
        self._flush()
        self._send(_ON, 0)

    def show(self, weight, unit_price="", price="", note=""):
        """Show the figures: the weight large, the others and a note in small letters.

        Digits, point, minus and blank are drawn large; a weight with anything else ("LOCKED") in small letters.
        """
        frame = self._frame
        frame.fill(0)
        if all(character in _SEGMENTS or character == "." for character in weight):
            width = sum(_POINT_ADVANCE if character == "." else _ADVANCE for character in weight)
            self._large(weight, max(0, WIDTH - 12 - width), 2)
            frame.text("kg", WIDTH - 16, 18)
        else:
            frame.text(weight[:16], 0, 10)
        frame.text(unit_price[:16], 0, 34)
        frame.text(price[:16], 0, 45)
        frame.text(note[:16], 0, 56)
        self._flush()

    def _large(self, text, x, y):
        fill = self._frame.fill_rect
        w, h, s = _DIGIT_W, _DIGIT_H, _STROKE
        half = h // 2
        for character in text:
            if character == ".":
                fill(x, y + h - s, s, s, 1)
                x += _POINT_ADVANCE
                continue
            lit = _SEGMENTS[character]
            for bit, (left, top, width, height) in enumerate(
                (
                    (0, 0, w, s),
                    (w - s, 0, s, half),
                    (w - s, half, s, half),
                    (0, h - s, w, s),
                    (0, half, s, half),
                    (0, 0, s, half),
                    (0, half - s // 2, w, s),
                )
            ):
                if lit >> bit & 1:
                    fill(x + left, y + top, width, height, 1)
            x += _ADVANCE

    def _flush(self):
        pixels = memoryview(self._pixels)
        for page in range(_PAGES):
            self._send(bytes((0xB0 | page, 0x10, 0x00)), 0)
            self._send(pixels[page * WIDTH : (page + 1) * WIDTH], 1)

    def _send(self, data, is_data):
        self._a0(is_data)
        for select in self._selects:
            select(0)
        self._spi.write(data)
        for select in self._selects:
            select(1)
