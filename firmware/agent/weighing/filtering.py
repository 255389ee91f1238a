"""What looks back over the converter's readings: the filter, the judge of rest, the measure of noise.

Each is bounded and, once full, takes no more heap. Filter and noise are coroutines: what they remember lies in local
variables, which MicroPython finds several times as fast as attributes. They keep sums from one reading to the next
instead of going through all of them again.
"""

from micropython import const

# Further away than any reading.
_FAR = const(0x1000000)
# Wrong words come in bursts of up to four.
_LEAST_READINGS = const(6)
# After so long a pause the weight is no longer shown, and whatever is on the pan may be something else.
_PAUSE_MS = const(1000)

_BLOCK = const(32)
_CLIP = const(4096)


def middle_mean(samples):
    """Return a function that takes in one reading and returns the filtered counts.

    They are the mean of the middle half of the last `samples` readings: as quiet as a mean nearly, deaf to glitches.
    """
    add = _middle_mean(samples).send
    add(None)
    return add


def _middle_mean(samples):
    recent: list = []
    ordered = [-_FAR, _FAR]  # the same in rising order, between two that no reading passes
    counts = yield
    while len(recent) < samples:
        recent.append(counts)
        ordered.append(counts)
        ordered.sort()
        below = len(recent) // 4
        middle = len(recent) - 2 * below
        total = sum(ordered[below + 1 : below + 1 + middle])
        counts = yield (total + middle // 2) // middle
    while True:
        old = recent.pop(0)
        recent.append(counts)
        ordered.remove(old)
        # The others decide between which two of them the middle half lies: what is outside counts as the nearer one.
        index = below + middle
        low = ordered[below]
        high = ordered[index]
        total -= low if old < low else high if old > high else old
        if counts < low:
            total += low
            index = below
        elif counts > high:
            total += high
            index = samples
        else:
            total += counts
        while ordered[index - 1] > counts:
            index -= 1
        ordered.insert(index, counts)
        counts = yield (total + middle // 2) // middle


class Rest:
    """Whether the load rests, judged by the readings as they come from the converter.

    They are judged in periods. A period has the stability time, at least six readings, and so many that the middle half
    of the filter's last readings are of this rest; all of them lie within the band to either side of where it began. So
    no burst of wrong words that is shorter is taken for rest. The load rests once a period is whole, until a reading
    lies outside, or none comes for more than a second.
    """

    def __init__(self, time_ms, band_counts, filter_samples):
        self._time_ms = time_ms
        self._band_counts = band_counts
        self._readings = max(_LEAST_READINGS, filter_samples - filter_samples // 4)
        self._start_counts = _FAR
        self._elapsed_ms = self._missing = 0
        self._rests = False

    def add(self, counts, filtered_counts, elapsed_ms):
        """Take in a reading and the filtered counts with it, `elapsed_ms` after the ones before. True if it rests."""
        if elapsed_ms > _PAUSE_MS or not -self._band_counts <= counts - self._start_counts <= self._band_counts:
            self._start_counts = counts
            self._elapsed_ms = 0
            self._missing = self._readings - 1
            self._rests = False
            return False
        elapsed_ms += self._elapsed_ms
        self._missing -= 1
        if self._missing <= 0 and elapsed_ms >= self._time_ms:
            # The next period begins here; the filtered counts have less noise, and follow a slow drift.
            self._start_counts = filtered_counts
            self._missing = self._readings
            elapsed_ms = 0
            self._rests = True
        self._elapsed_ms = elapsed_ms
        return self._rests


def deviation():
    """Return a function that takes in one reading of a resting load and returns the noise in counts, 0 to 65535.

    That is the standard deviation of the last whole block of 32 readings, or 0. None instead of a reading says that
    the load moves: a new block begins.
    """
    add = _deviation().send
    add(None)
    return add


def _deviation():
    noise_counts = number = 0
    while True:
        counts = yield noise_counts
        if counts is None:
            number = 0
            continue
        if number == 0:
            base = counts
            total = squares = 0
        away = counts - base
        if not -_CLIP < away < _CLIP:
            number = 0
            continue
        total += away
        squares += away * away
        number += 1
        if number == _BLOCK:
            number = 0
            variance = (squares - total * total // _BLOCK) // (_BLOCK - 1)
            noise_counts = min(65535, _square_root(variance))


def _square_root(value):
    root = value
    better = (value + 1) // 2
    while better < root:
        root = better
        better = (root + value // root) // 2
    return root
