"""What a board must have, as its drivers say in chips.toml."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from steelyard_hardware.chips import Driver, chips
from steelyard_hardware.schema import Profile


@dataclass(frozen=True)
class Need:
    """A pin that a board must have: who needs it, its name and use, and where it ends in the circuit.

    It ends at the pin `at` of a part of one of the kinds `parts`, or of each such part where `every` says so; None
    means that nobody minds.
    """

    who: str
    name: str
    use: str
    at: str | None = None
    parts: tuple[str, ...] = ()
    every: bool = False


def drivers(profile: Profile) -> dict[str, Driver]:
    """Return the drivers of a board by name; those that chips.toml does not have are left out."""
    known = chips()
    found: dict[str, Driver] = {}
    if profile.adc.driver in known.converters:
        found[profile.adc.driver] = known.converters[profile.adc.driver]
    for bus in profile.buses.values():
        found |= {name: known.peripherals[name] for name in bus.chips if name in known.peripherals}
    return found


def needs(profile: Profile) -> Iterator[Need]:
    """Yield every pin that the agent, the buses and the drivers of a board need."""
    known, present = chips(), drivers(profile)
    for pin in known.agent.pins:
        yield Need("the agent", pin.name, pin.use)
    for kind, bus in profile.buses.items():
        on_it = tuple(known.part_of(name) for name, driver in present.items() if driver.bus == kind)
        for pin in known.buses.of(kind).pins:
            yield Need(f"the bus {kind}", pin.name, f"{kind}{bus.id} {pin.use}", pin.at, on_it, every=True)
    for name, driver in present.items():
        for pin in driver.pins:
            yield Need(f"the driver {name}", pin.name, pin.use, pin.at, (known.part_of(name),), pin.every)
