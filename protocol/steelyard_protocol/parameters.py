"""The legally relevant parameters of a scale: one map of integers in two groups, after OIML D 31.

Keys below 32 are type-specific (configuration counter), the others device-specific (calibration counter). The digest of
the encoded map is what every statement carries.
"""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from steelyard_protocol import cbor
from steelyard_protocol.errors import ProtocolError

DIGEST_BYTES = 16
FIRST_DEVICE_KEY = 32
FIRST_POINT_KEY = 40
MAX_POINTS = 6
LEAST_STEPS = 500
"""Of the next interval in a partial weighing range, for class III (after R 76-1, 3.3.3)."""

ParameterMap = Mapping[int, int]


class ParameterError(ProtocolError):
    """not a valid set of parameters: {why}"""

    code, noun = "parameters", "parameters"


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter: its key in the map, its name with unit, its inclusive range."""

    key: int
    name: str
    minimum: int
    maximum: int
    optional: bool = False


# ---- from steelyard.cddl, by `make tables`
_DEFINED = (
    Field(1, "max_mg", 1_000, 1_000_000_000),
    Field(2, "min_mg", 0, 1_000_000_000),
    Field(3, "e_mg", 1, 100_000_000),
    Field(4, "filter_samples", 1, 64),
    Field(5, "stability_band_millie", 1, 10_000),
    Field(6, "stability_time_ms", 100, 10_000),
    Field(7, "zero_tracking_millie_per_s", 0, 500),
    Field(8, "zero_setting_permille", 0, 40),
    Field(9, "initial_zero_permille", 0, 200),
    Field(10, "price_decimals", 0, 4),
    Field(11, "currency", 0, 999),
    Field(12, "permit_required", 0, 1),
    Field(13, "sales", 0, 3, optional=True),
    Field(14, "price_per_100_g", 0, 1, optional=True),
    Field(15, "till_tare", 0, 1, optional=True),
    Field(16, "max_1_mg", 1_000, 1_000_000_000, optional=True),
    Field(17, "e_2_mg", 1, 100_000_000, optional=True),
    Field(18, "max_2_mg", 1_000, 1_000_000_000, optional=True),
    Field(19, "e_3_mg", 1, 100_000_000, optional=True),
    Field(20, "low_pass", 0, 1, optional=True),
    Field(32, "zero_counts", -8_388_608, 8_388_607),
    Field(33, "gravity_calibration_um_s2", 9_700_000, 9_900_000),
    Field(34, "gravity_use_um_s2", 9_700_000, 9_900_000),
    Field(35, "reference_temperature_cdeg", -5_500, 12_500),
    Field(36, "zero_temperature_mcounts_per_k", -10_000_000, 10_000_000),
    Field(37, "span_temperature_ppb_per_k", -10_000_000, 10_000_000),
    Field(40, "point_1_counts", 1, 16_777_215),
    Field(41, "point_1_mg", 1, 1_000_000_000),
    Field(42, "point_2_counts", 1, 16_777_215, optional=True),
    Field(43, "point_2_mg", 1, 1_000_000_000, optional=True),
    Field(44, "point_3_counts", 1, 16_777_215, optional=True),
    Field(45, "point_3_mg", 1, 1_000_000_000, optional=True),
    Field(46, "point_4_counts", 1, 16_777_215, optional=True),
    Field(47, "point_4_mg", 1, 1_000_000_000, optional=True),
    Field(48, "point_5_counts", 1, 16_777_215, optional=True),
    Field(49, "point_5_mg", 1, 1_000_000_000, optional=True),
    Field(50, "point_6_counts", 1, 16_777_215, optional=True),
    Field(51, "point_6_mg", 1, 1_000_000_000, optional=True),
)
# ----

FIELDS: dict[int, Field] = {field.key: field for field in _DEFINED}
KEYS: dict[str, int] = {field.name: field.key for field in FIELDS.values()}


_RANGES = ((16, 17), (18, 19))


def digest(parameters: ParameterMap) -> bytes:
    """The 16-byte parameter digest: SHA-256 over the deterministically encoded map, cut."""
    return hashlib.sha256(cbor.encode(dict(parameters))).digest()[:DIGEST_BYTES]


def points(parameters: ParameterMap) -> list[tuple[int, int]]:
    """The calibration points in rising order as (counts above zero, mg), without the origin."""
    keys = range(FIRST_POINT_KEY, FIRST_POINT_KEY + 2 * MAX_POINTS, 2)
    return [(parameters[key], parameters[key + 1]) for key in keys if key in parameters]


def ranges(parameters: ParameterMap) -> list[tuple[int, int]]:
    """The weighing range, or the partial ones of a multi-interval scale in rising order, as (end, interval e) in mg."""
    found, e_mg = [], parameters[KEYS["e_mg"]]
    for end, next_e in _RANGES:
        if end in parameters:
            found.append((parameters[end], e_mg))
            e_mg = parameters[next_e]
    return [*found, (parameters[KEYS["max_mg"]], e_mg)]


def unit_mg(parameters: ParameterMap) -> int:
    """What a statement's *intervals* are, in mg: e, or the largest mass of which every e is a whole number."""
    return math.gcd(parameters[KEYS["e_mg"]], *(parameters.get(next_e, 0) for _, next_e in _RANGES))


