"""From counts to weight, in exact integers: the rule by which anybody recomputes what a scale indicated.

The same rule runs on the scale; `docs/wire.md` states it. Nothing here rounds twice, and no float takes part.
"""

from steelyard_protocol.parameters import KEYS, ParameterMap, points, ranges, unit_mg

LIMIT = 2_147_483_647
"""Largest number of intervals a statement can carry; the rule clamps to it on both sides."""

_ZERO_TEMPERATURE = KEYS["zero_temperature_mcounts_per_k"]
_SPAN_TEMPERATURE = KEYS["span_temperature_ppb_per_k"]
_REFERENCE_TEMPERATURE = KEYS["reference_temperature_cdeg"]
_GRAVITY_CALIBRATION = KEYS["gravity_calibration_um_s2"]
_GRAVITY_USE = KEYS["gravity_use_um_s2"]


def round_divide(numerator: int, denominator: int) -> int:
    """The integer nearest to numerator / denominator (denominator > 0); a half goes up."""
    return (2 * numerator + denominator) // (2 * denominator)


def compensated_counts(parameters: ParameterMap, counts: int, temperature_cdeg: int) -> int:
    """Counts with the cell's known zero shift by temperature taken off."""
    kelvin_hundredths = temperature_cdeg - parameters[_REFERENCE_TEMPERATURE]
    return counts - round_divide(parameters[_ZERO_TEMPERATURE] * kelvin_hundredths, 100_000)


def mass_ratio_mg(parameters: ParameterMap, net_counts: int, temperature_cdeg: int) -> tuple[int, int]:
    """Mass for compensated counts above zero, as numerator and denominator in mg, neither rounded nor reduced."""
    (low_counts, low_mg), ((high_counts, high_mg), *above) = (0, 0), points(parameters)
    for next_counts, next_mg in above:
        if net_counts <= high_counts:
            break
        low_counts, low_mg, high_counts, high_mg = high_counts, high_mg, next_counts, next_mg
    span_counts = high_counts - low_counts
    numerator = low_mg * span_counts + (net_counts - low_counts) * (high_mg - low_mg)
    numerator *= parameters[_GRAVITY_CALIBRATION]
    denominator = span_counts * parameters[_GRAVITY_USE]
    if span_temperature := parameters[_SPAN_TEMPERATURE]:
        numerator *= 10**11 - span_temperature * (temperature_cdeg - parameters[_REFERENCE_TEMPERATURE])
        denominator *= 10**11
    return numerator, denominator


def rounded(parameters: ParameterMap, numerator: int, denominator: int) -> int:
    """A mass in mg as it is shown, in units: rounded once, to the interval of the partial range in which it lies."""
    unit = unit_mg(parameters)
    for end_mg, e_mg in ranges(parameters):
        shown = round_divide(numerator, denominator * e_mg) * (e_mg // unit)
        if abs(shown) * unit <= end_mg:
            break
    return max(-LIMIT, min(LIMIT, shown))


def gross_intervals(parameters: ParameterMap, filtered_counts: int, zero_counts: int, temperature_cdeg: int) -> int:
    """Gross weight in units: verification scale intervals e, or what `parameters.unit_mg` says of several.

    `filtered_counts` are the filtered ADC counts, `zero_counts` the scale's zero (compensated counts), the
    temperature is in hundredths of a degree; `parameters` is a valid map.
    """
    net = compensated_counts(parameters, filtered_counts, temperature_cdeg) - zero_counts
    return rounded(parameters, *mass_ratio_mg(parameters, net, temperature_cdeg))
