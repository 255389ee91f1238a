"""What is wrong with a board's profile although each value is of its type; each fault says where, what, and what to do.

Drivers must be known and get their pins, and pins must be free and able to do what they are used for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from steelyard_hardware.chips import Buses, Converter, Microcontroller, chips
from steelyard_hardware.closing import closings
from steelyard_hardware.flash import flash_faults, image_faults, port_faults
from steelyard_hardware.needs import needs
from steelyard_hardware.schema import Profile

_FREE_USES = ("input", "output")
_ANALOGUE_USE = "adc"
_ADC_PINS = "adc_"


def faults(name: str, profile: Profile) -> list[str]:
    """Return everything that is wrong with the profile `boards/NAME.toml`."""
    found = [] if profile.name == name else [f"name is {profile.name!r}: write {name!r} or rename the file"]
    found += [*_driver_faults(profile), *_need_faults(profile), *_value_faults(profile), *flash_faults(profile.flash)]
    found += image_faults(profile.flash, profile.image)
    chip = chips().microcontrollers.get(profile.chip)
    if chip is None:
        found.append(f"chip is {profile.chip!r}, which chips.toml does not have: {_add(chips().microcontrollers)}")
    else:
        found += [*_pin_faults(profile, chip), *_analogue_faults(profile, chip)]
        found += _open_ports(profile, chip)
        found += port_faults(profile.flash, profile.image, chip.port)
    return found


def _add(known: Iterable[str]) -> str:
    return f"write one of {_listed(known)}, or add it there"


def _listed(values: Iterable[str] | Iterable[int]) -> str:
    return ", ".join(map(str, sorted(values))) or "none"


def _driver_faults(profile: Profile) -> Iterator[str]:
    """Every driver is known, is on its bus, and can do what it is set to."""
    known = chips()
    converter = known.converters.get(profile.adc.driver)
    if converter is None:
        yield f"adc.driver is {profile.adc.driver!r}, which chips.toml does not have: {_add(known.converters)}"
    else:
        yield from _converter_faults(profile, converter)
    seen = set()
    for kind, bus in profile.buses.items():
        for chip in bus.chips:
            where = f"buses.{kind}.chips"
            if chip not in known.peripherals:
                yield f"{where} has {chip!r}, which chips.toml does not have: {_add(known.peripherals)}"
            elif known.peripherals[chip].bus != kind:
                yield f"{where} has {chip!r}, which is no chip on {kind}: move it to {known.peripherals[chip].bus}"
            if chip in seen:
                yield f"{where} has {chip!r} a second time: leave it out"
            seen.add(chip)


def _converter_faults(profile: Profile, converter: Converter) -> Iterator[str]:
    adc = profile.adc
    for key, value, possible in (("rate", adc.rate, converter.rates), ("gain", adc.gain, converter.gains)):
        if value not in possible:
            yield f"adc.{key} is {value}, which the {adc.driver} cannot be given: write one of {_listed(possible)}"
    if converter.bus and converter.bus not in profile.buses:
        yield f"buses.{converter.bus} is missing: the driver {adc.driver} needs it, add it"
    taken = {pin.name for pin in converter.pins}
    for name in profile.pins:
        if name.startswith(_ADC_PINS) and name not in taken:
            yield f"pins.{name} is unknown to the driver {adc.driver}: leave it out or correct the name"


def _need_faults(profile: Profile) -> Iterator[str]:
    """Every pin that a driver needs is there, and used as the driver needs it."""
    for need in needs(profile):
        pin = profile.pins.get(need.name)
        if pin is None:
            yield f'pins.{need.name} is missing: {need.who} needs it, add it with use = "{need.use}"'
        elif pin.use != need.use:
            yield f'pins.{need.name} is used as "{pin.use}": {need.who} needs it as "{need.use}"'
    for needed in () if profile.schematic else chips().agent.pins:
        pin = profile.pins.get(needed.name)
        if pin and pin.use == "input" and not pin.pull_up:
            yield f"pins.{needed.name} floats: no circuit of ours has its pull-up, add pull_up = true"
    ours = {f"{kind}{bus.id}" for kind, bus in profile.buses.items()}
    kinds = tuple(Buses.model_fields)
    for name, pin in profile.pins.items():
        if pin.use.startswith(kinds) and pin.use.partition(" ")[0] not in ours:
            yield f'pins.{name} is used as "{pin.use}", and no table [buses] has that bus: add it or leave the pin out'


def _value_faults(profile: Profile) -> Iterator[str]:
    """Values that make no sense together."""
    low_c, high_c = profile.limits.temperature_c
    if low_c >= high_c:
        yield f"limits.temperature_c is {low_c} to {high_c}: write the lower one first"
    if profile.temperature.uv_per_k == 0:
        yield "temperature.uv_per_k is 0: a sensor's voltage changes with the temperature, write by how much"
    if profile.schematic and profile.repl:
        yield "repl is true: USB would reach MicroPython's prompt without a seal broken, write false"
    if profile.schematic and not profile.loads:
        yield "loads is missing: a board with a circuit is in the power budget, add what it draws"


def _pin_faults(profile: Profile, chip: Microcontroller) -> Iterator[str]:
    """Every pin has a GPIO of its own that can do what it is used for."""
    names: dict[int, str] = {}
    uses: dict[str, str] = {}
    free = _listed(set(chip.usable) - {pin.gpio for pin in profile.pins.values()})
    for name, pin in profile.pins.items():
        where = f"pins.{name}: GPIO {pin.gpio}"
        if pin.gpio in names:
            yield f"{where} is also {names[pin.gpio]}: give one of them another, free are {free}"
        if pin.use in uses and pin.use not in _FREE_USES:
            yield f'pins.{name} is used as "{pin.use}", as is {uses[pin.use]}: leave one of them out'
        names[pin.gpio], uses[pin.use] = name, name
        if pin.gpio in chip.strapping:
            yield f"{where} is a strapping pin of the {profile.chip}: take another, free are {free}"
        elif pin.gpio in chip.taken:
            yield f"{where} of the {profile.chip} is {chip.taken[pin.gpio]}: take another, free are {free}"
        elif pin.gpio not in chip.usable:
            yield f"{where} of the {profile.chip} cannot be used: take another, free are {free}"
        elif pin.gpio in chip.input_only and pin.use != "input":
            yield f"{where} is an input only: take another, free are {free}"
        elif pin.use not in _FREE_USES and not chip.can(pin.gpio, pin.use):
            able = chip.usable if pin.use in chip.any_pin else chip.uses.get(pin.use, ())
            yield f'{where} cannot be "{pin.use}": GPIOs that can are {_listed(able)}'


def _open_ports(profile: Profile, chip: Microcontroller) -> Iterator[str]:
    """Every way into the chip has a fuse that closes it, which closing.toml burns."""
    closing = closings().get(profile.chip)
    burnt = {word for fuse in closing.fuses for word in re.findall(r"\w+", fuse.name)} if closing else set()
    for port, fuse in chip.ports.items():
        if fuse not in burnt:
            yield f"chip is {profile.chip}: {port} stays open, as closing.toml does not burn {fuse}: add it there"


def _analogue_faults(profile: Profile, chip: Microcontroller) -> Iterator[str]:
    """What is measured has a pin that can be measured at, or is inside the chip, and is within full scale."""
    sensor, full_mv = profile.temperature, profile.analogue.full_scale_mv
    for what, name in (("temperature", sensor.pin), ("supply", profile.supply.pin)):
        if name is None:
            if not chip.has_sensor:
                yield f"{what}.pin is missing: the {profile.chip} has no sensor of its own, write a pin of [pins]"
        elif name not in profile.pins:
            yield f"{what}.pin is {name!r}, and [pins] has no such pin: add it or correct the name"
        elif not profile.pins[name].use.startswith(_ANALOGUE_USE):
            uses = _listed(use for use in chip.uses if use.startswith(_ANALOGUE_USE))
            yield f'pins.{name} is used as "{profile.pins[name].use}": {what}.pin needs it as one of {uses}'
    for celsius in profile.limits.temperature_c:
        uv = sensor.reference_uv + (celsius * 100 - sensor.reference_cdeg) * sensor.uv_per_k // 100
        if not 0 <= uv <= full_mv * 1000:
            yield (
                f"temperature: the sensor gives {uv // 1000} mV at {celsius} °C, and analogue.full_scale_mv is "
                f"{full_mv}: take another sensor or reference"
            )
