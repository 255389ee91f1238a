"""The two windows over the converter's readings: the filter that makes one steady value, and the judge of stability.

Both are bounded and, once full, allocate nothing when a reading goes in. Searching, shifting and comparing are left to
the methods of lists, which cost a tenth of a loop.
"""

from micropython import const

_BUCKETS = const(8)
_FAR = const(0x1000000)


class Filter:
    """Mean of the middle half of the last `samples` readings: as quiet as a mean nearly, deaf to glitches."""

    def __init__(self, samples):
        self.size = samples
        self._recent = []
        self._sorted = []
        self._next = 0

    def add(self, counts):
        """Take in one reading and return the filtered counts."""
        recent, ordered = self._recent, self._sorted
        count = len(recent)
        if count < self.size:
            recent.append(counts)
            index = count
            count += 1
        else:
            place = self._next
            ordered.remove(recent[place])
            recent[place] = counts
            place += 1
            self._next = place if place < count else 0
            index = count - 1
        while index and ordered[index - 1] > counts:
            index -= 1
        ordered.insert(index, counts)
        cut = count // 4
        size = count - 2 * cut
        total = 0
        for index in range(cut, cut + size):
            total += ordered[index]
        return (2 * total + size) // (2 * size)


class Stability:
    """Stable when the filtered counts stayed within a band for a time, judged in eight slices of that time."""

    def __init__(self, time_ms):
        self._slice_ms = max(1, time_ms // _BUCKETS)
        self._low = [0] * _BUCKETS
        self._high = [0] * _BUCKETS
        self.restart()

    def restart(self):
        """Forget what was seen: not stable until the whole time has passed again."""
        self._slice = 0
        self._full = 0
        self._elapsed_ms = 0
        for index in range(_BUCKETS):
            self._low[index] = _FAR
            self._high[index] = -_FAR

    def add(self, counts, elapsed_ms, band_counts):
        """Take in filtered counts, `elapsed_ms` after the ones before. True if all lay within `band_counts`."""
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
            if self._full < _BUCKETS:
                self._full += 1
        self._elapsed_ms = elapsed_ms
        self._slice = index
        if counts < low[index]:
            low[index] = counts
        if counts > high[index]:
            high[index] = counts
        return max(high) - min(low) <= band_counts and self._full == _BUCKETS


class Noise:
    """Standard deviation of the unfiltered readings, over blocks of 32 in which the load stood still."""

    _BLOCK = 32
    _CLIP = 4096

    def __init__(self):
        self.counts = 0
        self._base = 0
        self._number = 0
        self._sum = 0
        self._squares = 0

    def restart(self):
        """Drop the block that is being filled."""
        self._number = 0

    def add(self, counts):
        """Take in one reading while stable; `counts` (the attribute) changes at the end of a block."""
        if self._number == 0:
            self._base = counts
            self._sum = 0
            self._squares = 0
        away = counts - self._base
        if not -self._CLIP < away < self._CLIP:
            self._number = 0
            return
        self._sum += away
        self._squares += away * away
        self._number += 1
        if self._number == self._BLOCK:
            self._number = 0
            variance = (self._squares - self._sum * self._sum // self._BLOCK) // (self._BLOCK - 1)
            self.counts = min(65535, _square_root(variance))


def _square_root(value):
    root = value
    better = (value + 1) // 2
    while better < root:
        root = better
        better = (root + value // root) // 2
    return root
