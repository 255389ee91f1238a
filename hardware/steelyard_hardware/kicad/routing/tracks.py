"""What was routed, as KiCad's segments and vias."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from steelyard_hardware.kicad.identity import uuid
from steelyard_hardware.kicad.instance import point
from steelyard_hardware.kicad.routing.grid import HALF_MM, THIN, VIA, VIA_HOLE_MM, WIDE, Grid
from steelyard_hardware.kicad.routing.router import Result, Routed
from steelyard_hardware.kicad.routing.search import Step
from steelyard_hardware.kicad.sexpr import Text, Tree, mm

_LAYERS = ("F.Cu", "B.Cu")


def tracks(board: str, result: Result, nets: dict[str, int]) -> Iterator[Tree]:
    """Yield every segment and via of a routed board."""
    for number, piece in enumerate(result.pieces):
        yield from _segments(f"{board}/{number}", result.grid, piece, nets[piece.net])
        for count, place in enumerate(piece.vias):
            x, y = result.grid.place(place)
            yield [
                "via", point("at", x, y), ["size", mm(2 * HALF_MM[VIA])], ["drill", mm(VIA_HOLE_MM)],
                ["layers", *map(Text, _LAYERS)], ["net", str(nets[piece.net])],
                uuid(board, "via", str(number), str(count)),
            ]  # fmt: skip


def _segments(name: str, grid: Grid, piece: Routed, net: int) -> Iterator[Tree]:
    count = 0
    for path in piece.paths:
        for first, last, half in _straight(grid, path):
            count += 1
            yield [
                "segment", point("start", *grid.place(first)), point("end", *grid.place(last)),
                ["width", mm(2 * half)], ["layer", Text(_LAYERS[first // grid.layer])], ["net", str(net)],
                uuid(name, "segment", str(count)),
            ]  # fmt: skip


def _straight(grid: Grid, path: list[Step]) -> Iterator[tuple[int, int, float]]:
    """Yield the pieces of a path between two bends, two layers or two widths: first and last node, half the width."""
    start, direction, half = -1, 0, 0.0
    for one, other in pairwise(path):
        move = other.node - one.node
        width = HALF_MM[THIN if one.thin or other.thin else WIDE]
        bend = (move, width) != (direction, half)
        if start >= 0 and bend:
            yield start, one.node, half
            start = -1
        if abs(move) >= grid.layer:
            start, direction = -1, 0
        elif start < 0:
            start, direction, half = one.node, move, width
    if start >= 0:
        yield start, path[-1].node, half
