"""Partial weighing ranges of a multi-interval scale (R 76-1, T.3.2.6); loaded where the parameters have them.

The interval follows the load, up and down. A weight is rounded once, to the interval of the range in which it lies
then, and counted in units: the largest mass of which every interval is a multiple. Net weights are in the interval of
their own load, and a weighed tare is kept more finely than it is shown, so that it makes a zero (R 76-1, 4.6).
"""

from micropython import const

from agent.weighing.weight import E_MG, MAX_1, Rounding, unit_mg

_LIMIT = const(2147483647)
_MAX_MG = const(1)
TARE_PARTS = const(1000)


class Ranges:
    """The ranges of one parameter map, over its `agent.weighing.weight.Scaling`."""

    def __init__(self, parameters, scaling):
        unit = unit_mg(parameters)
        self._scaling = scaling
        self._per_e = step = parameters[E_MG] // unit
        self._ranges = []
        for key in (MAX_1, MAX_1 + 2):
            if key in parameters:
                self._ranges.append((parameters[key] // unit, step))
                step = parameters[key + 1] // unit
        self._ranges.append((parameters[_MAX_MG] // unit, step))
        self._gross = _Weights(self._ranges)
        self._net = None  # for the tare of now

    def weight(self, net_counts, tare_parts=0):
        """Weight in units of compensated counts above the zero, less a tare in TARE_PARTS of e."""
        weights = self._gross
        if tare_parts:
            weights = self._net = self._net or _Weights(self._ranges)
        segments = self._scaling.segments
        if weights.segments is not segments or weights.tare_parts != tare_parts:
            weights.use(segments, self._per_e, tare_parts)
        return weights.of(net_counts)

    def step(self, weight):
        """The interval, in units, in which so many units are shown."""
        for end, step in self._ranges:
            if -end <= weight <= end:
                return step
        return step


class _Weights:
    """Weights less one tare, with a division where the one before does not hold any more."""

    def __init__(self, ranges):
        self.segments = self.tare_parts = None
        before = -1
        self._ranges = []
        for end, step in ranges:
            self._ranges.append((before + step if before > 0 else -1, end, step, Rounding()))
            before = end
        self._last = self._ranges[0]

    def use(self, segments, per_e, tare_parts):
        """Go by the `segments` of a Scaling, which are in e, and by a tare in TARE_PARTS of e."""
        self.segments, self.tare_parts = segments, tare_parts
        parts = TARE_PARTS if tare_parts else 1
        for _, _, step, rounding in self._ranges:
            rounding.use(
                [
                    (
                        high_counts,
                        low_counts,
                        2 * factor * per_e * parts,
                        ((2 * constant - divisor) * parts - 2 * divisor * tare_parts) * per_e + divisor * step * parts,
                        2 * divisor * step * parts,
                    )
                    for high_counts, low_counts, factor, constant, divisor in segments
                ]
            )

    def of(self, net_counts):
        """The weight in units."""
        beyond, end, step, rounding = self._last
        shown = rounding.gross(net_counts) * step
        # So far beyond the end of the range before, the load is none for that.
        if beyond < abs(shown) <= end:
            return shown
        for entry in self._ranges:
            self._last = entry
            _, end, step, rounding = entry
            shown = rounding.gross(net_counts) * step
            if -end <= shown <= end:
                return shown
        return min(_LIMIT, max(-_LIMIT, shown))
