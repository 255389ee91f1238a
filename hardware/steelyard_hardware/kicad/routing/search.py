"""The search for one connection: from what a net has already to a pad, or to a place for a via into a plane (A*)."""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heappop, heappush
from typing import NamedTuple

from steelyard_hardware.kicad.routing.grid import THIN, VIA, WIDE, Grid

_VIA_COST = 10.0
_NARROW_COST = 1.5
_CROSS_COST = 12.0
"""Of each node that another net's track must leave."""
_SLANT = 2**0.5


class Wire(NamedTuple):
    """One net's view of the raster: its number, whether its tracks are wide, where they may be thin all the same."""

    net: int
    wide: bool
    near: frozenset[int]


class Step(NamedTuple):
    """A node of a path, and whether the track is thin there."""

    node: int
    thin: bool


class Search:
    """Finds paths for one net. With `crossing` they may lead over other nets' tracks, which must go then."""

    def __init__(self, grid: Grid, wire: Wire, *, crossing: bool, dislike: dict[int, float]) -> None:
        self.grid = grid
        self.wire = wire
        self.crossing = crossing
        self.dislike = dislike

    def cost(self, question: int, node: int) -> float:
        """Return what a node costs beside its length; less than 0 where it cannot be used."""
        owner = self.grid.fixed[question][node]
        if owner and owner != self.wire.net:
            return -1.0
        laid = self.grid.laid[question].get(node)
        if not laid or (len(laid) == 1 and self.wire.net in laid):
            return 0.0
        return _CROSS_COST + self.dislike.get(node, 0.0) if self.crossing else -1.0

    def _run(self, node: int) -> tuple[float, bool]:
        """Return what a track costs at a node, and whether it must be thin there."""
        if self.wire.wide:
            cost = self.cost(WIDE, node)
            if cost >= 0 or node % self.grid.layer not in self.wire.near:
                return cost, False
            cost = self.cost(THIN, node)
            return (cost + _NARROW_COST if cost >= 0 else cost), True
        return self.cost(THIN, node), True

    def via(self, node: int) -> float:
        """Return what a via costs there; less than 0 where none can be."""
        place = node % self.grid.layer
        if self.grid.holes.get(place):
            return -1.0
        above, below = self.cost(VIA, place), self.cost(VIA, place + self.grid.layer)
        return above + below + _VIA_COST if above >= 0 and below >= 0 else -1.0

    def path(self, starts: Iterable[int], ends: frozenset[int]) -> list[Step] | None:
        """Return the cheapest path from one of `starts` to one of `ends`; without ends to the nearest place for a via.

        Where two steps follow on one place, a via joins the layers; where there were no ends, one is at the last step.
        """
        columns, layer = self.grid.columns, self.grid.layer
        left, right, top, bottom = self._target(ends)
        moves = [(d, 1.0) for d in (1, -1, columns, -columns)]
        moves += [(d, _SLANT) for d in (columns + 1, columns - 1, -columns + 1, -columns - 1)]
        best: dict[int, float] = {}
        came: dict[int, tuple[int, bool]] = {}
        heap: list[tuple[float, float, int]] = []
        for node in starts:
            best[node] = 0.0
            heappush(heap, (0.0, 0.0, node))
        done: set[int] = set()
        while heap:
            _, spent, node = heappop(heap)
            if node in done:
                continue
            done.add(node)
            if node in ends or (not ends and self.via(node) >= 0):
                return self._back(node, came)
            steps = [(node + move, length) for move, length in moves]
            change = self.via(node) if ends else -1.0
            if change >= 0:
                steps.append(((node + layer) % (2 * layer), change))
            for after, length in steps:
                if after in done or not 0 <= after < 2 * layer:
                    continue
                cost, thin = self._run(after)
                if cost < 0:
                    continue
                total = spent + length + cost
                if total < best.get(after, 1e9):
                    best[after] = total
                    came[after] = (node, thin)
                    row, column = divmod(after % layer, columns)
                    dx = max(left - column, 0, column - right)
                    dy = max(top - row, 0, row - bottom)
                    ahead = max(dx, dy) + 0.414 * min(dx, dy) if ends else 0.0
                    heappush(heap, (total + ahead, total, after))
        return None

    def _target(self, ends: frozenset[int]) -> tuple[int, int, int, int]:
        places = [divmod(end % self.grid.layer, self.grid.columns) for end in ends] or [(0, 0)]
        rows, columns = [row for row, _ in places], [column for _, column in places]
        return min(columns), max(columns), min(rows), max(rows)

    def _back(self, node: int, came: dict[int, tuple[int, bool]]) -> list[Step]:
        path = []
        thin = self._run(node)[1]
        while True:
            path.append(Step(node, thin))
            if node not in came:
                return path[::-1]
            node, thin = came[node][0], self._run(came[node][0])[1]
