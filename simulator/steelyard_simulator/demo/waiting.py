"""Waiting for a condition with an end."""

import time
from collections.abc import Callable
from typing import TypeVar

from steelyard_simulator.demo.errors import NotInTime

T = TypeVar("T")


def until(condition: Callable[[], T], what: str, timeout_s: float = 20.0, every_s: float = 0.05) -> T:
    """The first true value of `condition()`; NotInTime naming `what` after `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise NotInTime(what=what, timeout_s=timeout_s)
        time.sleep(every_s)
    return value
