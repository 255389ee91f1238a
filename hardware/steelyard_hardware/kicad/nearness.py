"""What nearness a circuit needs on its board: capacitors beside the supply pins they serve, nets within their zone."""

from __future__ import annotations

from collections.abc import Iterator
from math import hypot, inf

from steelyard_hardware.circuit import GROUND, Circuit, Node, Part
from steelyard_hardware.fault import Fault
from steelyard_hardware.kicad.layout import Layout, Zone
from steelyard_hardware.kicad.outline import Box
from steelyard_hardware.kicad.placement import SUPPLIES, Placed, Spot, spots
from steelyard_hardware.kicad.routing.router import Result

# From the middle of a supply pin's pad to that of its capacitor's.
_BESIDE_MM = 5.0


def place_faults(circuit: Circuit, layout: Layout, places: dict[str, Placed]) -> list[Fault]:
    """Return each supply pin whose capacitor is too far, and each part whose net must stay in a zone, outside it."""
    found = [*_far_capacitors(circuit, places), *_parts_outside(circuit, layout, places)]
    return sorted(set(found))


def track_faults(layout: Layout, result: Result) -> list[Fault]:
    """Return each net whose tracks leave the zone that it must stay in."""
    found = set()
    for net, name, zone in _zoned(layout, {piece.net for piece in result.pieces}):
        steps = (step for piece in result.pieces if piece.net == net for path in piece.paths for step in path)
        if not all(_inside(result.grid.place(step.node), zone) for step in steps):
            found.add(
                Fault("zone", net, f"its track leaves the zone {name}: enlarge the zone, or place its parts nearer")
            )
    return sorted(found)


def _far_capacitors(circuit: Circuit, places: dict[str, Placed]) -> Iterator[Fault]:
    capacitors = [part for part in circuit.parts.values() if part.kind.symbol == "C" and GROUND in part.nets.values()]
    for part in circuit.parts.values():
        fed = {net for number, net in part.nets.items() if circuit.pin(Node(part.ref, number)).electric in SUPPLIES}
        for net in sorted(fed - {GROUND}) if part.kind.prefix == "U" else ():
            pins = [
                spot
                for number, other in part.nets.items()
                if other == net and circuit.pin(Node(part.ref, number)).electric in SUPPLIES
                for spot in spots(part.kind.footprint, number, places[part.ref])
            ]
            ends = [spot for each in capacitors for spot in _pads(each, net, places)]
            nearest = min((hypot(x - ax, y - ay) for x, y in pins for ax, ay in ends), default=inf)
            if nearest > _BESIDE_MM:
                what = f"the nearest capacitor of {net} is {nearest:.0f} mm away, may be {_BESIDE_MM:.0f}: "
                yield Fault("nearness", part.ref, what + "add one to its block, or place it beside in the layout")


def _parts_outside(circuit: Circuit, layout: Layout, places: dict[str, Placed]) -> Iterator[Fault]:
    for net, name, zone in _zoned(layout, set(circuit.nets())):
        for ref, part in circuit.parts.items():
            if not all(_inside(spot, zone) for spot in _pads(part, net, places)):
                yield Fault("zone", ref, f"is on {net}, which must stay in the zone {name}: place it there")


def _zoned(layout: Layout, nets: set[str]) -> Iterator[tuple[str, str, Zone]]:
    for name, zone in layout.zones.items():
        for net in sorted(nets):
            if zone.has(net):
                yield net, name, zone


def _pads(part: Part, net: str, places: dict[str, Placed]) -> list[Spot]:
    numbers = (number for number, other in part.nets.items() if other == net)
    return [spot for number in numbers for spot in spots(part.kind.footprint, number, places[part.ref])]


def _inside(spot: Spot, zone: Zone) -> bool:
    return Box(*spot, *spot).within(Box(*zone.box))
