"""How much room a footprint takes: its courtyard as a box, and how boxes and points turn with it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from math import cos, radians, sin
from typing import NamedTuple

from steelyard_hardware.kicad.library import footprint, pads
from steelyard_hardware.kicad.sexpr import Tree, child, children, numbers

_BARE_MARGIN = 0.5  # around the pads of a footprint without a courtyard
_COURTYARDS = ("F.CrtYd", "B.CrtYd")
_POINTS = ("start", "mid", "end")


class Box(NamedTuple):
    """A rectangle in millimetres; y grows downwards, as in KiCad."""

    left: float
    top: float
    right: float
    bottom: float

    def touches(self, other: Box) -> bool:
        """Tell whether the two overlap."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )

    def within(self, other: Box) -> bool:
        """Tell whether all of this box lies in `other`."""
        return (
            self.left >= other.left
            and self.right <= other.right
            and self.top >= other.top
            and self.bottom <= other.bottom
        )


def around(points: list[tuple[float, float]]) -> Box:
    """Return the smallest box that holds the points."""
    return Box(
        min(x for x, _ in points), min(y for _, y in points), max(x for x, _ in points), max(y for _, y in points)
    )


def turned(x: float, y: float, angle: float) -> tuple[float, float]:
    """Return a point of a footprint after a turn of `angle` degrees, anticlockwise on the screen."""
    c, s = cos(radians(angle)), sin(radians(angle))
    return x * c + y * s, y * c - x * s


@cache
def courtyard(name: str) -> Box:
    """Return the box around a footprint's courtyard, from its origin."""
    tree = footprint(name) or []
    points = [point for item in tree if isinstance(item, list) for point in _courtyard_points(item)]
    if not points:
        points = [(pad.x + dx, pad.y + dx) for pad in pads(name) for dx in (-_BARE_MARGIN - 0.75, _BARE_MARGIN + 0.75)]
    return around(points)


@cache
def room(name: str, angle: float) -> Box:
    """Return the courtyard's box of a footprint that is turned."""
    box = courtyard(name)
    return around([turned(x, y, angle) for x in (box.left, box.right) for y in (box.top, box.bottom)])


def _courtyard_points(item: Tree) -> Iterator[tuple[float, float]]:
    layer = child(item, "layer")
    if not layer or layer[1] not in _COURTYARDS:
        return
    for name in _POINTS:
        for point in children(item, name):
            x, y = numbers(point)[:2]
            yield x, y
    for points in children(item, "pts"):
        for point in children(points, "xy"):
            x, y = numbers(point)[:2]
            yield x, y
    centre, end = child(item, "center"), child(item, "end")
    if centre and end:
        (x, y), (ex, ey) = numbers(centre)[:2], numbers(end)[:2]
        radius = ((ex - x) ** 2 + (ey - y) ** 2) ** 0.5
        yield x - radius, y - radius
        yield x + radius, y + radius
