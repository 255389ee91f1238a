"""A coin cell lasts as long as it must, with the case closed: the closed contact draws from it all the time."""

from __future__ import annotations

from collections.abc import Iterator

from steelyard_hardware.circuit import Circuit
from steelyard_hardware.fault import Fault
from steelyard_hardware.limits import paths
from steelyard_hardware.limits.levels import ways
from steelyard_hardware.margin import Margin

_HOURS_A_YEAR = 8766


def reserves(circuit: Circuit) -> Iterator[Margin | Fault]:
    """What hangs on a cell that nobody charges lets it last."""
    for part in circuit.parts.values():
        reserve = part.kind.reserve
        net = part.net(reserve.plus) if reserve else None
        rail = circuit.rails.get(net or "")
        if reserve is None or net is None or rail is None:
            continue
        nets = {net, *(far for _, far in paths.resistors(circuit, net) if far in circuit.rails)}
        drawn_ma = (_standby_ua(circuit, nets) + _contacts_ua(circuit, nets, rail.nominal)) / 1000
        lost_ma = drawn_ma + reserve.capacity_mah * reserve.lost_a_year / _HOURS_A_YEAR
        years = reserve.capacity_mah / lost_ma / _HOURS_A_YEAR
        advice = "take a higher resistor to the contact"
        yield Margin("reserve", part.ref, "lasts", years, reserve.years, "years", advice, at_most=False)


def _standby_ua(circuit: Circuit, nets: set[str]) -> float:
    chips = ((part, part.kind.standby) for part in circuit.parts.values())
    return sum(standby.microamperes for part, standby in chips if standby and part.net(standby.pin) in nets)


def _contacts_ua(circuit: Circuit, nets: set[str], volts: float) -> float:
    """Return what flows to ground through the resistors behind which a contact is closed."""
    found = 0.0
    for net in nets:
        for resistor, far in paths.resistors(circuit, net):
            if far not in nets and any(True for _ in ways(circuit, far, {far, *nets})):
                found += volts / resistor.ohms() * 1e6
    return found
