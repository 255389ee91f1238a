"""The two windows over the converter's readings: the filter that makes one steady value, and the judge of stability.

Both are bounded, hold integers in arrays made once, and allocate nothing when a reading goes in.
"""

from array import array

from micropython import const

_BUCKETS = const(8)
_FAR = const(0x1000000)


class Filter:
    """Mean of the middle half of the last `samples` readings: as quiet as a mean nearly, deaf to glitches."""

    def __init__(self, samples):
        self.size = samples
        self._recent = array("i", bytes(4 * samples))
        self._sorted = array("i", bytes(4 * samples))
        self._next = 0
        self.count = 0

    def add(self, counts):
        """Take in one reading and return the filtered counts."""
        ordered = self._sorted
        if self.count < self.size:
            gap = self.count
            self.count += 1
        else:
            oldest = self._recent[self._next]
            gap = 0
            while ordered[gap] != oldest:
                gap += 1
        self._recent[self._next] = counts
        self._next += 1
        if self._next == self.size:
            self._next = 0
        # The gap moves to where the new reading belongs.
        while gap and ordered[gap - 1] > counts:
            ordered[gap] = ordered[gap - 1]
            gap -= 1
        last = self.count - 1
        while gap < last and ordered[gap + 1] < counts:
            ordered[gap] = ordered[gap + 1]
            gap += 1
        ordered[gap] = counts
        return self._middle()

    def _middle(self):
        cut = self.count // 4
        total = 0
        index = cut
        end = self.count - cut
        while index < end:
            total += self._sorted[index]
            index += 1
        size = end - cut
        return (2 * total + size) // (2 * size)


class Stability:
    """Stable when the filtered counts stayed within a band for a time, judged in eight slices of that time."""

    def __init__(self, time_ms):
        self._slice_ms = max(1, time_ms // _BUCKETS)
        self._low = array("i", bytes(4 * _BUCKETS))
        self._high = array("i", bytes(4 * _BUCKETS))
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
        if elapsed_ms >= _BUCKETS * self._slice_ms:
            self.restart()
            elapsed_ms = 0
        self._elapsed_ms += elapsed_ms
        while self._elapsed_ms >= self._slice_ms:
            self._elapsed_ms -= self._slice_ms
            self._slice = (self._slice + 1) % _BUCKETS
            if self._full < _BUCKETS:
                self._full += 1
            self._low[self._slice] = _FAR
            self._high[self._slice] = -_FAR
        if counts < self._low[self._slice]:
            self._low[self._slice] = counts
        if counts > self._high[self._slice]:
            self._high[self._slice] = counts
        low = _FAR
        high = -_FAR
        index = 0
        while index < _BUCKETS:
            if self._low[index] < low:
                low = self._low[index]
            if self._high[index] > high:
                high = self._high[index]
            index += 1
        if high - low > band_counts:
            return False
        return self._full == _BUCKETS


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
