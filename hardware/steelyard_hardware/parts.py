"""The parts library: pins, limits, order numbers and indicative prices of every part, read from parts.toml.

Pin tables are ours, after the data sheets; a test compares them with KiCad's symbols where KiCad has the part.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import Field
from pydantic import Strict as Strictness

from steelyard_hardware import errors, ratings
from steelyard_hardware.files import Numbers, Strict, Words, read_table, written

LIBRARY = Path(__file__).parent / "parts.toml"
BATCHES = (1, 1_000, 100_000)


class Electric(StrEnum):
    """What a pin does electrically; the letters of parts.toml."""

    PASSIVE = "p"
    INPUT = "i"
    OUTPUT = "o"
    BIDIRECTIONAL = "b"
    OPEN_DRAIN = "d"
    POWER_IN = "w"
    POWER_OUT = "W"
    NOT_CONNECTED = "n"


class Pin(NamedTuple):
    """One pin: number on the package, name in the data sheet, electrical type, side of the box in the drawing."""

    number: str
    name: str
    electric: Electric
    side: str


PinLine = Annotated[str, written(r"\S+ \S+ [piobdwWn]", "write it as NUMBERS NAME TYPE, for example 1,20 OUT W")]
PinLines = Annotated[tuple[PinLine, ...], Strictness(False)]
Price = Annotated[float, Field(ge=0)]
Prices = Annotated[tuple[Price, Price, Price], Strictness(False)]
Volts = Annotated[tuple[float, float], Strictness(False)]
Value = Annotated[str, written(r"[0-9]+([pnumkM][0-9]*)?(_[A-Z0-9]+)?", "write the value as 10, 4k7 or 100n_C0G")]


class Entry(Strict):
    """One part of parts.toml. `supply` limits each supply pin in volts, `io` is the supply pin of its logic levels.

    `addresses` are its 7-bit I²C addresses, `price` US dollars each for `BATCHES` pieces, `outside` tells that people
    reach its pins without breaking the seal, `rugged` that its pins survive that. `source` is where pins, limits and
    whatever has no source of its own are read. `loose` are pins that what is plugged in may leave open, `spare_pads`
    pads of its footprint that are no pin of it. `bare` tells that it is copper of the board: nothing to order.
    """

    symbol: Literal["box", "R", "C", "L", "D", "S"]
    prefix: str
    description: str
    maker: str
    order_number: str
    alternates: Words = ()
    footprint: str
    price: Prices
    left: PinLines = ()
    right: PinLines = ()
    kicad: str | None = None
    supply: dict[str, Volts] = Field(default={})
    io: str | None = None
    addresses: Numbers = ()
    outside: bool = False
    rugged: bool = False
    protects: bool = False
    maximum_volts: float | None = None
    spare_pads: Words = ()
    bare: bool = False
    effective: float = 1.0
    rated_c: ratings.Range
    source: ratings.Source
    loose: Words = ()
    supervisor: ratings.Supervisor | None = None
    memory: ratings.Memory | None = None
    charger: ratings.Charger | None = None
    cell: ratings.Cell | None = None
    regulator: ratings.Regulator | None = None
    logic: ratings.Logic | None = None
    load: ratings.Load | None = None
    clamp: ratings.Clamp | None = None
    bears: ratings.Bears | None = None
    junction: ratings.Junction | None = None
    draws: ratings.Draws | None = None
    lamp: ratings.Lamp | None = None

    def from_memory(self) -> dict[str, str]:
        """Return by table the data sheet that its figures are to be compared with; "pins and limits" are the part's."""
        duties = ((name, getattr(self, name)) for name in type(self).model_fields)
        sources = {name: duty.source for name, duty in duties if isinstance(duty, ratings.Sourced)}
        told = {"pins and limits": self.source, **sources}
        return {
            table: source.removeprefix(ratings.MEMORY)
            for table, source in told.items()
            if source.startswith(ratings.MEMORY)
        }


class Kind(Entry):
    """One kind of part: an entry of parts.toml, or one value of a family."""

    key: str

    @cached_property
    def pins(self) -> tuple[Pin, ...]:
        """Every pin, those of the left side first."""
        found = []
        for side, lines in (("left", self.left), ("right", self.right)):
            for line in lines:
                numbers, name, electric = line.split()
                found += [Pin(number, name, Electric(electric), side) for number in numbers.split(",")]
        return tuple(found)

    def pin(self, name_or_number: str) -> tuple[Pin, ...]:
        """Return every pin of that name, or the one of that number. Raises PinUnknown."""
        found = tuple(pin for pin in self.pins if pin.name == name_or_number)
        found = found or tuple(pin for pin in self.pins if pin.number == name_or_number)
        if not found:
            raise errors.PinUnknown(part=self.key, pin=name_or_number, pins=", ".join(pin.name for pin in self.pins))
        return found


class FamilyValue(Strict):
    """What one value of a family has of its own."""

    order_number: str
    alternates: Words = ()
    footprint: str | None = None
    price: Prices | None = None
    maximum_volts: float | None = None
    effective: float = 1.0


class Family(Strict):
    """Parts that differ in their value: resistors, capacitors, inductors."""

    symbol: Literal["R", "C", "L"]
    prefix: str
    description: str
    maker: str
    footprint: str
    price: Prices
    left: PinLines
    right: PinLines
    rated_c: ratings.Range
    source: ratings.Source
    values: dict[Value, FamilyValue]

    def kinds(self, name: str) -> dict[str, Kind]:
        """Return each value as a kind of its own, called "NAME VALUE"."""
        shared = self.model_dump(exclude={"values"})
        return {
            f"{name} {value}": Kind(
                **{
                    **shared,
                    **own.model_dump(exclude_unset=True),
                    "key": f"{name} {value}",
                    "description": f"{value} {self.description}",
                }
            )
            for value, own in self.values.items()
        }


class PriceList(Strict):
    """When the prices were read."""

    date: str


class Library(Strict):
    """The whole file."""

    prices: PriceList
    parts: dict[str, Entry]
    families: dict[str, Family]


@cache
def whole_file() -> Library:
    """Return parts.toml. Raises HardwareError."""
    return read_table(LIBRARY, Library)


@cache
def library() -> dict[str, Kind]:
    """Return every kind of part by its key; the values of a family are kinds of their own ("R 4k7")."""
    kinds = {key: Kind(key=key, **dict(entry)) for key, entry in whole_file().parts.items()}
    for name, family in whole_file().families.items():
        kinds |= family.kinds(name)
    return kinds


def prices_date() -> str:
    """Return the date that the indicative prices are of."""
    return whole_file().prices.date
