"""The parts library: pins, limits, order numbers and indicative prices of every part, read from parts.toml.

Pin tables are ours, after the data sheets; a test compares them with KiCad's symbols where KiCad has the part.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

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


@dataclass(frozen=True)
class Pin:
    """One pin: number on the package, name in the data sheet, electrical type, side of the box in the drawing."""

    number: str
    name: str
    electric: Electric
    side: str


@dataclass(frozen=True)
class Kind:
    """One kind of part. `supply` limits each supply pin in volts, `io` is the supply pin of its logic levels.

    `addresses` are its 7-bit I²C addresses, `price` US dollars each for `BATCHES` pieces, `outside` tells that people
    reach its pins without breaking the seal, `rugged` that its pins survive that.
    """

    key: str
    symbol: str
    prefix: str
    description: str
    maker: str
    order_number: str
    alternates: tuple[str, ...]
    footprint: str
    price: tuple[float, ...]
    pins: tuple[Pin, ...]
    kicad: str | None = None
    supply: tuple[tuple[str, float, float], ...] = ()
    io: str | None = None
    addresses: tuple[int, ...] = ()
    outside: bool = False
    rugged: bool = False
    protects: bool = False
    maximum_volts: float | None = None

    def pin(self, name_or_number: str) -> tuple[Pin, ...]:
        """Return every pin of that name, or the one of that number. Raises KeyError."""
        found = tuple(pin for pin in self.pins if pin.name == name_or_number)
        found = found or tuple(pin for pin in self.pins if pin.number == name_or_number)
        if not found:
            raise KeyError(f"{self.key} has no pin {name_or_number!r}: {' '.join(pin.name for pin in self.pins)}")
        return found


def _pins(table: dict[str, list[str]]) -> tuple[Pin, ...]:
    """Read `side = ["NUMBER[,NUMBER…] NAME TYPE", …]`."""
    pins = []
    for side in ("left", "right"):
        for line in table.get(side, []):
            numbers, name, electric = line.split()
            pins += [Pin(number, name, Electric(electric), side) for number in numbers.split(",")]
    return tuple(pins)


def _kind(key: str, entry: dict[str, Any]) -> Kind:
    values = dict(entry)
    pins = _pins({side: values.pop(side, []) for side in ("left", "right")})
    supply = tuple((pin, float(low), float(high)) for pin, (low, high) in values.pop("supply", {}).items())
    price = tuple(float(each) for each in values.pop("price"))
    if len(price) != len(BATCHES):
        raise ValueError(f"{key}: a price for each of {BATCHES} pieces")
    values["alternates"] = tuple(values.get("alternates", ()))
    values["addresses"] = tuple(values.get("addresses", ()))
    return Kind(key=key, pins=pins, supply=supply, price=price, **values)


@cache
def library() -> dict[str, Kind]:
    """Return every kind of part by its key; values of resistors and capacitors are kinds of their own ("R 4k7")."""
    data = tomllib.loads(LIBRARY.read_text())
    kinds = {key: _kind(key, entry) for key, entry in data["parts"].items()}
    for family, entry in data["families"].items():
        values: dict[str, dict[str, Any]] = entry.pop("values")
        for value, own in values.items():
            kinds[f"{family} {value}"] = _kind(
                f"{family} {value}", {**entry, **own, "description": f"{value} {entry['description']}"}
            )
    return kinds


@cache
def prices_date() -> str:
    """Return the date that the indicative prices are of."""
    return str(tomllib.loads(LIBRARY.read_text())["prices"]["date"])
