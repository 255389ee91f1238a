"""Checks of decoded values, one for each type that the definition has for them. True and 1.0 pass for no integer."""

from collections.abc import Callable, Sequence
from typing import Any

UINT32 = 0xFFFFFFFF

Check = Callable[[Any], bool]


def integer(minimum: int, maximum: int) -> Check:
    """A check for an integer, both ends included; True and False are none."""
    return lambda value: type(value) is int and minimum <= value <= maximum


def octets(length: int) -> Check:
    """A check for a byte string of this length."""
    return lambda value: type(value) is bytes and len(value) == length


def text(longest: int) -> Check:
    """A check for a text of 1 to `longest` bytes in UTF-8."""
    return lambda value: type(value) is str and 1 <= len(value.encode()) <= longest


def optional(check: Check) -> Check:
    """A check that also lets nil pass."""
    return lambda value: value is None or check(value)


def array(*checks: Check) -> Check:
    """A check for an array of exactly these."""
    return lambda value: (
        type(value) is list
        and len(value) == len(checks)
        and all(check(item) for check, item in zip(checks, value, strict=True))
    )


def breach_of(name: str, checks: Sequence[Check], values: Sequence[Any]) -> str | None:
    """What keeps `values` from passing the checks, in words; None if nothing does. More values may follow."""
    if len(values) < len(checks):
        return f"{name}: {len(values)} elements, at least {len(checks)} expected"
    passed = [check(value) for check, value in zip(checks, values, strict=False)]
    return None if all(passed) else f"{name}: element {passed.index(False)} is out of its range or of another type"
