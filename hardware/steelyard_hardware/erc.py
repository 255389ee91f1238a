"""The electrical rule check: a function per rule, each of which yields what is wrong in a circuit.

`check` runs them all. A rule knows pins by their electrical type and limits, never boards or references.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from steelyard_hardware.circuit import GROUND, Circuit, Node, Part
from steelyard_hardware.fault import Fault
from steelyard_hardware.limits import charging, levels, reserve, supply, temperature, values
from steelyard_hardware.margin import LimitRule, Margin
from steelyard_hardware.parts import Electric

# A logic input bears this much more than its own supply (absolute maximum ratings of all parts used).
_INPUT_ABOVE_SUPPLY_V = 0.3
# What a CMOS input takes as high at least, as a share of its supply.
_HIGH_SHARE = 0.7
# Class 2 and X7R ceramics lose capacity with voltage: rate them for half as much again.
_CAPACITOR_MARGIN = 1.5
_DRIVERS = {Electric.OUTPUT, Electric.POWER_OUT}
_LISTENERS = {Electric.INPUT, Electric.BIDIRECTIONAL}


Rule = Callable[[Circuit], Iterator[Fault]]


def check(circuit: Circuit) -> list[Fault]:
    """Return every fault that any rule finds, in order."""
    beyond = (found if isinstance(found, Fault) else found.fault() for found in _limits(circuit))
    return sorted({fault for rule in RULES for fault in rule(circuit)} | {fault for fault in beyond if fault})


def margins(circuit: Circuit) -> list[Margin]:
    """Return how far the circuit is from each limit, the tightest first."""
    found = {each for each in _limits(circuit) if isinstance(each, Margin)}
    return sorted(found, key=lambda margin: (margin.share, margin.rule, margin.where, margin.what))


def warnings(circuit: Circuit) -> list[str]:
    """Return the figures that nobody has compared with the data sheet yet, a line for each source; a family has one."""
    found: dict[tuple[str, str], list[str]] = {}
    for kind in {part.kind.key: part.kind for part in circuit.parts.values()}.values():
        for table, source in kind.from_memory().items():
            found.setdefault((kind.key.partition(" ")[0], source), []).append(table)
    lines = ((key, sorted(set(tables)), source) for (key, source), tables in sorted(found.items()))
    return [f"{key}: {', '.join(tables)} from memory: compare with {source}" for key, tables, source in lines]


def _limits(circuit: Circuit) -> Iterator[Margin | Fault]:
    for rule in LIMITS:
        yield from rule(circuit)


def _ends(circuit: Circuit, family: str) -> Iterator[tuple[Part, str, str]]:
    """Yield the parts of a family ("R") that have both ends connected, with their two nets."""
    for part in circuit.parts.values():
        if part.kind.symbol == family and len(part.nets) == 2:
            first, second = part.nets.values()
            yield part, first, second


def _supplies(part: Part) -> dict[str, tuple[str | None, float, float]]:
    return {name: (part.net(name), low, high) for name, (low, high) in part.kind.supply.items()}


def _logic_rail(circuit: Circuit, part: Part) -> str | None:
    """Return the rail that a part's logic levels follow; None where the part has none."""
    net = part.net(part.kind.io) if part.kind.io else None
    return net if net in circuit.rails else None


def _of(circuit: Circuit, nodes: list[Node], *electric: Electric) -> list[Node]:
    return [node for node in nodes if circuit.pin(node).electric in electric]


def open_pins(circuit: Circuit) -> Iterator[Fault]:
    """Every pin is connected, or left open on purpose."""
    for part in circuit.parts.values():
        for pin in part.kind.pins:
            is_open = pin.number not in part.nets
            where = f"{part.ref} pin {pin.number} ({pin.name})"
            if is_open and pin.number not in part.unconnected and pin.electric is not Electric.NOT_CONNECTED:
                yield Fault("open pin", where, "connect it, or say NC")
            elif not is_open and pin.electric is Electric.NOT_CONNECTED:
                yield Fault("open pin", where, f"is not connected inside, but is on {part.nets[pin.number]}")
            elif pin.number in part.unconnected and pin.electric in (Electric.INPUT, Electric.POWER_IN):
                yield Fault("open pin", where, "an input must not float and a supply pin must not be left out")


def lonely_nets(circuit: Circuit) -> Iterator[Fault]:
    """A net joins at least two pins; a misspelt name shows here."""
    for net, nodes in circuit.nets().items():
        if len(nodes) < 2:
            yield Fault("lonely net", net, f"only {nodes[0].ref} pin {nodes[0].number} is on it: is the name misspelt?")


