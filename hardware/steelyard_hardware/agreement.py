"""Compares a board's profile with its circuit, in both directions: each pin ends where the profile says, and no other.

A pin may end at its place straight, or through one resistor, bead or diode in series.
"""

from __future__ import annotations

from steelyard_hardware.circuit import Circuit, Node, Part
from steelyard_hardware.erc import GROUND
from steelyard_hardware.profile import Profile, chips

# Drivers whose chip comes on a module of another name.
_PART_OF_DRIVER = {"st7567": "display"}


def differences(profile: Profile, circuit: Circuit) -> list[str]:
    """Return where profile and circuit contradict each other, in words; both directions are compared."""
    chip = chips()[profile.chip]
    processors = [part for part in circuit.parts.values() if part.kind.key == chip.part]
    if len(processors) != 1:
        return [f"the circuit has {len(processors)} parts {chip.part!r}, not one"]
    processor = processors[0]
    nets = circuit.nets()
    faults, declared = [], set()
    for name, pin in profile.pins.items():
        pad = processor.kind.pin(chip.gpio_name.format(pin.gpio))[0]
        declared.add(pad.number)
        net = processor.nets.get(pad.number)
        if net is None:
            faults.append(f"{name}: {pad.name} is connected to nothing")
        elif pin.to is None:
            faults.append(f"{name}: the profile does not say where {pad.name} ends")
        else:
            ends = _reached(circuit, nets, net)
            if pin.to not in ends:
                faults.append(f"{name}: {pad.name} does not reach {pin.to}; it reaches {', '.join(sorted(ends))}")
    gpio_names = {chip.gpio_name.format(gpio) for gpio in (*chip.usable, *chip.strapping)}
    for pad in processor.kind.pins:
        net = processor.nets.get(pad.number)
        if pad.name in gpio_names and net and pad.number not in declared and not _only_biased(circuit, processor, net):
            faults.append(f"{pad.name} is on {net} in the circuit, and the profile does not name it")
    if not any(part.kind.key == profile.adc.driver for part in circuit.parts.values()):
        faults.append(f"the circuit has no {profile.adc.driver}")
    present = {part.kind.key for part in circuit.parts.values()}
    for bus in profile.buses.values():
        missing = [driver for driver in bus.chips if _PART_OF_DRIVER.get(driver, driver) not in present]
        faults += [f"the circuit has no {driver}" for driver in missing]
    if profile.rtc_battery != ("rv3028" in present):
        faults.append("the profile and the circuit disagree whether a battery keeps the clock")
    return faults


def _only_biased(circuit: Circuit, processor: Part, net: str) -> bool:
    """Tell whether a net of the processor has nothing else on it than resistors and capacitors to rails and ground."""
    for part in circuit.parts.values():
        if part is processor or net not in part.nets.values():
            continue
        far = [other for other in part.nets.values() if other != net]
        if part.kind.symbol not in ("R", "C") or not all(other in circuit.rails or other == GROUND for other in far):
            return False
    return True


def _reached(circuit: Circuit, nets: dict[str, list[Node]], net: str) -> set[str]:
    """Return "REF.PIN" of what is on `net`, and behind each small part in series with it that leads to no rail."""
    names = set()
    around = [net]
    for node in nets[net]:
        part = circuit.parts[node.ref]
        if part.kind.symbol in ("R", "L", "D") and len(part.nets) == 2:
            around += [far for far in part.nets.values() if far != net and far not in circuit.rails and far != GROUND]
    for near in around:
        names |= {f"{node.ref}.{circuit.pin(node).name}" for node in nets[near]}
    return names
