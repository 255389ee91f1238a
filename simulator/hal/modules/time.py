"""MicroPython's `time` as on an RP2: 30-bit tick counters and a clock without time zone, from the board's clock."""

import utime
from hal_board import BOARD

_TICKS_MASK = (1 << 30) - 1
_TICKS_HALF = 1 << 29

_clock = BOARD.clock


def ticks_ms():
    return _clock.read() // 1000 & _TICKS_MASK


def ticks_us():
    # A driver looks at it twice in each pulse: `Clock.read` in line, as far as virtual time goes.
    if not _clock.virtual:
        return _clock.read() & _TICKS_MASK
    now = _clock.now_us = _clock.now_us + 1
    if _clock.next_us <= now:
        _clock.run_due()
    return now & _TICKS_MASK


ticks_cpu = ticks_us


def ticks_add(ticks, delta):
    if not -_TICKS_HALF < delta < _TICKS_HALF:
        raise OverflowError("ticks interval overflow")
    return ticks + delta & _TICKS_MASK


def ticks_diff(end, start):
    return (end - start + _TICKS_HALF & _TICKS_MASK) - _TICKS_HALF


def sleep_us(us):
    _clock.sleep(us)


def sleep_ms(ms):
    _clock.sleep(ms * 1000)


def sleep(seconds):
    _clock.sleep(int(seconds * 1_000_000))


def time():
    return BOARD.rtc.unix_us() // 1_000_000


def time_ns():
    return BOARD.rtc.unix_us() * 1000


def gmtime(seconds=None):
    return utime.gmtime(time() if seconds is None else seconds)[:8]


localtime = gmtime


def mktime(fields):
    """Seconds since 1970 of (year, month, day, hour, minute, second, …)."""
    year, month, day, hour, minute, second = fields[:6]
    years = year - (month < 3)
    days = years * 365 + years // 4 - years // 100 + years // 400 + ((month + 9) % 12 * 153 + 2) // 5 + day - 719469
    return ((days * 24 + hour) * 60 + minute) * 60 + second
