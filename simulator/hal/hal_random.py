"""Small seeded random numbers for the simulated board.

The agent shares MicroPython's global `random`, so the simulation keeps generators of its own: one per source
of noise, so that switching one effect on does not shift the numbers of another.
"""

import math


class Random:
    """xorshift32 generator; the same seed gives the same numbers on every machine."""

    def __init__(self, seed, stream=""):
        state = (seed * 2654435761 + 0x9E3779B9) & 0xFFFFFFFF
        for byte in stream.encode():
            state = ((state ^ byte) * 16777619) & 0xFFFFFFFF
        self._state = state or 1
        self._spare = None
        for _ in range(8):
            self.u32()

    def u32(self):
        """Next 32 uniform bits, never 0."""
        x = self._state
        x ^= (x << 13) & 0xFFFFFFFF
        x ^= x >> 17
        x ^= (x << 5) & 0xFFFFFFFF
        self._state = x
        return x

    def uniform(self):
        """A float in (0, 1)."""
        return self.u32() / 4294967296.0

    def below(self, n):
        """An integer in 0 … n - 1."""
        return self.u32() % n

    def gauss(self):
        """A standard normal float (Box-Muller, both halves used)."""
        spare = self._spare
        if spare is not None:
            self._spare = None
            return spare
        radius = math.sqrt(-2.0 * math.log(self.uniform()))
        angle = 6.283185307179586 * self.uniform()
        self._spare = radius * math.sin(angle)
        return radius * math.cos(angle)

    def bits(self, count):
        """`count` random bits as an integer."""
        value = 0
        for _ in range((count + 31) // 32):
            value = value << 32 | self.u32()
        return value & ((1 << count) - 1)
