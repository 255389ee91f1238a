"""Levels at the worst case of parts, rail and temperature: contacts, pull-ups, what nothing holds, loaded outputs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import log10

from steelyard_hardware.circuit import GROUND, Circuit, Part, Rail
from steelyard_hardware.fault import Fault
from steelyard_hardware.limits import paths
from steelyard_hardware.margin import LimitRule, Margin
from steelyard_hardware.parts import Electric, Pin
from steelyard_hardware.ratings import Junction, Logic

# A resistor of 1 % over its life and temperature.
_TOLERANCE = 0.03
_LEAST_MA = 1e-6
_DRIVES = (Electric.OUTPUT, Electric.POWER_OUT)
_LISTENS = (Electric.INPUT, Electric.BIDIRECTIONAL)


@dataclass(frozen=True)
class Way:
    """A way to ground through closed contacts: ohms and the drop of diodes on it."""

    ohms: float = 0.0
    diodes: tuple[Junction, ...] = ()

    def drop_v(self, milliamperes: float) -> float:
        """Return the drop of the diodes at a current."""
        decades = log10(max(milliamperes, _LEAST_MA))
        return sum(max(0.0, diode.forward_v + diode.decade_v * decades) for diode in self.diodes)


def contacts(circuit: Circuit) -> Iterator[Margin | Fault]:
    """A contact to ground gives a listener a low level when it is closed and a high one when it is open."""
    for net in circuit.nets():
        found = list(ways(circuit, net, {net})) if not paths.is_power(circuit, net) else []
        for part in paths.at(circuit, net) if found and not _is_driven(circuit, net) else ():
            logic = part.kind.logic
            supply = (logic.supply if logic else None) or part.kind.io
            rail = circuit.rails.get(part.net(supply) or "") if supply else None
            names = [
                pin.name for pin in part.kind.pins if part.nets.get(pin.number) == net and pin.electric in _LISTENS
            ]
            if logic and rail and names:
                yield from _levels(circuit, f"{part.ref} {names[0]} on {net}", net, logic, rail, found)


def _levels(
    circuit: Circuit, where: str, net: str, logic: Logic, rail: Rail, contacts: list[Way]
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
    for way in contacts:
        low_v = _low_v(way, volts, conductance)
        most = logic.low[0] + logic.low[1] * rail.low
        yield Margin("level", where, "low is", low_v, most, "V", "take a weaker pull-up, and no second one")
    ohms = 1 / sum(1 / (ohms * (1 + _TOLERANCE)) for ohms, _ in ups)
    if inside and len(ups) == 1:
        ohms = inside[1]
    lost_v = ohms * (logic.leakage_ua + _leakage_ua(circuit, net)) * 1e-6
    high_v = min(source.low for _, source in ups) - lost_v
    least = logic.high[0] + logic.high[1] * rail.low
    yield Margin("level", where, "high is", high_v, least, "V", "take a stronger pull-up", at_most=False)


def _low_v(way: Way, volts: float, conductance: float) -> float:
    """Return the level that a closed contact leaves, by the current that its diodes drop at (a few rounds suffice)."""
    milliamperes = volts * conductance * 1000
    for _ in range(5):
        drop = way.drop_v(milliamperes)
        milliamperes = 1000 * (volts - drop) * conductance / (1 + way.ohms * conductance)
    return drop + way.ohms * milliamperes / 1000


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


def ways(circuit: Circuit, net: str, been: set[str], way: Way = Way()) -> Iterator[Way]:
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
            here = Way(way.ohms, (*way.diodes, part.kind.junction))
        elif part.kind.prefix == "R" and other != GROUND:
            here = Way(way.ohms + part.ohms() * (1 + _TOLERANCE), way.diodes)
        else:
            continue
        yield from ways(circuit, other, been | {other}, here)


def floating(circuit: Circuit) -> Iterator[Margin | Fault]:
    """Every input has a level also with an open contact, and with whatever a connector may leave open."""
    for net, nodes in circuit.nets().items():
        if paths.is_power(circuit, net):
            continue
        inputs = [node for node in nodes if circuit.pin(node).electric is Electric.INPUT]
        where = f"{inputs[0].ref} {circuit.pin(inputs[0]).name} on {net}" if inputs else ""
        if inputs and not is_held(circuit, net):
            what = "nothing holds its level by direct current: add a resistor to where it belongs"
            yield Fault("floating", where, what)
        elif any(circuit.parts[node.ref].kind.prefix == "Q" for node in inputs) and not _rests(circuit, net):
            what = "nothing holds its level while the processor starts: add a resistor to where it belongs"
            yield Fault("floating", where, what)


def _rests(circuit: Circuit, net: str) -> bool:
    """Whether a rail or ground by a resistor, or an output that always drives, gives `net` a level."""
    return _is_driven(circuit, net) or any(paths.is_power(circuit, far) for _, far in paths.resistors(circuit, net))


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


RULES: tuple[LimitRule, ...] = (contacts, floating, loads)
