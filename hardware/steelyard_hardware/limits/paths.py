"""Ways through a circuit that direct current takes: what the rules about limits look at beyond a single net."""

from __future__ import annotations

from collections.abc import Iterator

from steelyard_hardware.circuit import GROUND, Circuit, Part

_SERIES = ("R", "L")


def at(circuit: Circuit, net: str | None) -> list[Part]:
    """Return the parts with a pin on `net`."""
    return [part for part in circuit.parts.values() if net is not None and net in part.nets.values()]


def far(part: Part, net: str) -> str | None:
    """Return the other net of a part with two pins; None where it has no other."""
    others = [other for other in part.nets.values() if other != net]
    return others[0] if len(part.nets) == 2 and others else None


def is_power(circuit: Circuit, net: str) -> bool:
    """Whether a net is a rail or ground."""
    return net in circuit.rails or net == GROUND


def joined(circuit: Circuit, net: str, prefixes: tuple[str, ...] = ("FB", "F")) -> set[str]:
    """Return the nets that `net` is one with for direct current: itself, and those behind beads and fuses."""
    found, waiting = {net}, [net]
    while waiting:
        here = waiting.pop()
        for part in at(circuit, here):
            other = far(part, here) if part.kind.prefix in prefixes else None
            if other and other != GROUND and other not in found:
                found.add(other)
                waiting.append(other)
    return found


def resistors(circuit: Circuit, net: str) -> Iterator[tuple[Part, str]]:
    """Yield each resistor at `net` with its other net."""
    for part in at(circuit, net):
        other = far(part, net) if part.kind.prefix == "R" else None
        if other is not None:
            yield part, other


def microfarads(circuit: Circuit, nets: set[str]) -> tuple[float, float]:
    """Return the capacitance from `nets` to ground: what is left of it in the worst case, and nominal."""
    left = nominal = 0.0
    for part in circuit.parts.values():
        ends = set(part.nets.values())
        if part.kind.symbol == "C" and GROUND in ends and ends & nets:
            left += part.microfarads() * part.kind.effective
            nominal += part.microfarads()
    return left, nominal
