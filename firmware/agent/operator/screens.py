"""Pictures of 128 x 64 pixels: the weighing with its three values, and pages of text for the seller.

Digits of weight, unit price and price to pay are 18 pixels high: at least 9.5 mm with the pixels of the board's
displays, which a test computes. Units and signs stand to the right in letters of 3 x 5 pixels, one line below all.
"""

import framebuf
from micropython import const

WIDTH = const(128)
HEIGHT = const(64)
DIGIT_HEIGHT = const(18)

_DIGIT_WIDTH = const(9)
_STROKE = const(2)
_ADVANCE = const(11)
_POINT_ADVANCE = const(4)
_ROWS = (0, 19, 38)
_FIGURES_END = const(98)
_SIDE = const(100)
_LINE_Y = const(59)
_LETTER_WIDTH = const(3)
_LETTER_HEIGHT = const(5)
_LETTER_ADVANCE = const(4)

# Segments of a digit: top, upper right, lower right, bottom, lower left, upper left, middle, from bit 0 on.
_DIGITS = b"\x3f\x06\x5b\x4f\x66\x6d\x7d\x07\x7f\x6f"
_MINUS = const(0x40)

_LETTERS = " 0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ./-=<>+:?kge"
_UNKNOWN = const(45)  # the question mark's place there
# Three columns of each letter, bit 0 on top.
_GLYPHS = (
    b"\x00\x00\x00\x1f\x11\x1f\x12\x1f\x10\x1d\x15\x17\x11\x15\x1f\x07\x04\x1f\x17\x15\x1d\x1f\x15\x1d\x01\x1d\x03"
    b"\x1f\x15\x1f\x17\x15\x1f\x1e\x05\x1e\x1f\x15\x0a\x0e\x11\x11\x1f\x11\x0e\x1f\x15\x15\x1f\x05\x05\x0e\x11\x1d"
    b"\x1f\x04\x1f\x11\x1f\x11\x08\x10\x0f\x1f\x04\x1b\x1f\x10\x10\x1f\x02\x1f\x1f\x01\x1e\x0e\x11\x0e\x1f\x05\x02"
    b"\x0e\x19\x1e\x1f\x05\x1a\x12\x15\x09\x01\x1f\x01\x1f\x10\x1f\x0f\x10\x0f\x1f\x08\x1f\x1b\x04\x1b\x03\x1c\x03"
    b"\x19\x15\x13\x00\x10\x00\x18\x04\x03\x04\x04\x04\x0a\x0a\x0a\x04\x0a\x11\x11\x0a\x04\x04\x0e\x04\x00\x0a\x00"
    b"\x01\x15\x02\x1f\x08\x14\x16\x15\x0f\x0e\x15\x16"
)


class Picture:
    """One picture, drawn again for each display that shows something else: `pixels` are its bytes, eight rows each."""

    def __init__(self):
        self.pixels = bytearray(WIDTH * HEIGHT // 8)
        self._frame = framebuf.FrameBuffer(self.pixels, WIDTH, HEIGHT, framebuf.MONO_VLSB)
        self._letter = bytearray(_LETTER_WIDTH)
        self._glyph = framebuf.FrameBuffer(self._letter, _LETTER_WIDTH, _LETTER_HEIGHT, framebuf.MONO_VLSB)

    def fill(self, dark):
        """Every pixel dark, or none."""
        self._frame.fill(dark)

    def weighing(self, figures, sides, line):
        """Draw weight, unit price and price to pay (`figures`, each "" where it is blank), for each the signs beside it
        (`sides`, up to three short lines), and a line of up to 31 letters below. A figure with letters is a word.
        """
        self._frame.fill(0)
        for place in range(3):
            y = _ROWS[place]
            self._figure(figures[place], y)
            for number, text in enumerate(sides[place]):
                self.small(text, _SIDE, y + 6 * number)
        self.small(line, 0, _LINE_Y)

    def page(self, lines):
        """Draw up to eight lines of up to 16 letters."""
        self._frame.fill(0)
        for number, text in enumerate(lines):
            self._frame.text(text[:16], 0, 8 * number)

    def small(self, text, x, y):
        """Draw letters of 3 x 5 pixels; what has none is a question mark."""
        for letter in text:
            place = _LETTERS.find(letter)
            if place < 0:
                place = _UNKNOWN
            for column in range(_LETTER_WIDTH):
                self._letter[column] = _GLYPHS[_LETTER_WIDTH * place + column]
            self._frame.blit(self._glyph, x, y)
            x += _LETTER_ADVANCE

    def _figure(self, text, y):
        if not all(character in "0123456789.-" for character in text):
            self._frame.text(text, 0, y + 5)
            return
        x = _FIGURES_END - sum(_POINT_ADVANCE if character == "." else _ADVANCE for character in text)
        for character in text:
            if character == ".":
                self._frame.fill_rect(x, y + DIGIT_HEIGHT - _STROKE, _STROKE, _STROKE, 1)
                x += _POINT_ADVANCE
            else:
                self._segments(_MINUS if character == "-" else _DIGITS[int(character)], x, y)
                x += _ADVANCE

    def _segments(self, lit, x, y):
        fill = self._frame.fill_rect
        w, h, s = _DIGIT_WIDTH, DIGIT_HEIGHT, _STROKE
        half = h // 2
        if lit & 1:
            fill(x, y, w, s, 1)
        if lit & 2:
            fill(x + w - s, y, s, half, 1)
        if lit & 4:
            fill(x + w - s, y + half, s, half, 1)
        if lit & 8:
            fill(x, y + h - s, w, s, 1)
        if lit & 16:
            fill(x, y + half, s, half, 1)
        if lit & 32:
            fill(x, y, s, half, 1)
        if lit & 64:
            fill(x, y + half - 1, w, s, 1)
