"""What is on a placed board already: the copper of every pad, holes, and where no copper may be."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from math import hypot
from typing import NamedTuple

from steelyard_hardware.circuit import GROUND, Circuit
from steelyard_hardware.kicad.layout import Layout
from steelyard_hardware.kicad.library import footprint
from steelyard_hardware.kicad.outline import Box, around, turned
from steelyard_hardware.kicad.placement import Placed
from steelyard_hardware.kicad.sexpr import Tree, child, children, numbers


class Shape(NamedTuple):
    """A pad as a box around its copper; `through` for one that is on both outer layers."""

    number: str
    box: Box
    through: bool


class Copper(NamedTuple):
    """A pad on the board and the net that it is on; no net for a bare hole and for a pad left open."""

    net: str
    box: Box
    through: bool


def pads_of(circuit: Circuit, layout: Layout, places: dict[str, Placed]) -> Iterator[Copper]:
    """Yield every pad of the board with its net, in order."""
    for ref, part in circuit.parts.items():
        for shape in _turned(part.kind.footprint, places[ref].angle):
            yield Copper(part.nets.get(shape.number, ""), _moved(shape.box, places[ref]), shape.through)
    for x, y in layout.holes:
        for shape in _turned(layout.hole, 0.0):
            yield Copper(GROUND if shape.number else "", _moved(shape.box, Placed(x, y, 0)), shape.through)


def forbidden(circuit: Circuit, layout: Layout, places: dict[str, Placed]) -> Iterator[Box]:
    """Yield the boxes without copper: the layout's, and those within footprints."""
    for edges in layout.keepouts.values():
        yield Box(*edges)
    for ref, part in circuit.parts.items():
        for zone in children(footprint(part.kind.footprint) or [], "zone"):
            rules = child(zone, "keepout")
            tracks = child(rules, "tracks") if rules else None
            if tracks and tracks[1] == "not_allowed":
                for polygon in children(zone, "polygon"):
                    yield _moved(_box(polygon, places[ref].angle), places[ref])


def _box(polygon: Tree, angle: float) -> Box:
    points = [numbers(point) for pts in children(polygon, "pts") for point in children(pts, "xy")]
    return around([turned(point[0], point[1], angle) for point in points])


def _moved(box: Box, at: Placed) -> Box:
    return Box(at.x + box.left, at.y + box.top, at.x + box.right, at.y + box.bottom)


@cache
def _turned(name: str, angle: float) -> tuple[Shape, ...]:
    """Return the copper of a footprint that is turned."""
    found = []
    for pad in children(footprint(name) or [], "pad"):
        layers, at, size = child(pad, "layers"), child(pad, "at"), child(pad, "size")
        if not (layers and at and size) or not any(str(layer).endswith(".Cu") for layer in layers[1:]):
            continue
        x, y, *own = numbers(at)
        middle = turned(x, y, angle)
        corners = [turned(px, py, angle + sum(own)) for px, py in _points(pad, *numbers(size)[:2])]
        box = around([(middle[0] + px, middle[1] + py) for px, py in corners])
        found.append(Shape(str(pad[1]), box, through=pad[2] != "smd"))
    return tuple(found)


def _points(pad: Tree, width: float, height: float) -> list[tuple[float, float]]:
    points = [(x * width / 2, y * height / 2) for x in (-1, 1) for y in (-1, 1)]
    for shapes in children(pad, "primitives"):
        for shape in shapes[1:]:
            if isinstance(shape, list):
                centre, end = child(shape, "center"), child(shape, "end")
                if centre and end:
                    (x, y), (ex, ey) = numbers(centre)[:2], numbers(end)[:2]
                    radius = hypot(ex - x, ey - y)
                    points += [(x - radius, y - radius), (x + radius, y + radius)]
                for pts in children(shape, "pts"):
                    points += [(numbers(point)[0], numbers(point)[1]) for point in children(pts, "xy")]
    return points
