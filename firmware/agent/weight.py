"""From counts to weight in exact integers: the rule of docs/wire.md, arranged so that one weighing costs one division.

Everything that depends on parameters and temperature alone is worked out when one of them changes. The result is the
same, bit for bit, as the host's `steelyard_protocol.weight`.
"""

from micropython import const

_LIMIT = const(2147483647)

E_MG = const(3)
ZERO_COUNTS = const(32)
_GRAVITY_CALIBRATION = const(33)
_GRAVITY_USE = const(34)
_REFERENCE_TEMPERATURE = const(35)
_ZERO_TEMPERATURE = const(36)
_SPAN_TEMPERATURE = const(37)
FIRST_POINT = const(40)
LAST_POINT = const(50)


def round_divide(numerator, denominator):
    """The integer nearest to numerator / denominator (denominator > 0); a half goes up."""
    return (2 * numerator + denominator) // (2 * denominator)


def points(parameters):
    """Calibration points of a parameter map in rising order, as (counts above zero, mg), without the origin."""
    return [
        (parameters[key], parameters[key + 1]) for key in range(FIRST_POINT, LAST_POINT + 1, 2) if key in parameters
    ]


def _greatest_common_divisor(a, b):
    while b:
        a, b = b, a % b
    return a


class Scaling:
    """The rule for one parameter map, at one temperature at a time. `offset_counts` is the temperature's share."""

    def __init__(self, parameters, temperature_cdeg=None):
        self._parameters = parameters
        self.temperature_cdeg = None
        self.offset_counts = 0
        # One entry a segment: end and start in counts, then factor, constant and divisor of its division.
        self._segments = []
        self.set_temperature(parameters[_REFERENCE_TEMPERATURE] if temperature_cdeg is None else temperature_cdeg)

    def set_temperature(self, temperature_cdeg):
        """Work the rule out for `temperature_cdeg` (hundredths of a degree)."""
        if temperature_cdeg == self.temperature_cdeg:
            return
        parameters = self._parameters
        self.temperature_cdeg = temperature_cdeg
        away_cdeg = temperature_cdeg - parameters[_REFERENCE_TEMPERATURE]
        self.offset_counts = round_divide(parameters[_ZERO_TEMPERATURE] * away_cdeg, 100000)
        above = parameters[_GRAVITY_CALIBRATION]
        below = parameters[_GRAVITY_USE] * parameters[E_MG]
        if parameters[_SPAN_TEMPERATURE]:
            above *= 10**11 - parameters[_SPAN_TEMPERATURE] * away_cdeg
            below *= 10**11
        self._segments = []
        low_counts = low_mg = 0
        for high_counts, high_mg in points(parameters):
            span_counts = high_counts - low_counts
            # round_divide((low_mg * span + (net - low) * rise) * above, span * below) as (net - low) * f + c) // d.
            factor = 2 * (high_mg - low_mg) * above
            divisor = 2 * span_counts * below
            constant = 2 * low_mg * span_counts * above + divisor // 2
            common = _greatest_common_divisor(_greatest_common_divisor(abs(factor), divisor), abs(constant))
            self._segments.append((high_counts, low_counts, factor // common, constant // common, divisor // common))
            low_counts, low_mg = high_counts, high_mg

    def _segment(self, net_counts):
        for segment in self._segments:
            if net_counts <= segment[0]:
                break
        return segment

    def compensated(self, counts):
        """Counts without the cell's known zero shift by temperature."""
        return counts - self.offset_counts

    def gross(self, net_counts):
        """Gross weight in intervals e for compensated counts above the zero."""
        _, low_counts, factor, constant, divisor = self._segment(net_counts)
        gross = ((net_counts - low_counts) * factor + constant) // divisor
        return max(-_LIMIT, min(_LIMIT, gross))

    def counts(self, millie, net_counts=0):
        """How many counts `millie` thousandths of e are, near `net_counts`; at least 1."""
        _, _, factor, _, divisor = self._segment(net_counts)
        return max(1, divisor * millie // max(1, factor * 1000))

    def parts(self, net_counts, parts):
        """Gross weight in `parts` of an interval, rounded: for looking inside one; not legally relevant."""
        _, low_counts, factor, constant, divisor = self._segment(net_counts)
        return (2 * parts * ((net_counts - low_counts) * factor + constant) - (parts - 1) * divisor) // (2 * divisor)