def fights(circuit: Circuit) -> Iterator[Fault]:
    """No two pins drive one net, and nothing shorts two rails."""
    for net, nodes in circuit.nets().items():
        drivers = _of(circuit, nodes, *_DRIVERS)
        if len({node.ref for node in drivers}) > 1:
            yield Fault("fight", net, "driven by " + " and ".join(f"{node.ref} pin {node.number}" for node in drivers))
        if net == GROUND and drivers:
            yield Fault("fight", net, f"{drivers[0].ref} pin {drivers[0].number} drives the ground")


def silent_inputs(circuit: Circuit) -> Iterator[Fault]:
    """Every input can get a level: from a driver, a bidirectional pin, a part with two ends, or a rail."""
    for net, nodes in circuit.nets().items():
        if net == GROUND or net in circuit.rails:
            continue
        inputs = _of(circuit, nodes, Electric.INPUT)
        others = [node for node in nodes if node not in inputs]
        if inputs and not others:
            yield Fault("silent input", net, f"nothing gives {inputs[0].ref} pin {inputs[0].number} a level")


def dead_rails(circuit: Circuit) -> Iterator[Fault]:
    """Supply pins hang on declared rails, and every rail has a source, straight or by a fuse, bead or resistor."""
    nets = circuit.nets()
    joined: dict[str, set[str]] = {}
    for family in ("R", "L"):
        for _, first, second in _ends(circuit, family):
            joined.setdefault(first, set()).add(second)
            joined.setdefault(second, set()).add(first)
    for net, nodes in nets.items():
        for node in _of(circuit, nodes, Electric.POWER_IN):
            if net != GROUND and net not in circuit.rails:
                yield Fault("dead rail", net, f"{node.ref} pin {node.number} is fed by a net that is no rail")
    for rail in circuit.rails:
        if rail not in nets:
            yield Fault("dead rail", rail, "is declared, and nothing is on it")
            continue
        near = {rail} | {net for net in joined.get(rail, ()) if net != GROUND}
        if not any(_of(circuit, nets[net], Electric.POWER_OUT) for net in near):
            yield Fault("dead rail", rail, "has no source")
    for part in circuit.parts.values():
        for pin in part.kind.pins:
            if pin.name in ("GND", "VSS", "AGND", "DGND", "PGND") and part.nets.get(pin.number, GROUND) != GROUND:
                yield Fault("dead rail", f"{part.ref} pin {pin.number}", f"a ground pin on {part.nets[pin.number]}")


def supply_ranges(circuit: Circuit) -> Iterator[Fault]:
    """A rail stays within what each part fed by it bears."""
    for part in circuit.parts.values():
        for name, (net, low, high) in _supplies(part).items():
            rail = circuit.rails.get(net or "")
            if rail and not low <= rail.low <= rail.high <= high:
                yield Fault(
                    "supply range",
                    f"{part.ref} {name}",
                    f"bears {low} to {high} V, {net} has {rail.low} to {rail.high} V",
                )


def _pull_ups(circuit: Circuit) -> dict[str, dict[str, float]]:
    """Return, by net, the rails that resistors pull it up to, and the part of each that it gets by that alone."""
    up: dict[str, list[tuple[str, float]]] = {}
    down: dict[str, float] = {}
    for part, first, second in _ends(circuit, "R"):
        if part.kind.prefix != "R":
            continue
        for net, other in ((first, second), (second, first)):
            if other in circuit.rails:
                up.setdefault(net, []).append((other, part.ohms()))
            elif other == GROUND:
                down[net] = part.ohms()
    return {
        net: {rail: down[net] / (down[net] + ohms) if net in down else 1.0 for rail, ohms in found}
        for net, found in up.items()
    }


def logic_levels(circuit: Circuit) -> Iterator[Fault]:
    """With each rail at its worst, no logic pin gets more than its own supply bears, and every driver's high is one."""
    pulled = _pull_ups(circuit)
    for net, nodes in circuit.nets().items():
        if net in circuit.rails or net == GROUND:
            continue
        levels = {f"the pull-up to {rail}": (rail, share) for rail, share in pulled.get(net, {}).items()}
        driven: dict[str, str] = {}
        for node in _of(circuit, nodes, Electric.OUTPUT, Electric.BIDIRECTIONAL):
            rail = _logic_rail(circuit, circuit.parts[node.ref])
            if rail:
                levels[f"{node.ref} pin {node.number}"] = (rail, 1.0)
            if rail and circuit.pin(node).electric is Electric.OUTPUT:
                driven[f"{node.ref} pin {node.number}"] = rail
        for node in _of(circuit, nodes, *_LISTENERS):
            own = _logic_rail(circuit, circuit.parts[node.ref])
            if own:
                yield from _too_high(circuit, f"{node.ref} pin {node.number} on {net}", own, levels)
                yield from _too_low(circuit, f"{node.ref} pin {node.number} on {net}", own, driven)


