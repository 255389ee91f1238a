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
_HALF = const(9)
_STROKE = const(2)
_ADVANCE = const(11)
_POINT_ADVANCE = const(4)
# Where the three figures and the line begin; each has its band of rows.
_BANDS = (0, 19, 38, 59)
_BAND_HEIGHT = const(19)
_LINE = const(3)
_FIGURES_END = const(98)
_SIDE = const(100)
_LETTER_WIDTH = const(3)
_LETTER_HEIGHT = const(5)
_LETTER_ADVANCE = const(4)

# Segments of a digit: top, upper right, lower right, bottom, lower left, upper left, middle, from bit 0 on.
_DIGITS = b"\x3f\x06\x5b\x4f\x66\x6d\x7d\x07\x7f\x6f"
_MINUS = const(0x40)

_LETTERS = " 0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ./-=<>+:?kge#"
_UNKNOWN = const(45)  # the question mark's place there
# Three columns of each letter, bit 0 on top.
_GLYPHS = (
    b"\x00\x00\x00\x1f\x11\x1f\x12\x1f\x10\x1d\x15\x17\x11\x15\x1f\x07\x04\x1f\x17\x15\x1d\x1f\x15\x1d\x01\x1d\x03"
    b"\x1f\x15\x1f\x17\x15\x1f\x1e\x05\x1e\x1f\x15\x0a\x0e\x11\x11\x1f\x11\x0e\x1f\x15\x15\x1f\x05\x05\x0e\x11\x1d"
    b"\x1f\x04\x1f\x11\x1f\x11\x08\x10\x0f\x1f\x04\x1b\x1f\x10\x10\x1f\x02\x1f\x1f\x01\x1e\x0e\x11\x0e\x1f\x05\x02"
    b"\x0e\x19\x1e\x1f\x05\x1a\x12\x15\x09\x01\x1f\x01\x1f\x10\x1f\x0f\x10\x0f\x1f\x08\x1f\x1b\x04\x1b\x03\x1c\x03"
    b"\x19\x15\x13\x00\x10\x00\x18\x04\x03\x04\x04\x04\x0a\x0a\x0a\x04\x0a\x11\x11\x0a\x04\x04\x0e\x04\x00\x0a\x00"
    b"\x01\x15\x02\x1f\x08\x14\x16\x15\x0f\x0e\x15\x16\x1f\x0a\x1f"
)


class Picture:
    """One picture, drawn again for each display that shows something else: `pixels` are its bytes, eight rows each."""

    def __init__(self):
        self.pixels = bytearray(WIDTH * HEIGHT // 8)
        self._bands: list = []  # what stands in each band; nothing where the picture is none of a weighing
        self._frame = framebuf.FrameBuffer(self.pixels, WIDTH, HEIGHT, framebuf.MONO_VLSB)
        self._letter = bytearray(_LETTER_WIDTH)
        self._glyph = framebuf.FrameBuffer(self._letter, _LETTER_WIDTH, _LETTER_HEIGHT, framebuf.MONO_VLSB)

    def fill(self, dark):
        """Every pixel dark, or none."""
        self._bands = []
        self._frame.fill(dark)

    def weighing(self, figures, sides, line):
        """Draw weight, unit price and price to pay (`figures`, each "" where it is blank), for each the signs beside it
        (`sides`, up to three short lines), and a line of up to 31 letters below. A figure with letters is a word.

        A band in which nothing has changed since the last weighing is left as it is.
        """
        if not self._bands:
            self.fill(0)
            self._bands = [None] * len(_BANDS)
        for place in range(3):
            if self._changes(place, (figures[place], sides[place])):
                y = _BANDS[place]
                self._figure(figures[place], y)
                for number, text in enumerate(sides[place]):
                    self.small(text, _SIDE, y + 6 * number)
        if self._changes(_LINE, line):
            self.small(line, 0, _BANDS[_LINE])

    def _changes(self, place, content):
        """Whether a band shows something else; then it is empty now."""
        if self._bands[place] == content:
            return False
        self._bands[place] = content
        self._frame.fill_rect(0, _BANDS[place], WIDTH, _BAND_HEIGHT, 0)
        return True

    def page(self, lines, said=""):
        """Draw up to eight lines of up to 16 letters; what is `said` in small ones instead of the last."""
        self.fill(0)
        for number, text in enumerate(lines[:7] if said else lines):
            self._frame.text(text[:16], 0, 8 * number)
        self.small(said, 0, _BANDS[_LINE])

    def code(self, side, bits):
        """Draw a QR code of `side` modules, a pixel each, in the middle: what is around it is its quiet zone."""
        self.fill(0)
        code = framebuf.FrameBuffer(bytearray(bits), side, side, framebuf.MONO_HLSB)
        self._frame.blit(code, (WIDTH - side) // 2, (HEIGHT - side) // 2)

    def small(self, text, x, y):
        """Draw letters of 3 x 5 pixels; what has none is a question mark."""
        columns, glyph, blit = self._letter, self._glyph, self._frame.blit
        for letter in text:
            place = _LETTERS.find(letter)
            if place < 0:
                place = _UNKNOWN
            place *= _LETTER_WIDTH
            # In a loop over the columns this would cost twice as much.
            columns[0] = _GLYPHS[place]
            columns[1] = _GLYPHS[place + 1]
            columns[2] = _GLYPHS[place + 2]
            blit(glyph, x, y)
            x += _LETTER_ADVANCE

    def _figure(self, text, y):
        if text.strip("0123456789.-"):
            self._frame.text(text, 0, y + 5)
            return
        x = _FIGURES_END - _ADVANCE * len(text) + (_ADVANCE - _POINT_ADVANCE) * text.count(".")
        for character in text:
            if character == ".":
                self._frame.fill_rect(x, y + DIGIT_HEIGHT - _STROKE, _STROKE, _STROKE, 1)
                x += _POINT_ADVANCE
            else:
                self._segments(_MINUS if character == "-" else _DIGITS[int(character)], x, y)
                x += _ADVANCE

    def _segments(self, lit, x, y):
        fill = self._frame.fill_rect
        if lit & 1:
            fill(x, y, _DIGIT_WIDTH, _STROKE, 1)
        if lit & 2:
            fill(x + _DIGIT_WIDTH - _STROKE, y, _STROKE, _HALF, 1)
        if lit & 4:
            fill(x + _DIGIT_WIDTH - _STROKE, y + _HALF, _STROKE, _HALF, 1)
        if lit & 8:
            fill(x, y + DIGIT_HEIGHT - _STROKE, _DIGIT_WIDTH, _STROKE, 1)
        if lit & 16:
            fill(x, y + _HALF, _STROKE, _HALF, 1)
        if lit & 32:
            fill(x, y, _STROKE, _HALF, 1)
        if lit & 64:
            fill(x, y + _HALF - 1, _DIGIT_WIDTH, _STROKE, 1)
