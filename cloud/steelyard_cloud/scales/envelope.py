"""The envelope of a type approval: what a scale of the type may be without another evaluation.

Limits of parameters, converters, hardware, keys that may sign its updates, and fields of the R 76 test report. What an
envelope does not name it does not limit.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

from steelyard_protocol.bodies import Boot
from steelyard_protocol.parameters import FIELDS, KEYS

from steelyard_cloud.errors import WrongValue
from steelyard_cloud.scales import csv_in
from steelyard_cloud.scales.refusals import OutsideEnvelope

R76_FIELDS = (
    "accuracy_class",
    "verification_intervals",
    "temperature_min_c",
    "temperature_max_c",
    "power_supply",
    "tare_max_mg",
    "load_cell",
    "load_cell_class",
    "indicator",
    "price_computing",
    "test_report",
    "test_laboratory",
)
"""Fields of the R 76 test report that are kept as text."""
MOST = 60
_KEY = re.compile("[0-9a-f]{64}")


class Breach(NamedTuple):
    """What lies outside: its name, its value and what is allowed, as text."""

    what: str
    value: str
    allowed: str


@dataclass(frozen=True)
class Envelope:
    """`limits` by parameter key; `update_keys` are thumbprints (32 bytes); empty lists limit nothing."""

    limits: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    adc: tuple[str, ...] = ()
    hardware: tuple[str, ...] = ()
    update_keys: tuple[bytes, ...] = ()
    r76: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any] | None) -> Self:
        """As the table keeps it; null is an envelope that limits nothing."""
        if not kept:
            return cls()
        return cls(
            {int(key): (low, high) for key, (low, high) in kept["limits"].items()},
            tuple(kept["adc"]),
            tuple(kept["hardware"]),
            tuple(map(bytes.fromhex, kept["update_keys"])),
            dict(kept["r76"]),
        )

    def as_json(self) -> dict[str, Any]:
        """As the table keeps it."""
        return {
            "limits": {str(key): list(limits) for key, limits in sorted(self.limits.items())},
            "adc": list(self.adc),
            "hardware": list(self.hardware),
            "update_keys": [key.hex() for key in self.update_keys],
            "r76": dict(self.r76),
        }

    def shown(self) -> dict[str, Any]:
        """As the API gives and takes it: parameters by name."""
        named = {FIELDS[key].name: list(limits) for key, limits in sorted(self.limits.items()) if key in FIELDS}
        return self.as_json() | {"limits": named}

    def breaches(self, parameters: Mapping[int, int], boot: Boot | None) -> Iterator[Breach]:
        """What of a scale lies outside: its parameters, and what its start says of its hardware."""
        for key, (low, high) in sorted(self.limits.items()):
            value = parameters.get(key)
            if value is not None and not low <= value <= high:
                yield Breach(FIELDS[key].name, str(value), f"{low} … {high}")
        if boot is not None:
            for what, said, allowed in (("adc", boot.adc, self.adc), ("hardware", boot.hardware, self.hardware)):
                if allowed and said not in allowed:
                    yield Breach(what, said, ", ".join(allowed))

    def refusals(self, parameters: Mapping[int, int], boot: Boot | None) -> list[OutsideEnvelope]:
        """The same as reasons not to verify."""
        found = self.breaches(parameters, boot)
        return [OutsideEnvelope(what=one.what, value=one.value, allowed=one.allowed) for one in found]


def read(given: Mapping[str, Any]) -> Envelope:
    """An envelope as the API takes it; raises WrongValue naming the field."""
    limits = dict(_limit(name, pair) for name, pair in given.get("limits", {}).items())
    lists = {name: _words(name, given.get(name, [])) for name in ("adc", "hardware", "update_keys")}
    for key in lists["update_keys"]:
        if not _KEY.fullmatch(key):
            raise WrongValue(where="envelope.update_keys", why="thumbprints of 64 hexadecimal digits expected")
    r76 = {name: str(value).strip() for name, value in given.get("r76", {}).items()}
    for name, value in r76.items():
        if name not in R76_FIELDS:
            raise WrongValue(where=f"envelope.r76.{name[:40]}", why=f"one of {', '.join(R76_FIELDS)} expected")
        if not 1 <= len(value) <= 120:
            raise WrongValue(where=f"envelope.r76.{name}", why="1 to 120 characters expected")
    keys = tuple(map(bytes.fromhex, lists["update_keys"]))
    return Envelope(limits, tuple(lists["adc"]), tuple(lists["hardware"]), keys, r76)


def _limit(name: str, pair: Sequence[int]) -> tuple[int, tuple[int, int]]:
    where = f"envelope.limits.{name[:40]}"
    key = KEYS.get(name)
    if key is None:
        raise WrongValue(where=where, why="no parameter is called that")
    whole = len(pair) == 2 and all(type(one) is int for one in pair)
    if not whole or pair[0] > pair[1]:
        raise WrongValue(where=where, why="two whole numbers expected, the lower one first")
    least, most = FIELDS[key].minimum, FIELDS[key].maximum
    if not least <= pair[0] <= pair[1] <= most:
        raise WrongValue(where=where, why=f"{least} to {most} expected")
    return key, (pair[0], pair[1])


def _words(name: str, given: Sequence[str]) -> list[str]:
    words = [str(one).strip() for one in given]
    if len(words) > MOST or any(not 1 <= len(one) <= 64 for one in words):
        raise WrongValue(where=f"envelope.{name}", why=f"at most {MOST} words of 1 to 64 characters expected")
    return list(dict.fromkeys(words))


_LISTS = {"adc": "adc", "hardware": "hardware", "update_key": "update_keys"}


def from_csv(raw: bytes) -> dict[str, Any]:
    """What `read` takes, from a CSV file: a field in each line, then its value, of a parameter lowest and highest.

    A first line that begins with "field" is a heading. Raises WrongValue naming the line.
    """
    given: dict[str, Any] = {"limits": {}, "adc": [], "hardware": [], "update_keys": [], "r76": {}}
    for line, cells in csv_in.rows(raw):
        name, values = cells[0].lower(), [cell for cell in cells[1:] if cell]
        if name == "field":
            continue
        if not values:
            raise WrongValue(where=f"line {line}", why="a value expected")
        if name in _LISTS:
            given[_LISTS[name]].append(values[0])
        elif name in R76_FIELDS:
            given["r76"][name] = values[0]
        else:
            given["limits"][name] = _numbers(line, name, values)
    return given


def _numbers(line: int, name: str, values: Sequence[str]) -> list[int]:
    if name not in KEYS:
        raise WrongValue(where=f"line {line}", why=f"there is no field {name[:40]}")
    if len(values) > 2 or not all(re.fullmatch("-?[0-9]{1,12}", one) for one in values):
        raise WrongValue(where=f"line {line}", why="one or two whole numbers expected")
    return [int(values[0]), int(values[-1])]
