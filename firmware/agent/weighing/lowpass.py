"""The filter for 80 readings a second, loaded where the parameters ask for it.

Its response to a step ends with its window, and it hears next to nothing from 5 Hz on: a floor that shakes, a fan.
"""

_MEDIAN = 5  # so that two wrong words among them are not heard
BEYOND = 3  # readings that reach into what is filtered, besides `samples`


def low_pass(samples):
    """Return a function that takes in one reading and returns the filtered counts.

    The median of the last five readings goes through two moving means, each of half of `samples`, one after the other;
    both round to whole counts, a half up. What was before the first reading counts as equal to it.
    """
    add = _low_pass(max(1, samples // 2), samples - samples // 2).send
    add(None)
    return add


def _low_pass(first, second):
    counts = yield
    recent = [counts] * _MEDIAN
    ordered = [counts] * _MEDIAN
    medians, means = [counts] * first, [counts] * second
    total, whole = first * counts, second * counts
    half_first, half_second = first // 2, second // 2
    newest = at_first = at_second = 0
    while True:
        ordered.remove(recent[newest])
        recent[newest] = counts
        newest = newest + 1 if newest < _MEDIAN - 1 else 0
        place = _MEDIAN - 1
        while place and ordered[place - 1] > counts:
            place -= 1
        ordered.insert(place, counts)
        counts = ordered[_MEDIAN // 2]
        total += counts - medians[at_first]
        medians[at_first] = counts
        at_first = at_first + 1 if at_first < first - 1 else 0
        counts = (total + half_first) // first
        whole += counts - means[at_second]
        means[at_second] = counts
        at_second = at_second + 1 if at_second < second - 1 else 0
        counts = yield (whole + half_second) // second
