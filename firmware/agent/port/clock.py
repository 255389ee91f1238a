"""Time for the agent: milliseconds for intervals, seconds since start, and Unix seconds with a declared quality.

Intervals come from the wrapping tick counter and are compared by `ticks_diff` alone. Unix time is worth what its
quality says: until something sets the clock it is not shown at all.
"""

import time

import board
import machine
from micropython import const

NONE = const(0)
RTC = const(1)
NETWORK = const(2)
SIGNED_NETWORK = const(3)

# The ESP32 port counts from 2000, the others from 1970 (seconds between the two).
_EPOCH_S = 946684800 if time.gmtime(0)[0] == 2000 else 0
# A clock that stands before 2026 has lost its time; the clock chips count to the end of 2099.
EARLIEST_S = const(1767225600)
LATEST_S = const(4102444799)

ticks_ms = time.ticks_ms
ticks_us = time.ticks_us
ticks_diff = time.ticks_diff
ticks_add = time.ticks_add


class _State:
    quality = NONE
    chips: list = []  # clock chips that are set whenever this clock is
    uptime_ms = 0
    last_ms = time.ticks_ms()


def uptime_s():
    """Whole seconds since start. As the tick counter wraps, ask at least every six days; `Events.flush` does."""
    now_ms = time.ticks_ms()
    _State.uptime_ms += time.ticks_diff(now_ms, _State.last_ms)
    _State.last_ms = now_ms
    return _State.uptime_ms // 1000


def unix_time():
    """Unix seconds, whatever they are worth: see `quality`."""
    return int(time.time()) + _EPOCH_S


def quality():
    """0 none, 1 battery clock or set by hand, 2 network, 3 signed network time."""
    return _State.quality


def stamp():
    """Unix seconds for a statement: 0 while the quality is none (wire.md, "Statement")."""
    return unix_time() if _State.quality else 0


def set_unix_time(unix_s):
    """Set the board's clock to `unix_s`, leaving its declared quality alone."""
    year, month, day, hour, minute, second, weekday, _ = time.gmtime(unix_s - _EPOCH_S)[:8]
    machine.RTC().datetime((year, month, day, weekday, hour, minute, second, 0))


def calendar(unix_s):
    """(year, month, day, hour, minute, second, weekday) of `unix_s`, UTC; Monday is 0."""
    return time.gmtime(unix_s - _EPOCH_S)[:7]


def from_calendar(year, month, day, hour, minute, second):
    """Unix seconds of a date and time, UTC."""
    return int(time.mktime((year, month, day, hour, minute, second, 0, 0))) + _EPOCH_S


def follow(battery_clock):
    """Take the time of a clock chip, if it kept a plausible one, and set that chip whenever this clock is set.

    Returns whether it had kept its time. `battery_clock` has `time()`, Unix seconds or None, and `set_time(unix_s)`.
    """
    _State.chips = [battery_clock]
    unix_s = battery_clock.time()
    if unix_s is None or unix_s < EARLIEST_S:
        return False
    set_unix_time(unix_s)
    _State.quality = RTC
    return True


def set(unix_s, quality):
    """Set the clock to `unix_s` (Unix seconds) and declare where that came from (quality 1 to 3).

    ValueError beyond EARLIEST_S to LATEST_S, OSError from a clock chip: then this clock stays as it was.
    """
    if not NONE < quality <= SIGNED_NETWORK:
        raise ValueError("clock quality %r is not 1, 2 or 3" % quality)
    if not EARLIEST_S <= unix_s <= LATEST_S:
        raise ValueError("the clock takes times from %d to %d, not %d" % (EARLIEST_S, LATEST_S, unix_s))
    for chip in _State.chips:
        chip.set_time(unix_s)
    set_unix_time(unix_s)
    _State.quality = quality


def start():
    """Trust a battery clock that kept a plausible time over the power cut; called once at start."""
    if board.RTC_BATTERY and unix_time() >= EARLIEST_S:
        _State.quality = RTC
