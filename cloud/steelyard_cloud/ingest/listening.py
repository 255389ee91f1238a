"""Since when a receiver has heard its scales without a break: only then a scale can be called silent."""

import time
from collections.abc import Callable

from steelyard_cloud.clock import now_ms

BREAK_S = 10.0  # a worker that got nothing done for so long heard nobody meanwhile


class Listening:
    """Joins since when the broker is connected, for each shard, with since when the worker stores what it hears."""

    def __init__(
        self, connected_since_ms: Callable[[str], int | None] = lambda _shard: 0, clock: Callable[[], int] = now_ms
    ) -> None:
        self._connected_since_ms, self._clock = connected_since_ms, clock
        self._working_since_ms, self._worked_s = 0, _awake_s()

    def worked(self) -> None:
        """What was received is committed. After a break, much may wait that nobody has looked at yet."""
        now_s = _awake_s()
        if now_s - self._worked_s > BREAK_S:
            self._working_since_ms = self._clock()
        self._worked_s = now_s

    def since_ms(self, shard: str) -> int | None:
        """Since when what the shard's scales send has been heard and stored; None while the broker is not there."""
        connected_ms = self._connected_since_ms(shard)
        return None if connected_ms is None else max(connected_ms, self._working_since_ms)


def _awake_s() -> float:
    """A clock that nobody sets; where the system has one that also runs while it sleeps, that."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
