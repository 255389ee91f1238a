"""Places every part: those of the layout where it says, the others as near as they fit to what they connect with."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from math import hypot, inf
from typing import NamedTuple

from steelyard_hardware import errors
from steelyard_hardware.circuit import GROUND, Circuit, Part
from steelyard_hardware.kicad.layout import Layout
from steelyard_hardware.kicad.library import pads
from steelyard_hardware.kicad.outline import Box, room, turned

_STEP_MM = 0.5
_EDGE_MM = 1.0  # between a part and the board's edge
_GAP_MM = 0.4  # between two parts, for tracks and vias
_HOLE_MM = 4.5  # around a mounting hole's centre: screw head and some air
_ANGLES = (0.0, 90.0, 180.0, 270.0)
_LETTER_MM, _LINE_MM = 1.0, 1.2  # of a test point's words on the silk screen
_FURTHER_MM = 2.0  # how much further to look once a place is found: a shorter connection may be there


class Placed(NamedTuple):
    """Where a part is: origin in millimetres, degrees anticlockwise."""

    x: float
    y: float
    angle: float


Spot = tuple[float, float]


def place(circuit: Circuit, layout: Layout) -> dict[str, Placed]:
    """Return where each part is, by reference. Raises PartDoesNotFit."""
    return _Board(circuit, layout).all()


class _Board:
    def __init__(self, circuit: Circuit, layout: Layout) -> None:
        self.circuit = circuit
        self.layout = layout
        self.placed: dict[str, Placed] = {}
        self.taken = [Box(x - _HOLE_MM, y - _HOLE_MM, x + _HOLE_MM, y + _HOLE_MM) for x, y in layout.holes]
        self.spots: dict[str, list[tuple[str, Spot]]] = {}
        """Pads by net: the block of their part, and where they are."""
        self.used: dict[Spot, int] = {}
        """How many small parts have been put at a pad."""

    def all(self) -> dict[str, Placed]:
        for ref, at in self.layout.parts.items():
            self._put(self.circuit.parts[ref], Placed(*at))
        left = [part for part in self.circuit.parts.values() if part.ref not in self.placed]
        while left:
            left.sort(key=self._order)
            self._put(left[0], self._best(left[0]))
            del left[0]
        return self.placed

    def _order(self, part: Part) -> tuple[bool, bool, float]:
        """Test points last; first those whose nets are placed already, the large ones of them first."""
        box = room(part.kind.footprint, 0)
        return part.kind.bare, not self._targets(part), -(box.right - box.left) * (box.bottom - box.top)

    def _put(self, part: Part, at: Placed) -> None:
        self.placed[part.ref] = at
        self.taken.append(self._room(part, at))
        for number, net in part.nets.items():
            for spot in _spots(part.kind.footprint, number, at):
                self.spots.setdefault(net, []).append((part.block, spot))

    def _room(self, part: Part, at: Placed) -> Box:
        own = self.layout.rooms.get(part.ref)
        box = Box(*own) if own else room(part.kind.footprint, at.angle)
        if part.kind.bare:
            box = _with_words(part, box)
        return Box(at.x + box.left, at.y + box.top, at.x + box.right, at.y + box.bottom)

    def _targets(self, part: Part) -> dict[str, list[Spot]]:
        """Return the pads to be near to, by the part's own net: on a rail only those of the part's own block."""
        found = {}
        for net in part.nets.values():
            if net != GROUND or part.kind.bare:
                near = self.spots.get(net, [])
                if net in self.circuit.rails or net == GROUND:
                    near = [each for each in near if each[0] == part.block] or (near if part.kind.bare else [])
                if near:
                    found[net] = [spot for _, spot in near]
        return found

    def _best(self, part: Part) -> Placed:
        targets = self._targets(part)
        middle = self._middle(part, targets)
        best, lowest, furthest = None, inf, inf
        for distance, x, y in _around(middle):
            if distance > furthest:
                break
            for angle in _ANGLES[:1] if part.kind.bare else _ANGLES:
                at = Placed(x, y, angle)
                if self._free(part, at):
                    furthest = min(furthest, distance + _FURTHER_MM)
                    cost = self._cost(part, at, targets, middle)
                    if cost < lowest:
                        best, lowest = at, cost
        if best is None:
            raise errors.PartDoesNotFit(circuit=self.circuit.name, ref=part.ref, x=middle[0], y=middle[1])
        for spots in targets.values():
            nearest = min(spots, key=lambda spot: hypot(spot[0] - best.x, spot[1] - best.y))
            self.used[nearest] = self.used.get(nearest, 0) + 1
        return best

    def _middle(self, part: Part, targets: dict[str, list[Spot]]) -> Spot:
        """Return about where a part belongs: at those pads of its nets that have the fewest parts, or in its block."""
        firsts = [min(spots, key=lambda spot: (self.used.get(spot, 0), spot)) for spots in targets.values()]
        if not firsts:
            firsts = [
                (at.x, at.y) for ref, at in self.placed.items() if self.circuit.parts[ref].block == part.block
            ] or [(self.layout.size[0] / 2, self.layout.size[1] / 2)]
        x = sum(spot[0] for spot in firsts) / len(firsts)
        y = sum(spot[1] for spot in firsts) / len(firsts)
        return round(x / _STEP_MM) * _STEP_MM, round(y / _STEP_MM) * _STEP_MM

    def _cost(self, part: Part, at: Placed, targets: dict[str, list[Spot]], middle: Spot) -> float:
        """Return the millimetres of connection that the part would need there, and a little for leaving its place."""
        total = 0.1 * hypot(at.x - middle[0], at.y - middle[1])
        if not targets:
            total *= 10
        for number, net in part.nets.items():
            if net in targets:
                for x, y in _spots(part.kind.footprint, number, at):
                    total += min(hypot(x - sx, y - sy) + 2 * self.used.get((sx, sy), 0) for sx, sy in targets[net])
        return total

    def _free(self, part: Part, at: Placed) -> bool:
        box = self._room(part, at)
        board = self.layout.box
        inner = Box(_EDGE_MM, _EDGE_MM, board.right - _EDGE_MM, board.bottom - _EDGE_MM)
        wide = Box(box.left - _GAP_MM, box.top - _GAP_MM, box.right + _GAP_MM, box.bottom + _GAP_MM)
        if not box.within(inner) or any(wide.touches(other) for other in self.taken):
            return False
        for zone in self.layout.zones.values():
            if part.block not in zone.blocks and not part.kind.bare and box.touches(Box(*zone.box)):
                return False
        return True


def _with_words(part: Part, box: Box) -> Box:
    """Return a test point's room with its number above and its net below: both are to be read."""
    half = max(box.right, _LETTER_MM * max(map(len, part.nets.values())) / 2)
    return Box(min(box.left, -half), box.top - _LINE_MM, max(box.right, half), box.bottom + _LINE_MM)


@cache
def _offsets() -> tuple[tuple[float, float, float], ...]:
    """Every place of the raster within 60 mm, the nearest first: distance, x, y."""
    count = int(60 / _STEP_MM)
    raster = [index * _STEP_MM for index in range(-count, count + 1)]
    return tuple(sorted((hypot(x, y), x, y) for x in raster for y in raster))


def _around(middle: Spot) -> Iterator[tuple[float, float, float]]:
    for distance, x, y in _offsets():
        yield distance, middle[0] + x, middle[1] + y


def _spots(name: str, number: str, at: Placed) -> list[Spot]:
    """Return where the pads of that number of a footprint are on the board."""
    found = []
    for pad in pads(name):
        if pad.number == number:
            x, y = turned(pad.x, pad.y, at.angle)
            found.append((round(at.x + x, 4), round(at.y + y, 4)))
    return found
