"""Routes every net in turn. One that finds no way takes it from others, which then look for another."""

from __future__ import annotations

from collections import Counter, deque
from itertools import pairwise
from math import hypot
from typing import NamedTuple

from steelyard_hardware.circuit import Circuit
from steelyard_hardware.kicad.layout import Layout
from steelyard_hardware.kicad.outline import Box
from steelyard_hardware.kicad.placement import Placed
from steelyard_hardware.kicad.routing.copper import Copper, forbidden, pads_of
from steelyard_hardware.kicad.routing.grid import HALF_MM, STEP_MM, THIN, VIA, WIDE, Grid, disc
from steelyard_hardware.kicad.routing.search import Search, Step, Wire

_NEAR_MM = 2.0  # how far from its pads a wide track may be thin
_ROUND = 0.2  # of a pad's width at each side: a track that ends there may miss its round corner
_DISLIKE = 6.0  # how much dearer a node becomes each time it is fought for
_TURNS_EACH = 25  # turns for each net: more than that and the board is too full


class Routed(NamedTuple):
    """A piece of a net: a pad's way into its plane, or all of the net. Paths of steps, and where vias are."""

    net: str
    paths: list[list[Step]]
    vias: list[int]


class Result(NamedTuple):
    """What was routed, in order, in the raster's nodes; and the nets that found no way."""

    grid: Grid
    pieces: list[Routed]
    failed: list[str]


class _Job(NamedTuple):
    net: str
    pads: tuple[Copper, ...]
    plane: bool


def route(
    circuit: Circuit, layout: Layout, places: dict[str, Placed], planes: set[str], wide: set[str], nets: dict[str, int]
) -> Result:
    """Return tracks and vias for a placed board. The same board gives the same tracks.

    `planes` are nets that each pad reaches by a via, `wide` those with wide tracks, `nets` the number of each net.
    """
    return _Router(circuit, layout, places, planes, wide, nets).all()


