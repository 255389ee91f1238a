"""The raster in which tracks run, and which net may use which of its nodes.

A node is a number: layer (0 above, 1 below), row, column. Three questions are asked of it: may a thin track run here, a
wide one, may a via be here? Pads, edges and keep-outs answer for good (`fixed`), tracks as long as they lie there.
"""

from __future__ import annotations

from array import array
from functools import cache
from math import ceil, floor, hypot

from steelyard_hardware.kicad.outline import Box
from steelyard_hardware.kicad.routing.copper import Copper

STEP_MM = 0.25
THIN, WIDE, VIA = 0, 1, 2
HALF_MM = (0.1, 0.25, 0.3)
"""Half of a thin track, a wide track, a via."""
VIA_HOLE_MM = 0.3
_CLEARANCE_MM = 0.212  # 0.2 and a little: two slant tracks are nearer to one another than their nodes
# From the middle of each to a pad: between two nodes a slant track comes nearer to a corner than the nodes are.
_TO_PAD_MM = (0.31, 0.45, 0.51)
_TO_EDGE_MM = (0.5, 0.65, 0.7)
_TO_HOLE_MM = 0.61  # from the middle of one via to that of another: 0.3 mm of board between their holes
_LARGE_PAD_MM = 1.5  # a via may be in a pad that large: those under chips need it for their heat
_NOBODY = -1


class Grid:
    """The raster of one board."""

    def __init__(self, board: Box, pads: list[Copper], keepouts: list[Box], nets: dict[str, int]) -> None:
        self.columns = floor(board.right / STEP_MM) + 1
        self.rows = floor(board.bottom / STEP_MM) + 1
        self.layer = self.columns * self.rows
        slant = [(way, 2**0.5) for way in (self.columns + 1, self.columns - 1, 1 - self.columns, -1 - self.columns)]
        self.moves = [(way, 1.0) for way in (1, -1, self.columns, -self.columns)] + slant
        """From a node to its eight neighbours, and how far each is in steps."""
        self.fixed = [array("i", bytes(4 * 2 * self.layer)) for _ in HALF_MM]
        """By question: 0 for all nets, a net's number for that net only, -1 for none."""
        self.laid: list[dict[int, dict[int, int]]] = [{} for _ in HALF_MM]
        """By question: how many things of which net keep a node from others."""
        self.holes: dict[int, int] = {}
        """How many holes keep a place (row and column) from other holes."""
        for pad in pads:
            self._pad(pad, nets.get(pad.net, _NOBODY))
        for question in (THIN, WIDE, VIA):
            for box in keepouts:
                self._block(question, _wider(box, HALF_MM[question] + 0.05), (0, 1), _NOBODY)
            self._edges(question, board)

    def node(self, x: float, y: float, layer: int) -> int:
        """Return the node nearest to a point in millimetres."""
        return layer * self.layer + round(y / STEP_MM) * self.columns + round(x / STEP_MM)

    def place(self, node: int) -> tuple[float, float]:
        """Return where a node is, in millimetres."""
        row, column = divmod(node % self.layer, self.columns)
        return column * STEP_MM, row * STEP_MM

    def inside(self, box: Box, layer: int) -> list[int]:
        """Return the nodes within a box; the nearest to its middle where there is none."""
        found = [
            layer * self.layer + row * self.columns + column
            for row in range(ceil(box.top / STEP_MM - 1e-6), floor(box.bottom / STEP_MM + 1e-6) + 1)
            for column in range(ceil(box.left / STEP_MM - 1e-6), floor(box.right / STEP_MM + 1e-6) + 1)
        ]
        return found or [self.node((box.left + box.right) / 2, (box.top + box.bottom) / 2, layer)]

    def lay(self, net: int, node: int, half: float, step: int) -> None:
        """Keep others from a track or via of `net` at a node (step 1), or no longer (step -1)."""
        for question in (THIN, WIDE, VIA):
            laid = self.laid[question]
            for offset in disc(half + HALF_MM[question] + _CLEARANCE_MM, self.columns):
                owners = laid.setdefault(node + offset, {})
                owners[net] = owners.get(net, 0) + step
                if not owners[net]:
                    del owners[net]
                    if not owners:
                        del laid[node + offset]

    def drill(self, node: int, step: int) -> None:
        """Keep other holes from a hole, or no longer."""
        for offset in disc(_TO_HOLE_MM, self.columns):
            place = node % self.layer + offset
            self.holes[place] = self.holes.get(place, 0) + step

    def _pad(self, pad: Copper, net: int) -> None:
        layers = (0, 1) if pad.through else (0,)
        for question in (THIN, WIDE, VIA):
            where = (0, 1) if question == VIA else layers
            self._block(question, _wider(pad.box, _TO_PAD_MM[question]), where, net)
        small = min(pad.box.right - pad.box.left, pad.box.bottom - pad.box.top) < _LARGE_PAD_MM
        if pad.through or small:
            self._block(VIA, _wider(pad.box, 0.35), (0, 1), _NOBODY)

    def _edges(self, question: int, board: Box) -> None:
        margin = _TO_EDGE_MM[question]
        far = Box(-1, -1, board.right + 1, board.bottom + 1)
        for box in (
            far._replace(right=margin),
            far._replace(bottom=margin),
            far._replace(left=board.right - margin),
            far._replace(top=board.bottom - margin),
        ):
            self._block(question, box, (0, 1), _NOBODY)

    def _block(self, question: int, box: Box, layers: tuple[int, ...], net: int) -> None:
        """Give the nodes strictly inside a box to a net; to none where another had them."""
        fixed = self.fixed[question]
        left, right = max(0, floor(box.left / STEP_MM) + 1), min(self.columns, ceil(box.right / STEP_MM))
        top, bottom = max(0, floor(box.top / STEP_MM) + 1), min(self.rows, ceil(box.bottom / STEP_MM))
        for layer in layers:
            for row in range(top, bottom):
                start = layer * self.layer + row * self.columns
                for node in range(start + left, start + right):
                    fixed[node] = net if fixed[node] in (0, net) else _NOBODY


@cache
def disc(radius: float, columns: int) -> tuple[int, ...]:
    """Return the steps from a node to all that are nearer than `radius` millimetres."""
    reach = floor(radius / STEP_MM)
    raster = range(-reach, reach + 1)
    return tuple(dy * columns + dx for dy in raster for dx in raster if hypot(dx, dy) * STEP_MM < radius)


def _wider(box: Box, by: float) -> Box:
    return Box(box.left - by, box.top - by, box.right + by, box.bottom + by)