def breaches(parameters: Any) -> list[str]:
    """Everything that keeps `parameters` from being a valid map, each in one line; empty if it is valid."""
    if not isinstance(parameters, Mapping):
        return ["the parameters are not a map"]
    found = [f"parameter {key!r} is unknown" for key in parameters if type(key) is not int or key not in FIELDS]
    for field in FIELDS.values():
        if field.key not in parameters:
            if not field.optional:
                found.append(f"{field.name} ({field.key}) is missing")
            continue
        value = parameters[field.key]
        if type(value) is not int or not field.minimum <= value <= field.maximum:
            found.append(f"{field.name} ({field.key}) is {value!r}: {field.minimum} to {field.maximum} expected")
    return found or _point_breaches(parameters) + range_breaches(parameters)


def range_breaches(parameters: ParameterMap) -> list[str]:
    """What keeps partial weighing ranges from being valid (after R 76-1, 3.3, class III); a type's keys are enough."""
    if not any(key in parameters for pair in _RANGES for key in pair):
        return []
    ended = False
    for end, next_e in _RANGES:
        if (end in parameters) != (next_e in parameters):
            return [f"{FIELDS[end].name} and {FIELDS[next_e].name}: give both or neither"]
        if end in parameters and ended:
            return [f"{FIELDS[end].name} follows an empty partial range: fill them from the first"]
        ended = end not in parameters
    if missing := [name for name in ("max_mg", "e_mg") if KEYS[name] not in parameters]:
        return [f"{missing[0]} is missing beside partial ranges"]
    listed = ranges(parameters)
    for (end_mg, e_mg), (next_end_mg, next_e_mg) in pairwise(listed):
        if end_mg >= next_end_mg or e_mg >= next_e_mg:
            return [f"the partial range up to {end_mg} mg has no larger one after it in both end and interval"]
        if end_mg % e_mg or end_mg % next_e_mg or end_mg < LEAST_STEPS * next_e_mg:
            return [
                f"the partial range up to {end_mg} mg is not a whole number of its interval and of the next,"
                f" at least {LEAST_STEPS} of it"
            ]
    return []


def _point_breaches(parameters: ParameterMap) -> list[str]:
    last_counts = last_mg = 0
    ended = False
    for key in range(FIRST_POINT_KEY, FIRST_POINT_KEY + 2 * MAX_POINTS, 2):
        counts, mg = parameters.get(key), parameters.get(key + 1)
        if (counts is None) != (mg is None):
            return [f"calibration point {key}/{key + 1} lacks counts or mass: give both or neither"]
        if counts is None or mg is None:
            ended = True
            continue
        if ended:
            return [f"calibration point {key}/{key + 1} follows an empty one: fill the points from the first"]
        if counts <= last_counts or mg <= last_mg:
            return [f"calibration point {key}/{key + 1} does not rise above the one before"]
        last_counts, last_mg = counts, mg
    return []


def validate(parameters: Any) -> dict[int, int]:
    """The map as a dict if it is valid (`steelyard.cddl`, parameter-map); raises ParameterError naming every breach."""
    if found := breaches(parameters):
        raise ParameterError(why="; ".join(found[:8]))
    return dict(parameters)
