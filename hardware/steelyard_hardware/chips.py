"""chips.toml as types: what drivers need of a board, and what the pins of each microcontroller can do."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic import Strict as Strictness

from steelyard_hardware.files import Numbers, Strict, Words, read_table, written

CHIPS = Path(__file__).parent / "chips.toml"

BusName = Literal["i2c", "spi"]
Level = Literal["low", "high", "signal"]
Wired = dict[Annotated[int, Strictness(False)], dict[str, Level]]
"""By value, the level of each pin of the chip that chooses it; TOML has its keys as text."""

ByGpio = dict[Annotated[int, Strictness(False)], str]
"""By number; TOML has its keys as text."""


class NeededPin(Strict):
    """A pin that a board must have: its name in the profile, its use, and the chip's pin where it ends.

    With `every` it ends at each chip of that kind, otherwise at one of them.
    """

    name: str
    use: str
    at: str | None = None
    every: bool = False


NeededPins = Annotated[tuple[NeededPin, ...], Strictness(False)]


class Needy(Strict):
    """Whatever needs pins of a board."""

    pins: NeededPins = ()


class Driver(Needy):
    """What one driver needs, besides the pins of its bus."""

    part: str | None = None
    bus: BusName | None = None


class Converter(Driver):
    """A load-cell converter's driver: the rates in samples a second, and the gains."""

    rates: Wired
    gains: Wired


class Peripheral(Driver):
    """Another chip's driver; whether the chip keeps the time on a battery."""

    keeps_time: bool = False

    @model_validator(mode="after")
    def _on_a_bus(self) -> Peripheral:
        if self.bus is None:
            raise ValueError("say by `bus` which bus it is on")
        return self


class Buses(Strict):
    """Every kind of bus, with its lines."""

    i2c: Needy
    spi: Needy

    def of(self, kind: BusName) -> Needy:
        """Return what a bus of this kind needs."""
        return {"i2c": self.i2c, "spi": self.spi}[kind]


class Microcontroller(Strict):
    """What the pins of a microcontroller, as a module, can do; `taken` says what the module does with its own.

    `ports` names the fuse of closing.toml that closes each way in; `has_sensor` tells whether a temperature sensor
    inside is an input of its analogue converter, `reference` the pin where that takes its full scale from.
    """

    port: Literal["rp2", "esp32"]
    part: str
    gpio_name: Annotated[str, written(r"[^{}]*\{\}[^{}]*", "write {} where the number goes")]
    usable: Numbers
    strapping: Numbers
    input_only: Numbers
    has_sensor: bool
    taken: ByGpio
    ports: dict[str, str] = Field(default={})
    reference: str | None = None
    any_pin: Words = ()
    uses: dict[str, Numbers]

    def can(self, gpio: int, use: str) -> bool:
        """Tell whether a usable pin has an alternate function."""
        return use in self.any_pin or gpio in self.uses.get(use, ())


class Chips(Strict):
    """The whole file."""

    agent: Needy
    buses: Buses
    converters: dict[str, Converter]
    peripherals: dict[str, Peripheral]
    microcontrollers: dict[str, Microcontroller]

    def part_of(self, driver: str) -> str:
        """Return the key in parts.toml of the chip that a driver is for."""
        drivers: dict[str, Driver] = {**self.converters, **self.peripherals}
        return drivers[driver].part or driver


@cache
def chips() -> Chips:
    """Return chips.toml. Raises HardwareError."""
    return read_table(CHIPS, Chips)
