"""What a change of parameters does to the weight that is shown: the sentence that a customer understands."""

from typing import NamedTuple

from steelyard_protocol.parameters import KEYS, ParameterMap, points
from steelyard_protocol.weight import mass_ratio_mg

_MAX = KEYS["max_mg"]
_REFERENCE_TEMPERATURE = KEYS["reference_temperature_cdeg"]
_KILOGRAM_MG = 1_000_000


class Effect(NamedTuple):
    """A load, and what the scale shows for it with the new parameters; both in mg."""

    load_mg: int
    shown_mg: int

    @property
    def percent(self) -> float:
        """By how much the indication is too high."""
        return (self.shown_mg - self.load_mg) * 100 / self.load_mg


def effect(verified: ParameterMap, now: ParameterMap) -> Effect | None:
    """What is shown under `now` for the counts that mean 1 kg (or half of Max, if that is less) under `verified`.

    None where the indication of that load does not change by a thousandth of a gram.
    """
    load_mg = min(_KILOGRAM_MG, verified[_MAX] // 2)
    counts = _counts_for(verified, load_mg)
    before = _mass(verified, counts)
    after = _mass(now, counts)
    return None if before == after else Effect(load_mg, load_mg + after - before)


def _mass(parameters: ParameterMap, counts: int) -> int:
    numerator, denominator = mass_ratio_mg(parameters, counts, parameters[_REFERENCE_TEMPERATURE])
    return numerator // denominator


def _counts_for(parameters: ParameterMap, load_mg: int) -> int:
    """The fewest counts above zero that make at least `load_mg`; the rule rises strictly, so bisection finds them."""
    low, high = 0, max(1, points(parameters)[-1][0])
    while _mass(parameters, high) < load_mg:
        high *= 2
    while low < high:
        middle = (low + high) // 2
        if _mass(parameters, middle) < load_mg:
            low = middle + 1
        else:
            high = middle
    return low
