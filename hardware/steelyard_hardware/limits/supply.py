"""Thresholds and limits of what makes and watches the rails: supervisors, regulators, suppressors."""

from __future__ import annotations

from collections.abc import Iterator

from steelyard_hardware.circuit import GROUND, Circuit, Part
from steelyard_hardware.fault import Fault
from steelyard_hardware.limits import paths
from steelyard_hardware.margin import LimitRule, Margin
from steelyard_hardware.ratings import Regulator

# A rail's lowest value is that of direct current; what bursts take from it for microseconds must not reset the board.
_BURST_V = 0.05


def thresholds(circuit: Circuit) -> Iterator[Margin | Fault]:
    """A supervisor trips below what its rail may fall to, and above what the flash of the module needs."""
    for part in circuit.parts.values():
        watch = part.kind.supervisor
        rail = circuit.rails.get(part.net(watch.pin) or "") if watch else None
        if watch is None or rail is None:
            continue
        low_v, high_v = watch.trip_v
        advice = "take the part with a lower threshold"
        yield Margin("threshold", part.ref, "trips at", high_v, rail.low - _BURST_V, "V", advice)
        for other in paths.at(circuit, part.net(watch.reset)):
            memory = other.kind.memory
            if memory and other.net(memory.reset) == part.net(watch.reset):
                where = f"{part.ref} with {other.ref}"
                advice = "take the part with a higher threshold"
                yield Margin("threshold", where, "trips at", low_v, memory.lowest_v, "V", advice, at_most=False)


def unwatched(circuit: Circuit) -> Iterator[Margin | Fault]:
    """Whoever writes flash is held in reset by a supervisor of its rail."""
    for part in circuit.parts.values():
        memory = part.kind.memory
        if memory is None:
            continue
        watchers = [
            other
            for other in paths.at(circuit, part.net(memory.reset))
            if other.kind.supervisor
            and other.net(other.kind.supervisor.reset) == part.net(memory.reset)
            and other.net(other.kind.supervisor.pin) == part.net(memory.pin)
        ]
        if not watchers:
            what = (
                f"no supervisor of {part.net(memory.pin)} holds {memory.reset}: flash would be written on a dying rail"
            )
            yield Fault("threshold", part.ref, what)


def capacitances(circuit: Circuit) -> Iterator[Margin | Fault]:
    """A regulator has the capacitance that it wants at its input and output, with what direct voltage leaves of it."""
    for part in circuit.parts.values():
        regulator = part.kind.regulator
        if regulator is None:
            continue
        low_uf, high_uf = regulator.output_uf
        for name, least, most in ((regulator.input, regulator.input_uf, None), (regulator.output, low_uf, high_uf)):
            left, nominal = paths.microfarads(circuit, paths.joined(circuit, part.net(name) or ""))
            where = f"{part.ref} {name}"
            if least:
                yield Margin("capacitance", where, "has", left, least, "uF", "add a capacitor", at_most=False)
            if most is not None:
                yield Margin("capacitance", where, "has", nominal, most, "uF", "take smaller capacitors")


def currents(circuit: Circuit) -> Iterator[Margin | Fault]:
    """A regulator can give what everything behind it takes at once."""
    for part in circuit.parts.values():
        regulator = part.kind.regulator
        if regulator:
            taken = drawn_ma(circuit, part.net(regulator.output) or "")
            where = f"{part.ref} {regulator.output}"
            yield Margin("current", where, "gives", taken, regulator.milliamperes, "mA", "take a stronger one")


def drawn_ma(circuit: Circuit, net: str, been: frozenset[str] = frozenset()) -> float:
    """Return the most milliamperes that everything on a rail takes at once, by regulators too, each counted once."""
    nets = paths.joined(circuit, net)
    total = 0.0
    for part in circuit.parts.values():
        if part.kind.draws:
            total += sum(ma for pin, ma in part.kind.draws.milliamperes.items() if part.net(pin) in nets)
        regulator = part.kind.regulator
        is_fed = regulator and part.net(regulator.input) in nets and part.net(regulator.output) not in nets
        if regulator and is_fed and part.ref not in been:
            total += _input_ma(circuit, part, regulator, been | {part.ref})
    return total


def _input_ma(circuit: Circuit, part: Part, regulator: Regulator, been: frozenset[str]) -> float:
    out = part.net(regulator.output) or ""
    given = drawn_ma(circuit, out, been)
    source, rail = circuit.rails.get(part.net(regulator.input) or ""), circuit.rails.get(out)
    if regulator.efficiency is None or source is None or rail is None:
        return given
    return given * rail.nominal / source.low / regulator.efficiency


def clamps(circuit: Circuit) -> Iterator[Margin | Fault]:
    """What a suppressor leaves of a surge is borne by every supply pin behind it."""
    for part in circuit.parts.values():
        clamp = part.kind.clamp
        net = part.net(clamp.pin) if clamp else None
        if clamp is None or net is None or net == GROUND:
            continue
        nets = paths.joined(circuit, net, ("FB", "F", "R"))
        for other in circuit.parts.values():
            for pin, most in (other.kind.bears.absolute_v if other.kind.bears else {}).items():
                if other.net(pin) in nets:
                    where = f"{other.ref} {pin} behind {part.ref}"
                    yield Margin("clamp", where, "gets", clamp.clamp_v, most, "V", "put a switch that bears it between")


def lamps(circuit: Circuit) -> Iterator[Margin | Fault]:
    """A lamp has its current at every voltage of its rail."""
    for part in circuit.parts.values():
        lamp = part.kind.lamp
        rail = circuit.rails.get(part.net(lamp.plus) or "") if lamp else None
        if lamp is None or rail is None:
            continue
        ohms = [resistor.ohms() for resistor, _ in paths.resistors(circuit, part.net(lamp.minus) or "")]
        if len(ohms) != 1:
            yield Fault("lamp", part.ref, f"{lamp.minus} needs one resistor in series, has {len(ohms)}")
            continue
        low_v, high_v = lamp.forward_v
        least, most = (1000 * (volts - drop) / ohms[0] for volts, drop in ((rail.low, high_v), (rail.high, low_v)))
        yield Margin("lamp", part.ref, "gets", most, lamp.milliamperes[1], "mA", "take a higher resistor")
        advice = "take a lower resistor, or a rail that is higher"
        yield Margin("lamp", part.ref, "gets", least, lamp.milliamperes[0], "mA", advice, at_most=False)


RULES: tuple[LimitRule, ...] = (thresholds, unwatched, capacitances, currents, clamps, lamps)