class _Router:
    def __init__(
        self, circuit: Circuit, layout: Layout, places: dict[str, Placed], planes: set[str], wide: set[str],
        nets: dict[str, int],
    ) -> None:  # fmt: skip
        self.numbers = nets
        pads = list(pads_of(circuit, layout, places))
        self.grid = Grid(layout.box, pads, list(forbidden(circuit, layout, places)), nets)
        self.wide = wide
        self.dislike: dict[int, float] = {}
        self.done: dict[int, Routed] = {}
        self.jobs = _jobs(pads, planes)

    def all(self) -> Result:
        queue = deque(range(len(self.jobs)))
        turns = _TURNS_EACH * len(self.jobs)
        failed: list[str] = []
        while queue and turns:
            turns -= 1
            number = queue.popleft()
            found = self._route(self.jobs[number], crossing=False) or self._route(self.jobs[number], crossing=True)
            if found is None:
                failed.append(self.jobs[number].net)
                continue
            for other in self._crossed(number, found):
                self._lay(self.done.pop(other), -1)
                queue.append(other)
            self._lay(found, 1)
            self.done[number] = found
        failed += [self.jobs[number].net for number in queue]
        return Result(self.grid, [self.done[number] for number in sorted(self.done)], sorted(set(failed)))

    def _route(self, job: _Job, *, crossing: bool) -> Routed | None:
        grid = self.grid
        ends = [self._nodes(pad) for pad in job.pads]
        near: set[int] = set()
        if job.net in self.wide:
            near = {
                node % grid.layer + offset
                for nodes in ends
                for node in nodes
                for offset in disc(_NEAR_MM, grid.columns)
            }
        wire = Wire(self.numbers[job.net], job.net in self.wide, frozenset(near))
        search = Search(grid, wire, crossing=crossing, dislike=self.dislike)
        if job.plane:
            path = search.path(sorted(ends[0]), frozenset())
            return Routed(job.net, [path], [path[-1].node % grid.layer]) if path else None
        tree, paths, vias = set(ends[0]), [], []
        left = list(zip(job.pads[1:], ends[1:], strict=True))
        while left:
            if job.net in self.wide:
                search.shun(self._beside(tree))
            left.sort(key=lambda each: self._far(each[0], tree))
            _, target = left.pop(0)
            path = search.path(sorted(tree), frozenset(target))
            if path is None:
                return None
            paths.append(path)
            vias += [a.node % grid.layer for a, b in pairwise(path) if _same(grid, a, b)]
            tree |= {step.node for step in path} | target
        return Routed(job.net, paths, vias)

    def _beside(self, tree: set[int]) -> list[int]:
        """Return the nodes beside slanted tracks: a wide track's first step to there would stay in their copper."""
        near = Counter(node + move for node in tree for move, length in self.grid.moves if length == 1)
        return [node for node, count in near.items() if count > 1 and node not in tree]

    def _nodes(self, pad: Copper) -> set[int]:
        """Return the nodes at which a track surely meets a pad, also a round one."""
        box = pad.box
        x, y = (box.right - box.left) * _ROUND, (box.bottom - box.top) * _ROUND
        inner = Box(box.left + x, box.top + y, box.right - x, box.bottom - y)
        return {node for layer in ((0, 1) if pad.through else (0,)) for node in self.grid.inside(inner, layer)}

    def _far(self, pad: Copper, tree: set[int]) -> float:
        x, y = (pad.box.left + pad.box.right) / 2, (pad.box.top + pad.box.bottom) / 2
        column, row, columns, layer = x / STEP_MM, y / STEP_MM, self.grid.columns, self.grid.layer
        return min(hypot(node % layer % columns - column, node % layer // columns - row) for node in tree)

    def _crossed(self, number: int, found: Routed) -> list[int]:
        """Return the pieces that this one runs over, and make the places dearer."""
        nets: set[int] = set()
        own = self.numbers[found.net]
        for path in found.paths:
            for step in path:
                question = THIN if step.thin else WIDE
                nets |= self._owners(question, step.node, own)
        for place in found.vias:
            for node in (place, place + self.grid.layer):
                nets |= self._owners(VIA, node, own)
        if not nets:
            return []
        touched = {step.node for path in found.paths for step in path} | {
            node for place in found.vias for node in (place, place + self.grid.layer)
        }
        reach = disc(0.9, self.grid.columns)
        around = {node + offset for node in touched for offset in reach}
        return [
            other
            for other, piece in self.done.items()
            if other != number and self.numbers[piece.net] in nets and not around.isdisjoint(_all(piece, self.grid))
        ]

    def _owners(self, question: int, node: int, own: int) -> set[int]:
        owners = set(self.grid.laid[question].get(node, ())) - {own}
        if owners:
            self.dislike[node] = self.dislike.get(node, 0.0) + _DISLIKE
        return owners

    def _lay(self, piece: Routed, step: int) -> None:
        net = self.numbers[piece.net]
        for path in piece.paths:
            for each in path:
                self.grid.lay(net, each.node, HALF_MM[THIN if each.thin else WIDE], step)
        for place in piece.vias:
            self.grid.drill(place, step)
            for node in (place, place + self.grid.layer):
                self.grid.lay(net, node, HALF_MM[VIA], step)


def _all(piece: Routed, grid: Grid) -> set[int]:
    nodes = {step.node for path in piece.paths for step in path}
    return nodes | {node for place in piece.vias for node in (place, place + grid.layer)}


def _same(grid: Grid, one: Step, other: Step) -> bool:
    return one.node % grid.layer == other.node % grid.layer


def _jobs(pads: list[Copper], planes: set[str]) -> list[_Job]:
    """Return what is to be routed: the ways into planes first, then the nets, the short ones first."""
    by_net: dict[str, list[Copper]] = {}
    for pad in pads:
        if pad.net:
            by_net.setdefault(pad.net, []).append(pad)
    ways = [_Job(net, (pad,), True) for net in sorted(planes) for pad in by_net[net] if not pad.through]
    nets = [_Job(net, tuple(found), False) for net, found in by_net.items() if net not in planes and len(found) > 1]
    return ways + sorted(nets, key=lambda job: (_length(job.pads), job.net))


def _length(pads: tuple[Copper, ...]) -> float:
    box = Box(
        min(pad.box.left for pad in pads),
        min(pad.box.top for pad in pads),
        max(pad.box.right for pad in pads),
        max(pad.box.bottom for pad in pads),
    )
    return box.right - box.left + box.bottom - box.top
