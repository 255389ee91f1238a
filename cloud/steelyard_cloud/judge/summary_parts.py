"""What a summary is made of: runs of numbers, changes, openings, and sets that keep their count and lowest numbers."""

from bisect import bisect_left, insort
from dataclasses import dataclass, field
from typing import NamedTuple

LOWEST_KEPT = 32
STATES_KEPT = 256
MAX_INTERVALS = 256


class ParameterState(NamedTuple):
    """What a statement's header says of the parameters: their digest and both counters."""

    digest: bytes
    calibration_counter: int
    configuration_counter: int


class Edge(NamedTuple):
    """What is kept of the statement at either end of a run of stored numbers."""

    number: int
    hash: bytes
    link: bytes
    boot: int
    uptime_s: int
    time: int
    flags: int
    calibration_counter: int
    configuration_counter: int
    restarts: bool  # reports a lost journal or a rollback: its link is not that of the number before


class Interval(NamedTuple):
    """A run of stored numbers, and when the earliest committed of them was committed."""

    first: Edge
    last: Edge
    earliest_ms: int


class Change(NamedTuple):
    """One commit of parameters as its event reports it."""

    number: int
    content_hash: bytes
    before: ParameterState
    after: ParameterState
    permit: bytes | None
    fields: tuple[tuple[int, int | None, int | None], ...]  # field, old, new
    boot: int
    uptime_s: int
    anchor_number: int  # the statement that dates it: itself, or a later one of the same boot; 0 while undated
    dated_s: int


class Opening(NamedTuple):
    """One opening of the case as its event reports it."""

    number: int
    content_hash: bytes
    stamp_s: int  # of the latch; 0 where no clock ran
    boot: int
    uptime_s: int
    anchor_number: int  # as for a change
    dated_s: int


@dataclass(slots=True)
class Numbers:
    """A set of statements of which the count and the lowest numbers are kept."""

    count: int = 0
    lowest: list[int] = field(default_factory=list)

    def add(self, number: int) -> None:
        """Count one more statement."""
        self.count += 1
        lowest = self.lowest
        at = bisect_left(lowest, number)
        if at < LOWEST_KEPT and (at == len(lowest) or lowest[at] != number):
            lowest.insert(at, number)
            del lowest[LOWEST_KEPT:]


def add_range(ranges: list[tuple[int, int]], first: int, last: int) -> list[tuple[int, int]]:
    """Rising ranges of numbers with one more in them; ranges that touch are one."""
    apart = []
    for low, high in ranges:
        if high + 1 < first or last + 1 < low:
            apart.append((low, high))
        else:
            first, last = min(first, low), max(last, high)
    insort(apart, (first, last))
    return apart


def keep_lowest(numbers: list[int], number: int, most: int = LOWEST_KEPT) -> bool:
    """Add to a rising list of which only the lowest are kept; False where one was dropped for it."""
    if number not in numbers:
        insort(numbers, number)
    dropped = len(numbers) > most
    del numbers[most:]
    return not dropped
