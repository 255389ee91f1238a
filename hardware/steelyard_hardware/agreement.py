"""Compares a board's profile with its circuit, in both directions: each pin ends where the profile says, and no other.

A pin may end at its place straight, or through one resistor, bead or diode in series. What a driver needs of its chip
is compared too: each line at the right pin of the chip, rate and gain as they are wired.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from steelyard_hardware.chips import Level, Microcontroller, chips
from steelyard_hardware.circuit import GROUND, Circuit, Node, Part
from steelyard_hardware.limits.levels import is_held
from steelyard_hardware.needs import drivers, needs
from steelyard_hardware.schema import Profile

# A divider's resistors are those of a row of preferred values: the profile's whole number must be meant, not near.
_DIVIDER_TOLERANCE = 0.02


def pulled_inside(profile: Profile, circuit: Circuit) -> set[str]:
    """Return the nets that the processor of a circuit pulls up inside, as the profile asks."""
    chip = chips().microcontrollers[profile.chip]
    pads = [chip.gpio_name.format(pin.gpio) for pin in profile.pins.values() if pin.pull_up]
    processors = [part for part in circuit.parts.values() if part.kind.key == chip.part]
    return {net for part in processors for pad in pads if (net := part.net(pad))}


def differences(profile: Profile, circuit: Circuit) -> list[str]:
    """Return where profile and circuit contradict each other, in words; both directions are compared."""
    chip = chips().microcontrollers[profile.chip]
    processors = [part for part in circuit.parts.values() if part.kind.key == chip.part]
    if len(processors) != 1:
        return [f"the circuit has {len(processors)} parts {chip.part!r}, not one"]
    board = _Board(profile, circuit, chip, processors[0])
    return [
        *board.ends(),
        *board.undeclared(),
        *board.driver_ends(),
        *board.chips(),
        *board.wired(),
        *board.divided(),
        *board.held(),
        *board.referred(),
        *board.flash(),
    ]


@dataclass
class _Board:
    """A profile beside its circuit, with the nets by name, and what each pin of the processor reaches by its name."""

    profile: Profile
    circuit: Circuit
    chip: Microcontroller
    processor: Part
    nets: dict[str, list[Node]] = field(init=False)
    reached: dict[str, set[str]] = field(init=False)

    def __post_init__(self) -> None:
        self.nets = self.circuit.nets()
        self.reached = {}
        for name, pin in self.profile.pins.items():
            net = self.processor.net(self._pad(pin.gpio))
            self.reached[name] = self._around(net) if net else set()

    def _pad(self, gpio: int) -> str:
        return self.chip.gpio_name.format(gpio)

    def _around(self, net: str) -> set[str]:
        """Return "REF.PIN" of what is on `net`, and behind each small part in series with it that leads to no rail."""
        around = [net]
        for node in self.nets[net]:
            part = self.circuit.parts[node.ref]
            if part.kind.symbol in ("R", "L", "D") and len(part.nets) == 2:
                around += [far for far in part.nets.values() if far != net and not self._is_power(far)]
        return {f"{node.ref}.{self.circuit.pin(node).name}" for near in around for node in self.nets[near]}

    def _is_power(self, net: str) -> bool:
        return net in self.circuit.rails or net == GROUND

    def _parts(self, kind: str) -> list[Part]:
        return [part for part in self.circuit.parts.values() if part.kind.key == kind]

    def ends(self) -> Iterator[str]:
        """Each pin ends where the profile says."""
        for name, pin in self.profile.pins.items():
            pad, found = self._pad(pin.gpio), self.reached[name]
            if not found:
                yield f"{name}: {pad} is connected to nothing"
            elif pin.to is None:
                yield f"{name}: the profile does not say where {pad} ends"
            elif pin.to not in found:
                yield f"{name}: {pad} does not reach {pin.to}; it reaches {', '.join(sorted(found))}"

    def undeclared(self) -> Iterator[str]:
        """Each pin that is used in the circuit is in the profile."""
        declared = {self._pad(pin.gpio) for pin in self.profile.pins.values()}
        gpios = {self._pad(gpio) for gpio in (*self.chip.usable, *self.chip.strapping)}
        for pad in self.processor.kind.pins:
            net = self.processor.nets.get(pad.number)
            if net and pad.name in gpios - declared and not self._only_biased(net):
                yield f"{pad.name} is on {net} in the circuit, and the profile does not name it"

    def _only_biased(self, net: str) -> bool:
        """Tell whether a net of the processor has only resistors and capacitors to rails and ground on it."""
        for part in self.circuit.parts.values():
            is_pad = len(part.kind.pins) < 2  # to measure at
            if part is self.processor or is_pad or net not in part.nets.values():
                continue
            far = [other for other in part.nets.values() if other != net]
            if part.kind.symbol not in ("R", "C") or not all(self._is_power(other) for other in far):
                return False
        return True

    def driver_ends(self) -> Iterator[str]:
        """Each pin that a driver needs ends at the pin of its chip that it is for."""
        for need in needs(self.profile):
            found = self.reached[need.name]
            wanted = [f"{part.ref}.{need.at}" for kind in need.parts for part in self._parts(kind)] if need.at else []
            missed = [end for end in wanted if end not in found]
            if found and (missed if need.every else missed == wanted):
                pad = self._pad(self.profile.pins[need.name].gpio)
                yield from (f"{need.name}: {pad} does not reach {end}, which {need.who} needs" for end in missed)

    def chips(self) -> Iterator[str]:
        """The circuit has the chip of each driver, and the profile the driver of each chip."""
        known, present = chips(), drivers(self.profile)
        for name in (*known.converters, *known.peripherals):
            part = known.part_of(name)
            if name in present and not self._parts(part):
                yield f"the circuit has no {part}, which the driver {name} is for"
            elif name not in present and self._parts(part):
                yield f"the circuit has the {part} {self._parts(part)[0].ref}, and the profile has no driver {name}"
        clocks = [name for name, driver in known.peripherals.items() if driver.keeps_time]
        if self.profile.rtc_battery != any(self._parts(known.part_of(name)) for name in clocks):
            yield "the profile and the circuit disagree whether a battery keeps the clock"

    def wired(self) -> Iterator[str]:
        """Where rate and gain are wired, they are those of the profile."""
        adc = self.profile.adc
        converter = chips().converters[adc.driver]
        for key, value, wiring in (("rate", adc.rate, converter.rates), ("gain", adc.gain, converter.gains)):
            for pin, level in wiring[value].items():
                for part in self._parts(chips().part_of(adc.driver)):
                    net = part.net(pin)
                    if self._level(net) != level:
                        yield f"adc.{key} is {value}, for which {part.ref}.{pin} must be {level}; it is on {net}"

    def divided(self) -> Iterator[str]:
        """The supply is divided as the profile says, and what is left is within the converter's full scale."""
        supply = self.profile.supply
        net = self.processor.net(self._pad(self.profile.pins[supply.pin].gpio))
        up = {part.nets[pin]: part.ohms() for part, pin in self._resistors(net) if self._is_rail(part.nets[pin])}
        down = [part.ohms() for part, pin in self._resistors(net) if part.nets[pin] == GROUND]
        if len(up) != 1 or len(down) != 1:
            yield f"supply.pin: {net} has not one resistor to a rail and one to {GROUND}"
            return
        ((rail, upper),) = up.items()
        ratio, high_mv = 1 + upper / down[0], self.circuit.rails[rail].high * 1000
        if abs(ratio / supply.divider - 1) > _DIVIDER_TOLERANCE:
            yield f"supply.divider is {supply.divider}; the resistors at {net} divide {rail} by {ratio:.2f}"
        if high_mv / ratio > self.profile.analogue.full_scale_mv:
            yield f"supply.pin: {rail} gives {high_mv / ratio:.0f} mV at {net}, more than analogue.full_scale_mv"

        low, rail_volts = supply.low_mv / 1000, self.circuit.rails[rail]
        if not rail_volts.low < low < rail_volts.nominal:
            within = f"{rail} is from {rail_volts.low} V to nominally {rail_volts.nominal} V"
            yield f"supply.low_mv is {supply.low_mv}; {within}: write a value between"

    def referred(self) -> Iterator[str]:
        """The converter's full scale is what a reference on the board gives, where the chip takes it from a pin."""
        if self.chip.reference is None:
            return
        net, wanted = self.processor.net(self.chip.reference), self.profile.analogue.full_scale_mv
        given = [
            each.volts
            for part in self.circuit.parts.values()
            if (each := part.kind.reference) and part.net(each.output) == net
        ]
        if len(given) != 1:
            yield f"analogue.full_scale_mv: {self.chip.reference} has {len(given)} references on it: fit one"
        elif not given[0][0] * 1000 <= wanted <= given[0][1] * 1000:
            yield f"analogue.full_scale_mv is {wanted}; the reference at {self.chip.reference} gives {given[0]} V"

    def flash(self) -> Iterator[str]:
        """The flash map is of the memory that the module has."""
        memory, declared = self.processor.kind.memory, self.profile.flash.chip_bytes
        if memory and memory.bytes != declared:
            yield f"flash.chip_bytes is {declared}; {self.processor.kind.order_number} has {memory.bytes}: write that"

    def held(self) -> Iterator[str]:
        """Each input has a level by something outside the processor, or by the pull-up that the profile asks for."""
        for name, pin in self.profile.pins.items():
            net = self.processor.net(self._pad(pin.gpio))
            if pin.use == "input" and not pin.pull_up and net and not is_held(self.circuit, net, self.processor.ref):
                yield f"{name}: nothing holds {net} at {self._pad(pin.gpio)}: add a resistor, or pull_up = true"

    def _resistors(self, net: str | None) -> Iterator[tuple[Part, str]]:
        """Yield the resistors at `net`, each with its pin at the far end."""
        for part in self.circuit.parts.values():
            if part.kind.prefix == "R" and net in part.nets.values():
                yield from ((part, pin) for pin, other in part.nets.items() if other != net)

    def _is_rail(self, net: str) -> bool:
        return net in self.circuit.rails

    def _level(self, net: str | None) -> Level | None:
        if net is None:
            return None
        if net == GROUND:
            return "low"
        return "high" if net in self.circuit.rails else "signal"
