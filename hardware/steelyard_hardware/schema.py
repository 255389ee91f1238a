"""The schema of `boards/NAME.toml`: every table, its keys, and the type and range of each value."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, model_validator
from pydantic import Strict as Strictness

from steelyard_hardware.chips import BusName
from steelyard_hardware.files import Strict, written
from steelyard_hardware.flash import Flash, Image

# Names become names of Python, and texts stand in quotes there.
Name = Annotated[str, written(r"[a-z][a-z0-9_]*", "write it in small letters, digits and _, beginning with a letter")]
Title = Annotated[str, written(r'[^"\\\x00-\x1f]{1,80}', "write one line of at most 80 characters without quotes")]
BootWord = Annotated[str, written(r"[ !#-\[\]-~]{1,32}", "write 1 to 32 ASCII characters without quotes")]
End = Annotated[str, written(r"[A-Z]+[0-9]+\.\S+", "write it as REFERENCE.PIN, for example U2.DOUT")]
Load = Annotated[tuple[Annotated[float, Field(ge=0)], Annotated[float, Field(ge=0, le=1)]], Strictness(False)]


class Adc(Strict):
    """The load-cell converter: the agent's driver, nominal samples per second, gain."""

    driver: str
    rate: int
    gain: int


class PinUse(Strict):
    """One GPIO: where it ends in the circuit ("U2.DOUT"; None without a circuit) and what it is used for.

    `pull_up` asks for the chip's own pull-up, where the circuit has none.
    """

    gpio: int
    to: End | None = None
    use: str
    pull_up: bool = False


class Bus(Strict):
    """One bus: the port's number for it, and the drivers of the chips on it."""

    id: int
    chips: list[str]


class Display(Strict):
    """Vendor's and customer's display: the distance of neighbouring pixels in micrometres."""

    pixel_um: Annotated[int, Field(ge=100, le=2_000)]


class Analogue(Strict):
    """The microcontroller's own analogue converter: the millivolts of its full scale."""

    full_scale_mv: Annotated[int, Field(ge=500, le=6_000)]


class Measured(Strict):
    """What is measured by the microcontroller's converter. A channel by number would leave the pin as reset left it."""

    @model_validator(mode="before")
    @classmethod
    def _by_pin(cls, table: Any) -> Any:
        if isinstance(table, dict) and "channel" in table:
            raise ValueError("a channel by its number leaves its pin uninitialised, write pin = NAME, a pin of [pins]")
        return table


class Temperature(Measured):
    """A sensor with a straight characteristic: microvolts at a reference (hundredths of a degree), microvolts per K.

    Without `pin` it is the one inside the chip.
    """

    pin: Name | None = None
    reference_uv: Annotated[int, Field(ge=0, le=5_000_000)]
    reference_cdeg: Annotated[int, Field(ge=-5_000, le=15_000)]
    uv_per_k: Annotated[int, Field(ge=-100_000, le=100_000)]


class Supply(Measured):
    """Where the supply is measured, divided by what, and below how many millivolts it is low."""

    pin: Name
    divider: Annotated[int, Field(ge=1, le=100)]
    low_mv: Annotated[int, Field(ge=1, le=60_000)]


class Limits(Strict):
    """Rated operating conditions that the circuit is dimensioned for."""

    temperature_c: Annotated[tuple[int, int], Strictness(False)] = (-10, 40)
    cell_ohm: Annotated[int, Field(ge=1)] = 350


class Profile(Strict):
    """One board, as its TOML file says. `loads` are milliamperes from VSYS, and for which part of a market day."""

    name: Name
    title: Title
    hardware: BootWord
    chip: str
    schematic: bool
    repl: bool
    rtc_battery: bool
    adc: Adc
    pins: dict[Name, PinUse]
    buses: dict[BusName, Bus] = Field(default={})
    analogue: Analogue
    display: Display | None = None
    temperature: Temperature
    supply: Supply
    flash: Flash
    image: Image | None = None
    limits: Limits = Limits()
    loads: dict[str, Load] = Field(default={})
