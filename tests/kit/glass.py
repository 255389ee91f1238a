"""Reads a display as somebody in front of it does: large digits by their segments, letters by their shapes.

The places are those of docs/firmware.md; the tables are this file's own, so that a wrong digit on the scale is seen.
"""

from __future__ import annotations

import subprocess
from functools import cache

from steelyard_simulator.interpreter import executable

WIDTH, HEIGHT = 128, 64
ROWS = (0, 19, 38)
DIGIT_HEIGHT = 18
FIGURES_END = 98
SIDE = 100
LINE_Y = 59
# Which segments of a digit are lit: top, upper right, lower right, bottom, lower left, upper left, middle.
SEGMENTS = {
    "1110111": "?", "1111110": "0", "0110000": "1", "1101101": "2", "1111001": "3", "0110011": "4",
    "1011011": "5", "1011111": "6", "1110000": "7", "1111111": "8", "1111011": "9", "0000001": "-",
}  # fmt: skip
PROBES = ((4, 0), (8, 4), (8, 13), (4, 17), (0, 13), (0, 4), (4, 8))
DRAWN = """\
 0    1    2    3    4    5    6    7    8    9    A    B
###  .#.  ###  ###  #.#  ###  ###  ###  ###  ###  .#.  ##.
#.#  ##.  ..#  ..#  #.#  #..  #..  ..#  #.#  #.#  #.#  #.#
#.#  .#.  ###  .##  ###  ###  ###  .#.  ###  ###  ###  ##.
#.#  .#.  #..  ..#  ..#  ..#  #.#  .#.  #.#  ..#  #.#  #.#
###  ###  ###  ###  ..#  ###  ###  .#.  ###  ###  #.#  ##.
 C    D    E    F    G    H    I    J    K    L    M    N
.##  ##.  ###  ###  .##  #.#  ###  ..#  #.#  #..  #.#  ##.
#..  #.#  #..  #..  #..  #.#  .#.  ..#  #.#  #..  ###  #.#
#..  #.#  ###  ###  #.#  ###  .#.  ..#  ##.  #..  #.#  #.#
#..  #.#  #..  #..  #.#  #.#  .#.  #.#  #.#  #..  #.#  #.#
.##  ##.  ###  #..  .##  #.#  ###  .#.  #.#  ###  #.#  #.#
 O    P    Q    R    S    T    U    V    W    X    Y    Z
.#.  ##.  .#.  ##.  .##  ###  #.#  #.#  #.#  #.#  #.#  ###
#.#  #.#  #.#  #.#  #..  .#.  #.#  #.#  #.#  #.#  #.#  ..#
#.#  ##.  #.#  ##.  .#.  .#.  #.#  #.#  #.#  .#.  .#.  .#.
#.#  #..  ###  #.#  ..#  .#.  #.#  #.#  ###  #.#  .#.  #..
.#.  #..  .##  #.#  ##.  .#.  ###  .#.  #.#  #.#  .#.  ###
 .    /    -    =    <    >    +    :    ?    k    g    e
...  ..#  ...  ...  ..#  #..  ...  ...  ##.  #..  .##  .#.
...  ..#  ...  ###  .#.  .#.  .#.  .#.  ..#  #..  #.#  #.#
...  .#.  ###  ...  #..  ..#  ###  ...  .#.  #.#  ###  ###
...  #..  ...  ###  .#.  .#.  .#.  .#.  ...  ##.  ..#  #..
.#.  #..  ...  ...  ..#  #..  ...  ...  .#.  #.#  ##.  .##
 #
#.#
###
#.#
###
#.#
"""
SHAPES = """
import framebuf
def shape(text, size, draw):
    pixels = bytearray(8)
    draw(framebuf.FrameBuffer(pixels, 8, 8, framebuf.MONO_VLSB), text)
    print(ord(text), pixels[:size].hex())
for code in range(33, 127):
    shape(chr(code), 8, lambda frame, text: frame.text(text, 0, 0))
"""


class Glass:
    """One display's picture, 1,024 bytes."""

    def __init__(self, pixels: bytes | None) -> None:
        assert pixels is not None, "the display shows nothing"
        self.pixels = pixels

    def dark(self, x: int, y: int) -> bool:
        """Whether a pixel is dark."""
        return bool(self.pixels[y // 8 * WIDTH + x] >> (y % 8) & 1)

    def column(self, x: int, y: int, height: int) -> int:
        """So many pixels below one another, the topmost in bit 0."""
        return sum(self.dark(x, y + row) << row for row in range(height) if y + row < HEIGHT)

    @property
    def figures(self) -> list[str]:
        """Weight, unit price and price to pay: digits, a word, or "" where it is blank."""
        return [self._figure(y) for y in ROWS]

    def _figure(self, y: int) -> str:
        if word := self.text(0, y + 5):
            return word
        found, x = "", 0
        while x < FIGURES_END:
            if not self.column(x, y, DIGIT_HEIGHT):
                x += 1
            elif self.column(x, y, DIGIT_HEIGHT) == 3 << 16 and not self.column(x + 2, y, DIGIT_HEIGHT):
                found, x = found + ".", x + 2
            else:
                x = self._digit_start(x, y)
                lit = "".join("01"[self.dark(x + dx, y + dy)] for dx, dy in PROBES)
                found, x = found + SEGMENTS[lit], x + 11
        return found

    def _digit_start(self, x: int, y: int) -> int:
        """A one has its right side only."""
        return x - 7 if all(not self.column(x + step, y, DIGIT_HEIGHT) for step in range(2, 4)) else x

    def text(self, x: int, y: int) -> str:
        """Letters of 8 x 8 pixels from a place on; "" where something else stands there."""
        found = ""
        for start in range(x, WIDTH - 7, 8):
            shape = bytes(self.column(start + step, y, 8) for step in range(8))
            if not any(shape):
                found += " "
            elif shape in letters():
                found += letters()[shape]
            else:
                break
        return found.rstrip()

    @property
    def page(self) -> list[str]:
        """Eight lines of a page of text."""
        return [self.text(0, 8 * line) for line in range(8)]

    def _small(self, x: int, y: int) -> str:
        found = ""
        for start in range(x, WIDTH - 2, 4):
            found += small_letters().get(bytes(self.column(start + step, y, 5) for step in range(3)), "?")
        return found.rstrip()

    @property
    def sides(self) -> list[list[str]]:
        """The signs beside weight, unit price and price."""
        return [[text for line in range(3) if (text := self._small(SIDE, y + 6 * line))] for y in ROWS]

    @property
    def line(self) -> str:
        """The line at the bottom."""
        return self._small(0, LINE_Y)


@cache
def letters() -> dict[bytes, str]:
    """MicroPython's own letters by their shapes."""
    done = subprocess.run([executable(), "-c", SHAPES], capture_output=True, text=True, check=True)
    rows = [line.split() for line in done.stdout.splitlines()]
    return {bytes.fromhex(shape): chr(int(code)) for code, shape in rows}


@cache
def small_letters() -> dict[bytes, str]:
    """The letters of 3 x 5 pixels by their columns, from their drawings."""
    found = {bytes(3): " "}
    drawn = DRAWN.splitlines()
    for top in range(0, len(drawn), 6):
        for place in range(0, len(drawn[top + 1]), 5):
            rows = [line[place : place + 3] for line in drawn[top + 1 : top + 6]]
            shape = bytes(sum((row[column] == "#") << at for at, row in enumerate(rows)) for column in range(3))
            found[shape] = drawn[top][place + 1]
    return found
