"""The filter for 80 readings a second, loaded where the parameters ask for it.

Its response to a step ends with its window, and it hears next to nothing from 5 Hz on: a floor that shakes, a fan.
"""

from micropython import const

_LOOKED_AT = const(5)
_MIDDLE = const(2)
BEYOND = 3  # readings that reach into what is filtered, besides `samples`


def low_pass(samples, far_counts):
    """Return a function that takes in one reading and returns the filtered counts.

    Of the last five readings the middle one in time is heard. Where it is further than `far_counts` both from what was
    heard before it and from the median of the five, the median is heard: no two wrong words among five are. These go
    through two moving means, each of half of `samples`, one after the other; both round to whole counts, a half up.
    What was before the first reading counts as equal to it.
    """
    add = _low_pass(max(1, samples // 2), samples - samples // 2, far_counts).send
    add(None)
    return add


def _low_pass(first, second, far_counts):
    counts = yield
    recent, ordered = [counts] * _LOOKED_AT, [0] * _LOOKED_AT
    heard, means = [counts] * first, [counts] * second
    total, whole = first * counts, second * counts
    half_first, half_second = first // 2, second // 2
    at_first = at_second = 0
    last = counts
    while True:
        for newest in range(_LOOKED_AT):
            recent[newest] = counts
            counts = recent[newest - _MIDDLE]
            if not -far_counts <= counts - last <= far_counts:
                for place in range(_LOOKED_AT):  # a slice would take heap
                    ordered[place] = recent[place]
                ordered.sort()
                median = ordered[_MIDDLE]
                if not -far_counts <= counts - median <= far_counts:
                    counts = median
            last = counts
            total += counts - heard[at_first]
            heard[at_first] = counts
            at_first = at_first + 1 if at_first < first - 1 else 0
            counts = (total + half_first) // first
            whole += counts - means[at_second]
            means[at_second] = counts
            at_second = at_second + 1 if at_second < second - 1 else 0
            counts = yield (whole + half_second) // second