def _too_high(circuit: Circuit, where: str, own: str, levels: dict[str, tuple[str, float]]) -> Iterator[Fault]:
    for source, (rail, share) in levels.items():
        volts = circuit.rails[rail].high * share
        if rail != own and volts > circuit.rails[own].low + _INPUT_ABOVE_SUPPLY_V:
            what = f"runs on {own} of {circuit.rails[own].low} V or more, but {source} gives up to {volts:.2f} V"
            yield Fault("logic level", where, what)


def _too_low(circuit: Circuit, where: str, own: str, driven: dict[str, str]) -> Iterator[Fault]:
    wanted = circuit.rails[own].high * _HIGH_SHARE
    for source, rail in driven.items():
        if rail != own and circuit.rails[rail].low < wanted:
            given = circuit.rails[rail].low
            what = f"takes {wanted:.2f} V or more as high, but {source} on {rail} gives {given} V or more"
            yield Fault("logic level", where, what)


def decoupling(circuit: Circuit) -> Iterator[Fault]:
    """Each supply pin has a capacitor to ground on its net, in the same block of the circuit."""
    near: set[tuple[str, str]] = set()
    for part, first, second in _ends(circuit, "C"):
        if GROUND in (first, second):
            near.add((part.block, second if first == GROUND else first))
    for part in circuit.parts.values():
        for name, (net, _, _) in _supplies(part).items():
            if net and part.kind.prefix == "U" and (part.block, net) not in near:
                yield Fault("decoupling", f"{part.ref} {name}", f"no capacitor from {net} to {GROUND} in its block")


def open_drains(circuit: Circuit) -> Iterator[Fault]:
    """A net of open-drain pins, and each line of an I²C bus, has one pull-up."""
    pulled: dict[str, int] = {}
    for _, first, second in _ends(circuit, "R"):
        for net, other in ((first, second), (second, first)):
            pulled[net] = pulled.get(net, 0) + (other in circuit.rails)
    for net, nodes in circuit.nets().items():
        bus = any(circuit.pin(node).name in ("SDA", "SCL") and circuit.parts[node.ref].kind.addresses for node in nodes)
        if (bus or _of(circuit, nodes, Electric.OPEN_DRAIN)) and pulled.get(net, 0) != 1:
            yield Fault("pull-up", net, f"needs one pull-up resistor to a rail, has {pulled.get(net, 0)}")


def addresses(circuit: Circuit) -> Iterator[Fault]:
    """No two chips on one bus answer to the same address."""
    seen: dict[tuple[str, int], str] = {}
    for part in circuit.parts.values():
        for address in part.kind.addresses:
            key = (part.net("SDA") or "", address)
            if key in seen:
                yield Fault("address", key[0], f"{seen[key]} and {part.ref} both answer to 0x{address:02X}")
            seen[key] = part.ref


def protection(circuit: Circuit) -> Iterator[Fault]:
    """What people can touch meets a suppressor, or a pin that bears a discharge, before anything else."""
    nets = circuit.nets()
    for part in circuit.parts.values():
        if not part.kind.outside:
            continue
        for number, net in part.nets.items():
            around = [circuit.parts[node.ref].kind for node in nets[net]]
            if net != GROUND and not any(kind.protects or kind.rugged for kind in around):
                yield Fault("protection", f"{part.ref} pin {number}", f"{net} reaches the outside without a suppressor")


def capacitor_voltages(circuit: Circuit) -> Iterator[Fault]:
    """A capacitor bears half as much again as its rail gives."""
    for part, first, second in _ends(circuit, "C"):
        highest = max((circuit.rails[net].high for net in (first, second) if net in circuit.rails), default=0.0)
        rated = part.kind.maximum_volts or 0.0
        if rated < highest * _CAPACITOR_MARGIN:
            yield Fault("capacitor", part.ref, f"rated {rated} V, needs {highest * _CAPACITOR_MARGIN:.1f} V")


RULES: tuple[Rule, ...] = (
    open_pins,
    lonely_nets,
    fights,
    silent_inputs,
    dead_rails,
    supply_ranges,
    logic_levels,
    decoupling,
    open_drains,
    addresses,
    protection,
    capacitor_voltages,
)

LIMITS: tuple[LimitRule, ...] = (
    charging.charging,
    *supply.RULES,
    *levels.RULES,
    *values.RULES,
    reserve.reserves,
    temperature.temperatures,
)
