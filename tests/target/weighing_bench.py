"""Weighing without a converter: it is given readings by hand. 15 kg in steps of 5 g, 102 counts a gram."""

from agent.weighing.core import Weighing
from parameter_map import MAP

ZERO, E, KG = 100_000, 510, 102_000  # counts
MIN, INTERVAL, FILTER_SAMPLES, STABILITY_TIME, TRACKING = 2, 3, 4, 6, 7
SPAN_TEMPERATURE = 37
PERIOD_MS = 86


def noisy(counts, number):
    """A reading of a still load, with the least noise that a converter has."""
    return counts + (0, 1, 0, -1)[number & 3]


def weighing(changes=()):
    """A Weighing under the tests' parameters but for `changes`."""
    parameters = dict(MAP)
    parameters.update(changes)
    made = Weighing(None, parameters)
    made.fresh = lambda: True  # the time of these readings is made up
    return made


class Steps:
    """Readings of a whole weighing, 86 ms apart."""

    def __init__(self, scale):
        self._scale = scale
        self._now_ms = 0
        self._number = 0

    def add(self, *counts, later_ms=PERIOD_MS, noise=True):
        """Have these readings taken in, one after the other."""
        for one in counts:
            self._number += 1
            self._now_ms += later_ms
            self._scale.step(noisy(one, self._number) if noise else one, self._now_ms)

    def rest(self, counts):
        """Let a load of so many counts rest."""
        self.add(*[counts] * 30)
        assert self._scale.stable
