"""Board profiles: `boards/NAME.toml`, read and validated.

A profile lies when a pin is used twice, cannot do what it is used
for; when regions of the flash overlap or the journal does not last as said; or when a name is unknown.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

BOARDS = Path(__file__).resolve().parent.parent / "boards"
SECTOR_BYTES = 4096
# A snapshot of 190 bytes with its record header, 144 a day at the default period, thinned out below a quarter free.
_RECORD_BYTES = 208
_SNAPSHOTS_A_DAY = 144
_FREE_USES = ("input", "output")


class ProfileError(ValueError):
    """{board}: {faults}"""

    def __init__(self, board: str, faults: list[str]) -> None:
        super().__init__(f"{board}: " + "; ".join(faults))
        self.faults = faults


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


Region = tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(gt=0)]]


class Adc(_Strict):
    """The load-cell converter: the agent's driver, nominal samples per second, gain."""

    driver: Literal["hx711", "ads1232"]
    rate: Literal[10, 80]
    gain: Literal[1, 2, 32, 64, 128]


class PinUse(_Strict):
    """One GPIO: where it ends in the circuit ("U2.DOUT"; None without a circuit) and what it is used for."""

    gpio: int
    to: str | None = None
    use: str


class Bus(_Strict):
    """One bus: the port's number for it, and the drivers of the chips on it."""

    id: int
    chips: list[str]


class Temperature(_Strict):
    """A sensor with a straight characteristic: microvolts at a reference (hundredths of a degree), microvolts per K."""

    channel: int
    reference_uv: int
    reference_cdeg: int
    uv_per_k: int


class Supply(_Strict):
    """Where the supply is measured, divided by what, and below how many millivolts it is low."""

    channel: int
    divider: Annotated[int, Field(ge=1)]
    low_mv: int


class Flash(_Strict):
    """The flash map in bytes; `storage` is what the port's own flash class offers, `days` the journal's capacity."""

    chip_bytes: int
    program_bytes: Literal[1, 4, 16, 256]
    storage: Region
    days: int
    regions: dict[Literal["loader", "code", "code_a", "code_b", "files", "journal"], Region]


class Limits(_Strict):
    """Rated operating conditions that the circuit is dimensioned for."""

    temperature_c: tuple[int, int] = (-10, 40)
    cell_ohm: int = 350


class Profile(_Strict):
    """One board, as its TOML file says."""

    name: str
    title: str
    hardware: Annotated[str, Field(min_length=1, max_length=32)]
    port: Literal["rp2", "esp32"]
    chip: str
    schematic: bool
    repl: bool
    rtc_battery: bool
    adc: Adc
    pins: dict[str, PinUse]
    buses: dict[Literal["i2c", "spi"], Bus] = {}
    temperature: Temperature
    supply: Supply
    flash: Flash
    limits: Limits = Limits()


@dataclass(frozen=True)
class Chip:
    """What a microcontroller's pins can do."""

    part: str
    gpio_name: str
    usable: tuple[int, ...]
    strapping: tuple[int, ...]
    input_only: tuple[int, ...]
    adc_inside: tuple[int, ...]
    uses: dict[str, tuple[int, ...]]


@cache
def chips() -> dict[str, Chip]:
    """Return every microcontroller of chips.toml by name."""
    data = tomllib.loads((Path(__file__).parent / "chips.toml").read_text())
    return {
        name: Chip(
            part=entry["part"],
            gpio_name=entry["gpio_name"],
            usable=tuple(entry["usable"]),
            strapping=tuple(entry["strapping"]),
            input_only=tuple(entry["input_only"]),
            adc_inside=tuple(entry["adc_inside"]),
            uses={use: tuple(pins) for use, pins in entry["uses"].items()},
        )
        for name, entry in data.items()
    }


def names() -> list[str]:
    """Return the names of all boards that have a profile."""
    return sorted(path.stem for path in BOARDS.glob("*.toml"))


def load(name: str) -> Profile:
    """Read and validate `boards/NAME.toml`. Raises ProfileError with everything that is wrong."""
    return parse(name, (BOARDS / f"{name}.toml").read_text())


def parse(name: str, text: str) -> Profile:
    """Read and validate a profile. Raises ProfileError with everything that is wrong."""
    try:
        profile = Profile(**tomllib.loads(text))
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
        raise ProfileError(name, faults) from None
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(name, [str(error)]) from None
    faults = _identity_faults(name, profile) + _pin_faults(profile) + _flash_faults(profile)
    if faults:
        raise ProfileError(name, faults)
    return profile


