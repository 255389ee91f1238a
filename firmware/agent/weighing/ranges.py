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
        self._weights = _Weights(self._ranges)
        self.gross = self._weights.of  # as every step asks for it, without a method between
        """Gross weight in units of compensated counts above the zero."""
        self._net = None  # for the tare of now
        self.use()

    def use(self):
        """Go by the Scaling as it is now: to be called whenever its temperature has changed."""
        if self._weights.segments is not self._scaling.segments:
            self._weights.use(self._scaling.segments, self._per_e, 0)

    def net(self, net_counts, tare_parts):
        """Net weight in units of compensated counts above the zero, less a tare in TARE_PARTS of e."""
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
        self._same_from = self._same_below = self._same = 0

    def use(self, segments, per_e, tare_parts):
        """Go by the `segments` of a Scaling, which are in e, and by a tare in TARE_PARTS of e."""
        self.segments, self.tare_parts = segments, tare_parts
        self._same_from = self._same_below = 0
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
        """The weight in units; that of a resting load is found without a division, as in `Rounding`."""
        if self._same_from <= net_counts < self._same_below:
            return self._same
        return self._work_out(net_counts)  # by itself, as a frame with more places is taken from the heap

    def _work_out(self, net_counts):
        beyond, end, step, rounding = self._last
        shown = rounding.gross(net_counts) * step
        # So far beyond the end of the range before, the load is none for that.
        if beyond < abs(shown) <= end:
            self._same_from, self._same_below, self._same = rounding.same_from, rounding.same_below, shown
            return shown
        for entry in self._ranges:
            self._last = entry
            _, end, step, rounding = entry
            shown = rounding.gross(net_counts) * step
            if -end <= shown <= end:
                return shown
        return min(_LIMIT, max(-_LIMIT, shown))
