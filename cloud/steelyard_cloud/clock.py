"""The platform's clock. What judges is given the time; only processes and commands read it, here."""

import time

SKEW_MS = 60_000
"""The clocks of two machines of the platform may differ by so much. A row that is later than now by more is from a
clock that was ahead: it counts for nothing until it is in date."""


def now_ms() -> int:
    """Unix time in milliseconds."""
    return time.time_ns() // 1_000_000


def awake_s() -> float:
    """Seconds on a clock that nobody sets; where the system has one that also runs while it sleeps, that."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def since_ms(awake_at_s: float, now: int) -> int:
    """When that was by the platform's clock as it goes now (Unix ms), however it was set meanwhile."""
    return now - round((awake_s() - awake_at_s) * 1000)
