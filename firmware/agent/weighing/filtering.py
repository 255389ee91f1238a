"""What looks back over the converter's readings: the filter, the judge of stability, the measure of noise.

Each is bounded and, once full, takes no more heap. Filter and noise are coroutines: what they remember lies in local
variables, which MicroPython finds several times as fast as attributes. They keep sums and extremes from one reading to
the next instead of going through all of them again.
"""

from micropython import const

_BUCKETS = const(8)
# Further away than any reading.
_FAR = const(0x1000000)

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


class Stability:
    """Stable when the filtered counts stayed within a band for a time, judged in eight slices of that time."""

    def __init__(self, time_ms, band_counts):
        self._slice_ms = max(1, time_ms // _BUCKETS)
        self._band_counts = band_counts
        self._low = [0] * _BUCKETS
        self._high = [0] * _BUCKETS
        self.restart()

    def restart(self):
        """Forget what was seen: not stable until the whole time has passed again."""
        self._slice = 0
        self._missing = _BUCKETS
        self._elapsed_ms = 0
        self._lowest = _FAR
        self._highest = -_FAR
        for index in range(_BUCKETS):
            self._low[index] = _FAR
            self._high[index] = -_FAR

    def add(self, counts, elapsed_ms):
        """Take in filtered counts, `elapsed_ms` after the ones before. True if all lay within the band."""
        low, high, slice_ms = self._low, self._high, self._slice_ms
        if elapsed_ms >= _BUCKETS * slice_ms:
            self.restart()
            elapsed_ms = 0
        elapsed_ms += self._elapsed_ms
        index = self._slice
        while elapsed_ms >= slice_ms:
            elapsed_ms -= slice_ms
            index = (index + 1) % _BUCKETS
            low[index] = _FAR
            high[index] = -_FAR
            if self._missing:
                self._missing -= 1
        self._elapsed_ms = elapsed_ms
        self._slice = index
        if counts < low[index]:
            low[index] = counts
        if counts > high[index]:
            high[index] = counts
        if counts < self._lowest:
            self._lowest = counts
        if counts > self._highest:
            self._highest = counts
        if self._highest - self._lowest > self._band_counts:
            # The extremes so far may be older than the time: only now is it worth looking.
            self._lowest = min(low)
            self._highest = max(high)
            if self._highest - self._lowest > self._band_counts:
                return False
        return not self._missing


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
