"""A picture of a code on a display as a telephone takes it: small, turned, out of focus, noisy."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import zxingcpp

Modules = Sequence[Sequence[int]]

WHITE, LIGHT, DARK = 255, 205, 60  # paper, and what a backlit display gives


def with_quiet_zone(modules: Modules, quiet: int = 4) -> list[list[int]]:
    """The modules with so many light ones on every side."""
    width = len(modules) + 2 * quiet
    empty = [[0] * width for _ in range(quiet)]
    return [*empty, *([0] * quiet + list(row) + [0] * quiet for row in modules), *empty]


def sharp(modules: Modules) -> list[list[int]]:
    """One pixel a module, black on white."""
    return [[0 if dark else WHITE for dark in row] for row in modules]


def photograph(modules: Modules, *, seed: int, degrees: float, pixels: float = 4.0) -> list[list[int]]:
    """`pixels` a module, turned by `degrees` about its middle, blurred over 3 × 3 pixels, with noise."""
    draw = random.Random(seed)
    side = len(modules)
    width = math.ceil(side * pixels * 1.5)
    cosine, sine = math.cos(math.radians(degrees)) / pixels, math.sin(math.radians(degrees)) / pixels
    shift = side / 2 + draw.random()
    picture = [[WHITE] * width for _ in range(width)]
    for y in range(width):
        for x in range(width):
            right, down = x - width / 2, y - width / 2
            column, row = (
                math.floor(right * cosine + down * sine + shift),
                math.floor(down * cosine - right * sine + shift),
            )
            if 0 <= row < side and 0 <= column < side:
                picture[y][x] = DARK if modules[row][column] else LIGHT
    return [[min(255, max(0, round(value + draw.gauss(0, 14)))) for value in line] for line in _blurred(picture)]


def _blurred(picture: list[list[int]]) -> list[list[int]]:
    """The mean of each pixel and its neighbours, first along the lines, then across."""
    for _ in range(2):
        lines = [
            [(a + b + c) // 3 for a, b, c in zip(row[:1] + row, row, row[1:] + row[-1:], strict=False)]
            for row in picture
        ]
        picture = [list(line) for line in zip(*lines, strict=True)]
    return picture


def read(picture: list[list[int]]) -> list[str]:
    """The texts of the codes that an independent reader finds in a grey picture."""
    height, width = len(picture), len(picture[0])
    pixels = memoryview(bytes(value for row in picture for value in row)).cast("B", (height, width))
    return [found.text for found in zxingcpp.read_barcodes(pixels)]
