"""Levels at the worst case of parts, rail and temperature: contacts, pull-ups, what nothing holds, loaded outputs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from steelyard_hardware.circuit import GROUND, Circuit, Part, Rail
from steelyard_hardware.fault import Fault
from steelyard_hardware.limits import paths
from steelyard_hardware.margin import Margin
from steelyard_hardware.parts import Electric, Pin
from steelyard_hardware.ratings import Logic

# A resistor of 1 % over its life and temperature.
_TOLERANCE = 0.03
_DRIVES = (Electric.OUTPUT, Electric.POWER_OUT)
_LISTENS = (Electric.INPUT, Electric.BIDIRECTIONAL)


@dataclass(frozen=True)
class _Way:
    """A way to ground through closed contacts: ohms and the drop of diodes on it."""

    ohms: float = 0.0
    drop_v: float = 0.0


def contacts(circuit: Circuit) -> Iterator[Margin | Fault]:
    """A contact to ground gives a listener a low level when it is closed and a high one when it is open."""
    for net in circuit.nets():
        ways = list(_ways(circuit, net, {net})) if not paths.is_power(circuit, net) else []
        for part in paths.at(circuit, net) if ways and not _is_driven(circuit, net) else ():
            logic = part.kind.logic
            supply = (logic.supply if logic else None) or part.kind.io
            rail = circuit.rails.get(part.net(supply) or "") if supply else None
            names = [
                pin.name for pin in part.kind.pins if part.nets.get(pin.number) == net and pin.electric in _LISTENS
            ]
            if logic and rail and names:
                yield from _levels(circuit, f"{part.ref} {names[0]} on {net}", net, logic, rail, ways)


def _levels(
    circuit: Circuit, where: str, net: str, logic: Logic, rail: Rail, ways: list[_Way]
) -> Iterator[Margin | Fault]:
    ups = [(resistor.ohms(), circuit.rails[other]) for resistor, other in _pulls(circuit, net)]
    inside = logic.pull_up_ohm if net in circuit.pulled else None
    if inside:
        ups.append((inside[0] / (1 - _TOLERANCE), rail))
    if not ups:
        yield Fault("level", where, "nothing pulls it up while the contact is open: add a pull-up")
        return
    conductance = sum(1 / (ohms * (1 - _TOLERANCE)) for ohms, _ in ups)
    volts = max(source.high for _, source in ups)
    for way in ways:
        low_v = way.drop_v + (volts - way.drop_v) * way.ohms * conductance / (1 + way.ohms * conductance)
        most = logic.low[0] + logic.low[1] * rail.low
        yield Margin("level", where, "low is", low_v, most, "V", "take a weaker pull-up, and no second one")
    ohms = 1 / sum(1 / (ohms * (1 + _TOLERANCE)) for ohms, _ in ups)
    if inside and len(ups) == 1:
        ohms = inside[1]
    lost_v = ohms * (logic.leakage_ua + _leakage_ua(circuit, net)) * 1e-6
    high_v = min(source.low for _, source in ups) - lost_v
    least = logic.high[0] + logic.high[1] * rail.low
    yield Margin("level", where, "high is", high_v, least, "V", "take a stronger pull-up", at_most=False)


def _pulls(circuit: Circuit, net: str) -> Iterator[tuple[Part, str]]:
    return ((part, other) for part, other in paths.resistors(circuit, net) if other in circuit.rails)


def _leakage_ua(circuit: Circuit, net: str) -> float:
    junctions = (part.kind.junction for part in paths.at(circuit, net))
    return sum(junction.leakage_ua for junction in junctions if junction)


def _is_driven(circuit: Circuit, net: str) -> bool:
    return any(
        pin.electric in _DRIVES
        for part in paths.at(circuit, net)
        for pin in part.kind.pins
        if part.nets.get(pin.number) == net
    )


def _ways(circuit: Circuit, net: str, been: set[str], way: _Way = _Way()) -> Iterator[_Way]:
    """Yield the ways from `net` to ground that end in a contact, by resistors and by diodes along their arrow."""
    for part in paths.at(circuit, net):
        other = paths.far(part, net)
        if other is None or other in been or other in circuit.rails:
            continue
        if part.kind.symbol == "S":
            here = way
            if other == GROUND:
                yield here
                continue
        elif part.kind.junction and part.net("A") == net:
            here = _Way(way.ohms, way.drop_v + part.kind.junction.forward_v)
        elif part.kind.prefix == "R" and other != GROUND:
            here = _Way(way.ohms + part.ohms() * (1 + _TOLERANCE), way.drop_v)
        else:
            continue
        yield from _ways(circuit, other, been | {other}, here)


def floating(circuit: Circuit) -> Iterator[Margin | Fault]:
    """Every input has a level also with an open contact, and with whatever a connector may leave open."""
    for net, nodes in circuit.nets().items():
        if paths.is_power(circuit, net):
            continue
        inputs = [node for node in nodes if circuit.pin(node).electric is Electric.INPUT]
        if inputs and not is_held(circuit, net):
            what = "nothing holds its level by direct current: add a resistor to where it belongs"
            yield Fault("floating", f"{inputs[0].ref} {circuit.pin(inputs[0]).name} on {net}", what)


def is_held(circuit: Circuit, net: str, apart_from: str = "", been: frozenset[str] = frozenset()) -> bool:
    """Whether direct current gives `net` a level: from a rail, a pull-up, or a pin of any part but `apart_from`."""
    if paths.is_power(circuit, net) or net in circuit.pulled:
        return True
    been |= {net}
    for part in paths.at(circuit, net):
        if part.ref != apart_from and any(
            _holds(part, pin) for pin in part.kind.pins if part.nets.get(pin.number) == net
        ):
            return True
        other = paths.far(part, net) if part.kind.symbol in ("R", "L") else None
        if other and other not in been and is_held(circuit, other, apart_from, been):
            return True
    return False


def _holds(part: Part, pin: Pin) -> bool:
    # A part with one pin is a pad to measure at.
    if part.kind.symbol != "box" or len(part.kind.pins) < 2 or part.kind.protects or pin.name in part.kind.loose:
        return False
    return pin.electric not in (Electric.INPUT, Electric.OPEN_DRAIN)


def loads(circuit: Circuit) -> Iterator[Margin | Fault]:
    """An output that a capacitor makes oscillate has enough ohms before it."""
    for part in circuit.parts.values():
        load = part.kind.load
        net = part.net(load.output) if load else None
        if load is None or net is None:
            continue
        for ohms, behind in [
            (0.0, net),
            *((resistor.ohms(), other) for resistor, other in paths.resistors(circuit, net)),
        ]:
            if not paths.is_power(circuit, behind):
                nominal = paths.microfarads(circuit, {behind})[1]
                steps = [ohm for from_uf, ohm in sorted(load.series_ohm) if nominal >= from_uf]
                if steps:
                    where, what = f"{part.ref} {load.output}", f"before {nominal:g} uF has"
                    yield Margin("load", where, what, ohms, steps[-1], "Ohm", "take a higher resistor", at_most=False)