def _identity_faults(name: str, profile: Profile) -> list[str]:
    faults = [] if profile.name == name else [f"is called {profile.name!r} inside"]
    if profile.chip not in chips():
        return [*faults, f"chip {profile.chip!r} is not in chips.toml"]
    needed = ["adc_dout", "adc_sck", "case", "adjust"]
    return faults + [f"no pin {pin!r}" for pin in needed if pin not in profile.pins]


def _pin_faults(profile: Profile) -> list[str]:
    chip = chips().get(profile.chip)
    if chip is None:
        return []
    faults, seen = [], dict[int, str]()
    for name, pin in profile.pins.items():
        if pin.gpio in seen:
            faults.append(f"GPIO {pin.gpio} is both {seen[pin.gpio]} and {name}")
        seen[pin.gpio] = name
        if pin.gpio in chip.strapping:
            faults.append(f"{name}: GPIO {pin.gpio} is a strapping pin of the {profile.chip}")
        elif pin.gpio not in chip.usable:
            faults.append(f"{name}: GPIO {pin.gpio} of the {profile.chip} cannot be used")
        elif pin.gpio in chip.input_only and pin.use != "input":
            faults.append(f"{name}: GPIO {pin.gpio} is an input only")
        elif pin.use not in _FREE_USES and not _can(chip, profile.port, pin):
            faults.append(f"{name}: GPIO {pin.gpio} cannot be {pin.use!r}")
    for bus, lines in (("i2c", ("sda", "scl")), ("spi", ("sck", "tx"))):
        if bus in profile.buses:
            number = profile.buses[bus].id
            uses = {pin.use for pin in profile.pins.values()}
            faults += [
                f"bus {bus}: no pin is {bus}{number} {line}" for line in lines if f"{bus}{number} {line}" not in uses
            ]
    for what, channel in (("temperature", profile.temperature.channel), ("supply", profile.supply.channel)):
        if channel not in chip.adc_inside and not any(pin.use == f"adc{channel}" for pin in profile.pins.values()):
            faults.append(f"{what}: no pin is adc{channel}, and the chip has no such channel inside")
    return faults


def _can(chip: Chip, port: str, pin: PinUse) -> bool:
    if pin.use in chip.uses:
        return pin.gpio in chip.uses[pin.use]
    return port == "esp32" and pin.use.partition(" ")[0].rstrip("012") in ("i2c", "spi", "uart")


def _flash_faults(profile: Profile) -> list[str]:
    flash, faults = profile.flash, []
    storage_start, storage_length = flash.storage
    if storage_start + storage_length > flash.chip_bytes:
        faults.append("flash: the storage ends beyond the chip")
    end, before = 0, "the beginning"
    for name, (offset, length) in sorted(flash.regions.items(), key=lambda item: item[1]):
        if offset % SECTOR_BYTES or length % SECTOR_BYTES:
            faults.append(f"flash: {name} is not made of {SECTOR_BYTES}-byte sectors")
        if offset < end:
            faults.append(f"flash: {name} overlaps {before}")
        if offset + length > flash.chip_bytes:
            faults.append(f"flash: {name} ends beyond the chip")
        end, before = offset + length, name
        inside = storage_start <= offset and offset + length <= storage_start + storage_length
        if name in ("files", "journal") and not inside:
            faults.append(f"flash: {name} is not within the storage")
        if (
            name not in ("files", "journal")
            and offset < storage_start + storage_length
            and offset + length > storage_start
        ):
            faults.append(f"flash: {name} is within the storage")
    faults += [f"flash: no region {name!r}" for name in ("files", "journal") if name not in flash.regions]
    if "journal" in flash.regions:
        possible = journal_days(flash)
        if flash.days != possible:
            faults.append(f"flash: the journal lasts {possible} days, not {flash.days}")
    return faults


def journal_days(flash: Flash) -> int:
    """Return for how many days the journal holds snapshots, in whole programming units after each sector's mark."""
    unit = max(flash.program_bytes, 16)
    record = -(-_RECORD_BYTES // unit) * unit
    records = flash.regions["journal"][1] // SECTOR_BYTES * ((SECTOR_BYTES - unit) // record)
    return records * 3 // 4 // _SNAPSHOTS_A_DAY
