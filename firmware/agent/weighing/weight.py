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
# The span's temperature coefficient is in thousandths of a millionth per kelvin, the temperature in hundredths.
_SPAN_ONE = 10**11
FIRST_POINT = const(40)
LAST_POINT = const(50)
# Partial weighing ranges of a multi-interval scale: the ends of all but the last, the intervals of all but the first.
MAX_1 = const(16)
_E_2 = const(17)
_E_3 = const(19)


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


def unit_mg(parameters):
    """What weights are counted in: e, or on a multi-interval scale the largest mass of which every e is a multiple."""
    unit = _greatest_common_divisor(parameters[E_MG], parameters.get(_E_2, 0))
    return _greatest_common_divisor(unit, parameters.get(_E_3, 0))


def _plain_segments(parameters):
    above = parameters[_GRAVITY_CALIBRATION]
    below = parameters[_GRAVITY_USE] * parameters[E_MG]
    low_counts = low_mg = 0
    for high_counts, high_mg in points(parameters):
        rise = (high_mg - low_mg) * above
        start = low_mg * (high_counts - low_counts) * above
        divisor = (high_counts - low_counts) * below
        common = _greatest_common_divisor(_greatest_common_divisor(rise, divisor), start)
        yield high_counts, low_counts, rise // common, start // common, divisor // common
        low_counts, low_mg = high_counts, high_mg


def _rounding(segment, span, span_one):
    """round_divide((net - low) * rise + start, divisor), times span / span_one, as (net - low) * f + c) // d."""
    high_counts, low_counts, rise, start, divisor = segment
    divisor *= span_one
    return high_counts, low_counts, 2 * rise * span, 2 * start * span + divisor, 2 * divisor


class Rounding:
    """Counts to whole intervals by `segments`: end and start in counts, factor, constant and divisor of a division."""

    def use(self, segments):
        """Go by these segments, in rising order, from now on."""
        self.segments = segments
        self._forget()

    def _forget(self):
        # The last weight, and from which to below which net counts it is known to be the same.
        self._gross = None
        self.same_from = self.same_below = 0

    def _segment(self, net_counts):
        for segment in self.segments:
            if net_counts <= segment[0]:
                break
        return segment

    def gross(self, net_counts):
        """Gross weight in intervals e for compensated counts above the zero.

        A weight found twice in a row is that of a resting load: then its limits are worked out, so that while the
        counts stay within them nothing is divided.
        """
        if self.same_from <= net_counts < self.same_below:
            return self._gross
        return self._work_out(net_counts)

    def _work_out(self, net_counts):
        _, low_counts, factor, constant, divisor = segment = self._segment(net_counts)
        gross = ((net_counts - low_counts) * factor + constant) // divisor
        if not -_LIMIT < gross < _LIMIT:
            return _LIMIT if gross > 0 else -_LIMIT
        if gross == self._gross and factor > 0:  # an absurd span coefficient can turn the slope over
            self.same_from = self._first_counts(segment, gross)
            self.same_below = self._first_counts(segment, gross + 1)
        else:
            self._forget()
            self._gross = gross
        return gross

    def _first_counts(self, segment, gross):
        """Return the lowest net counts, among those for which this segment decides, that weigh at least `gross`."""
        high_counts, low_counts, factor, constant, divisor = segment
        counts = low_counts - (constant - gross * divisor) // factor
        if segment is not self.segments[0]:
            counts = max(counts, low_counts + 1)
        if segment is not self.segments[-1]:
            counts = min(counts, high_counts + 1)
        return counts


class Scaling(Rounding):
    """The rule for one parameter map, at one temperature at a time. `offset_counts` is the temperature's share."""

    def __init__(self, parameters, temperature_cdeg=None):
        self._parameters = parameters
        self.temperature_cdeg = None
        self.offset_counts = 0
        # One entry a segment, without the span's temperature: end and start in counts, then three numbers in lowest
        # terms: mg * e per count, mg * e at the start, and what both are divided by.
        self._plain = list(_plain_segments(parameters))
        # One entry a segment at the temperature: end and start in counts, factor, constant and divisor of a division.
        self.use([_rounding(segment, 1, 1) for segment in self._plain])
        self.set_temperature(parameters[_REFERENCE_TEMPERATURE] if temperature_cdeg is None else temperature_cdeg)

    def set_temperature(self, temperature_cdeg):
        """Work the rule out for `temperature_cdeg` (hundredths of a degree)."""
        if temperature_cdeg == self.temperature_cdeg:
            return
        parameters = self._parameters
        self.temperature_cdeg = temperature_cdeg
        away_cdeg = temperature_cdeg - parameters[_REFERENCE_TEMPERATURE]
        self.offset_counts = round_divide(parameters[_ZERO_TEMPERATURE] * away_cdeg, 100000)
        if parameters[_SPAN_TEMPERATURE]:
            span = _SPAN_ONE - parameters[_SPAN_TEMPERATURE] * away_cdeg
            self.use([_rounding(segment, span, _SPAN_ONE) for segment in self._plain])

    def compensated(self, counts):
        """Counts without the cell's known zero shift by temperature."""
        return counts - self.offset_counts

    def counts(self, millie, net_counts=0):
        """How many counts `millie` thousandths of e are, near `net_counts`; at least 1."""
        _, _, factor, _, divisor = self._segment(net_counts)
        return max(1, divisor * millie // max(1, factor * 1000))

    def ratio(self, net_counts):
        """Gross weight in intervals before it is rounded, as numerator and denominator."""
        _, low_counts, factor, constant, divisor = self._segment(net_counts)
        return 2 * ((net_counts - low_counts) * factor + constant) - divisor, 2 * divisor

    def parts(self, net_counts, parts):
        """Gross weight in `parts` of an interval, rounded: for looking inside one."""
        numerator, denominator = self.ratio(net_counts)
        return round_divide(parts * numerator, denominator)
