"""The head of a statement: its fields with their ranges, and its flags.

A field that is out of its range must not cost the others, least of all the number: each is read by itself.
"""

from typing import Any, NamedTuple

from steelyard_protocol.checks import UINT32, Check, integer, octets

LINK_BYTES = 16
NO_LINK = bytes(LINK_BYTES)
RESERVED_FLAGS = range(10, 16)
"""Bits without a meaning yet."""


class Flag:
    """Bits of a statement's flags; the two lowest bits are the clock quality."""

    CLOCK_QUALITY = 3
    STABLE = 1 << 2
    CASE_OPEN = 1 << 3
    LOCKED = 1 << 4
    ADJUSTMENT_SWITCH = 1 << 5
    SESSION_OPEN = 1 << 6
    ADC_FAULT = 1 << 7
    SUPPLY_LOW = 1 << 8
    RESERVE_IN_USE = 1 << 9


class _Field(NamedTuple):
    """One element of a head: what it is called, what passes, and what stands for it where it cannot be read."""

    name: str
    check: Check
    absent: Any


HEAD = (
    _Field("kind", integer(1, UINT32), 0),
    _Field("number", integer(1, UINT32), 0),
    _Field("link", octets(LINK_BYTES), NO_LINK),
    _Field("time", integer(0, UINT32), 0),
    _Field("uptime", integer(0, UINT32), 0),
    _Field("flags", integer(0, 0xFFFF), 0),
    _Field("boot", integer(1, UINT32), 0),
    _Field("digest", octets(16), bytes(16)),
    _Field("calibration counter", integer(0, 0xFFFF), 0),
    _Field("configuration counter", integer(0, 0xFFFF), 0),
)
KIND, NUMBER, _TIME, _FLAGS = 0, 1, 3, 5
STATE = frozenset(field.name for field in HEAD[7:])
_CHECKS = tuple(field.check for field in HEAD)
_ABSENT = [field.absent for field in HEAD]
_ALL = tuple(field.name for field in HEAD)


def read_head(value: list[Any], found: list[str]) -> tuple[list[Any], tuple[str, ...]]:
    """The known head and the names of what is not readable in it. Without a readable number none of it is."""
    head = value[: len(HEAD)]
    unread = [at for at, (check, one) in enumerate(zip(_CHECKS, head, strict=False)) if not check(one)]
    if not unread and len(head) == len(HEAD) and (head[_TIME] == 0) == (head[_FLAGS] & Flag.CLOCK_QUALITY == 0):
        return head, ()
    found += [f"the {HEAD[at].name} is out of its range or of another type" for at in unread]
    unread += range(len(head), len(HEAD))
    if NUMBER in unread:
        return _ABSENT, _ALL
    head += _ABSENT[len(head) :]
    for at in unread:
        head[at] = HEAD[at].absent
    if (head[_TIME] == 0) != (head[_FLAGS] & Flag.CLOCK_QUALITY == 0):
        if _TIME not in unread and _FLAGS not in unread:
            found.append("the time is 0 exactly where the clock quality is none")
        head[_TIME] = 0
        unread = sorted({*unread, _TIME})
    return head, tuple(HEAD[at].name for at in unread)


def body_at(value: list[Any]) -> int:
    """Where the body is: the first array after the known head, as a head grows by anything but arrays."""
    for at in range(len(HEAD), len(value)):
        if type(value[at]) is list:
            return at
    return len(value)
