"""Partial weighing ranges of a multi-interval scale (R 76-1, T.3.2.6); loaded where the parameters have them.

The interval follows the load, up and down. A weight is rounded once, to the interval of the range in which it lies
then, and counted in units: the largest mass of which every interval is a multiple. Net weights are in the interval of
their own load, and a weighed tare is kept more finely than it is shown, so that it makes a zero (R 76-1, 4.6).
"""

from micropython import const

from agent.weighing.weight import E_MG, MAX_1, round_divide, unit_mg

_LIMIT = const(2147483647)
_MAX_MG = const(1)
TARE_PARTS = const(1000)


class Ranges:
    """The ranges of one parameter map, over its `agent.weighing.weight.Scaling`."""

    def __init__(self, parameters, scaling):
        unit = unit_mg(parameters)
        self._scaling = scaling
        self._per_e = parameters[E_MG] // unit
        self._ranges = []
        step = self._per_e
        for key in (MAX_1, MAX_1 + 2):
            if key in parameters:
                self._ranges.append((parameters[key] // unit, step))
                step = parameters[key + 1] // unit
        self._ranges.append((parameters[_MAX_MG] // unit, step))

    def weight(self, net_counts, tare_parts=0):
        """Weight in units of compensated counts above the zero, less a tare in TARE_PARTS of e."""
        numerator, denominator = self._scaling.ratio(net_counts)
        numerator = (numerator * TARE_PARTS - tare_parts * denominator) * self._per_e
        denominator *= TARE_PARTS
        for end, step in self._ranges:
            shown = round_divide(numerator, denominator * step) * step
            if -end <= shown <= end:
                break
        return min(_LIMIT, max(-_LIMIT, shown))

    def step(self, weight):
        """The interval, in units, in which so many units are shown."""
        for end, step in self._ranges:
            if -end <= weight <= end:
                return step
        return step
