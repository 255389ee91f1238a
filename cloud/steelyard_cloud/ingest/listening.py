"""Since when a receiver has heard its scales without a break: only then a scale can be called silent."""

from collections.abc import Callable

from steelyard_cloud.clock import awake_s, now_ms, since_ms

BREAK_S = 10.0  # a worker that got nothing done for so long heard nobody meanwhile


class Listening:
    """Joins since when the broker is connected, for each shard, with since when the worker stores what it hears.

    How long that is, is measured by a clock that nobody sets.
    """

    def __init__(
        self, connected_since_ms: Callable[[str], int | None] = lambda _shard: 0, clock: Callable[[], int] = now_ms
    ) -> None:
        self._connected_since_ms, self._clock = connected_since_ms, clock
        self._working_since_s: float | None = None  # None: since the start
        self._worked_s = awake_s()

    def worked(self) -> None:
        """What was received is committed. After a break, much may wait that nobody has looked at yet."""
        now_s = awake_s()
        if now_s - self._worked_s > BREAK_S:
            self._working_since_s = now_s
        self._worked_s = now_s

    def since_ms(self, shard: str) -> int | None:
        """Since when what the shard's scales send has been heard and stored; None while the broker is not there."""
        connected_ms = self._connected_since_ms(shard)
        if connected_ms is None or self._working_since_s is None:
            return connected_ms
        return max(connected_ms, since_ms(self._working_since_s, self._clock()))
