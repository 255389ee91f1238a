"""Values that a part's data sheet asks of the parts beside it: coils of converters, resistors of USB-C and of I²C."""

from __future__ import annotations

from collections.abc import Iterator
from math import log

from steelyard_hardware.circuit import GROUND, Circuit
from steelyard_hardware.fault import Fault
from steelyard_hardware.limits import paths
from steelyard_hardware.margin import LimitRule, Margin

# I²C at 100 kHz, as the agent drives it (NXP UM10204, tables 10 and 11): what a low output sinks at 0.4 V, and how fast
# a line must rise from 30 to 70 %. A pin with its track has 15 pF at most, so reckoned.
_SINKS_MA, _LOW_V, _RISE_US, _PIN_PF = 3.0, 0.4, 1.0, 15.0
_LINES = ("SDA", "SCL")


def coils(circuit: Circuit) -> Iterator[Margin | Fault]:
    """A converter has the coil that it is compensated for."""
    for part in circuit.parts.values():
        coil = part.kind.coil
        net = part.net(coil.pin) if coil else None
        if coil is None or net is None:
            continue
        found = [other for other in paths.at(circuit, net) if other.kind.prefix == "L"]
        if len(found) != 1:
            yield Fault("coil", part.ref, f"{coil.pin} needs one coil, has {len(found)}")
            continue
        value, (least, most) = found[0].microhenries(), coil.microhenries
        where, advice = f"{part.ref} {coil.pin}", "take the coil of the data sheet"
        yield Margin("coil", where, "has", value, least, "uH", advice, at_most=False)
        yield Margin("coil", where, "has", value, most, "uH", advice)


def usb_sinks(circuit: Circuit) -> Iterator[Margin | Fault]:
    """Each CC line of a USB-C socket that takes power has its resistor, without which no cable gives any."""
    for part in circuit.parts.values():
        sink = part.kind.usb_sink
        for pin in sink.pins if sink else ():
            net = part.net(pin) or ""
            ohms = [resistor.ohms() for resistor, other in paths.resistors(circuit, net) if other == GROUND]
            if sink is None or len(ohms) != 1:
                yield Fault("usb", f"{part.ref} {pin}", f"needs one resistor to {GROUND}, has {len(ohms)}")
                continue
            least, most = sink.ohm
            where = f"{part.ref} {pin}"
            yield Margin("usb", where, "has", ohms[0], least, "Ohm", "take 5.1 kOhm", at_most=False)
            yield Margin("usb", where, "has", ohms[0], most, "Ohm", "take 5.1 kOhm")


def bus_pull_ups(circuit: Circuit) -> Iterator[Margin | Fault]:
    """A pull-up of the I²C bus is strong enough for the bus's capacitance and weak enough for its outputs."""
    for net, nodes in circuit.nets().items():
        chips = [node for node in nodes if circuit.parts[node.ref].kind.addresses]
        if not any(circuit.pin(node).name in _LINES for node in chips):
            continue
        for resistor, other in paths.resistors(circuit, net):
            if rail := circuit.rails.get(other):
                least = (rail.high - _LOW_V) / _SINKS_MA * 1000
                most = _RISE_US / log(0.7 / 0.3) / (_PIN_PF * len(nodes)) * 1e6
                where = f"{resistor.ref} on {net}"
                yield Margin("pull-up", where, "has", resistor.ohms(), least, "Ohm", "take a weaker one", at_most=False)
                yield Margin("pull-up", where, "has", resistor.ohms(), most, "Ohm", "take a stronger one")


RULES: tuple[LimitRule, ...] = (coils, usb_sinks, bus_pull_ups)
