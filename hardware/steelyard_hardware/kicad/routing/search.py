"""The search for one connection: from what a net has already to a pad, or to a place for a via into a plane (A*)."""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heappop, heappush
from math import inf
from typing import NamedTuple

from steelyard_hardware.kicad.routing.grid import THIN, VIA, WIDE, Grid

_VIA_COST = 10.0
_NARROW_COST = 1.5
_CROSS_COST = 12.0
"""Of each node that another net's track must leave."""
_ENOUGH = 12_000
"""Nodes looked at without crossing another net: a way that is longer is dearer than to move that net."""
_STUB_COST = 4.0
"""Of a node beside a slanted track of the same net."""


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
    """Finds paths for one net. With `crossing` they may lead over other nets' tracks, which must go then.

    The raster must stay as it is as long as a search is used: what a node costs is asked once.
    """

    def __init__(self, grid: Grid, wire: Wire, *, crossing: bool, dislike: dict[int, float]) -> None:
        self.grid = grid
        self.wire = wire
        self.crossing = crossing
        self.dislike = dislike
        self.runs: dict[int, float] = {}
        """What a track costs at each node that was asked for; less than 0 where none can be."""
        self.vias: dict[int, float] = {}
        """The same of vias, by place."""

    def path(self, starts: Iterable[int], ends: frozenset[int]) -> list[Step] | None:
        """Return the cheapest path from one of `starts` to one of `ends`; without ends to the nearest place for a via.

        Without `crossing` the search ends early, with nothing, where a way would be very long.
        Where two steps follow on one place, a via joins the layers; where there were no ends, one is at the last step.
        """
        target = self._target(ends)
        best = dict.fromkeys(starts, 0.0)
        came: dict[int, int] = {}
        heap = [(0.0, 0.0, node) for node in best]
        done: set[int] = set()
        while heap:
            _, spent, node = heappop(heap)
            if node in done:
                continue
            done.add(node)
            if len(done) > _ENOUGH and not self.crossing:
                return None
            if node in ends or (not ends and self._via(node) >= 0):
                return self._back(node, came)
            for after, cost in self._steps(node, change=bool(ends)):
                total = cost - spent  # spent is held below zero: of two equal ways the longer one is nearer to its end
                if total < best.get(after, inf):
                    best[after] = total
                    came[after] = node
                    heappush(heap, (total + self._ahead(after, target), -total, after))
        return None

    def shun(self, nodes: Iterable[int]) -> None:
        """Make nodes dearer for the next paths of this search."""
        for node in nodes:
            if (cost := self._run(node)[0]) >= 0:
                self.runs[node] = cost + _STUB_COST

    def _steps(self, node: int, *, change: bool) -> list[tuple[int, float]]:
        """Return the nodes that a track can go to from a node, with what each step costs."""
        runs, found = self.runs, []
        for move, length in self.grid.moves:
            after = node + move
            cost = runs.get(after)
            if cost is None:
                cost = self._known(after)
            if cost >= 0:
                found.append((after, length + cost))
        if change and (via := self._via(node)) >= 0:
            other = (node + self.grid.layer) % (2 * self.grid.layer)
            if (cost := self._known(other)) >= 0:
                found.append((other, via + cost))
        return found

    def _known(self, node: int) -> float:
        if node not in self.runs:
            self.runs[node] = self._run(node)[0] if 0 <= node < 2 * self.grid.layer else -1.0
        return self.runs[node]

    def _run(self, node: int) -> tuple[float, bool]:
        """Return what a track costs at a node, and whether it must be thin there."""
        if self.wire.wide:
            cost = self._cost(WIDE, node)
            if cost >= 0 or node % self.grid.layer not in self.wire.near:
                return cost, False
            cost = self._cost(THIN, node)
            return (cost + _NARROW_COST if cost >= 0 else cost), True
        return self._cost(THIN, node), True

    def _via(self, node: int) -> float:
        """Return what a via costs there; less than 0 where none can be."""
        place = node % self.grid.layer
        if place not in self.vias:
            above, below = self._cost(VIA, place), self._cost(VIA, place + self.grid.layer)
            possible = above >= 0 and below >= 0 and not self.grid.holes.get(place)
            self.vias[place] = above + below + _VIA_COST if possible else -1.0
        return self.vias[place]

    def _cost(self, question: int, node: int) -> float:
        """Return what a node costs beside its length; less than 0 where it cannot be used."""
        owner = self.grid.fixed[question][node]
        if owner and owner != self.wire.net:
            return -1.0
        laid = self.grid.laid[question].get(node)
        if not laid or (len(laid) == 1 and self.wire.net in laid):
            return 0.0
        return _CROSS_COST + self.dislike.get(node, 0.0) if self.crossing else -1.0

    def _target(self, ends: frozenset[int]) -> tuple[int, int, int, int] | None:
        """Return the box around the ends: first and last column, first and last row."""
        places = [divmod(end % self.grid.layer, self.grid.columns) for end in ends]
        if not places:
            return None
        rows, columns = [row for row, _ in places], [column for _, column in places]
        return min(columns), max(columns), min(rows), max(rows)

    def _ahead(self, node: int, target: tuple[int, int, int, int] | None) -> float:
        """Return the least that the way from a node to the target can cost."""
        if target is None:
            return 0.0
        left, right, top, bottom = target
        row, column = divmod(node % self.grid.layer, self.grid.columns)
        dx = left - column if column < left else max(column - right, 0)
        dy = top - row if row < top else max(row - bottom, 0)
        return dx + 0.414 * dy if dx > dy else dy + 0.414 * dx

    def _back(self, node: int, came: dict[int, int]) -> list[Step]:
        path = [Step(node, self._run(node)[1])]
        while node in came:
            node = came[node]
            path.append(Step(node, self._run(node)[1]))
        return path[::-1]
