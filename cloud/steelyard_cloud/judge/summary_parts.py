"""What a summary is made of, each part bounded: runs and sets of numbers, what was seen last, both ends of a list.

Each is a function of the set that was put in, not of the order; what a bound drops leaves a mark that is as high as the
highest number dropped, so that all above a number is known exactly where no mark is above it.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar


class Bounds(NamedTuple):
    """How much of each kind a summary keeps."""

    numbers: int = 32  # of a kind of trouble: the lowest, for people to look at
    states: int = 256  # of the parameters, from the first; maps, programs
    recent: int = 64  # states, devices, boots: those seen last
    ends: int = 128  # changes, sessions: so many from either end
    intervals: int = 256


BOUNDS = Bounds()


class ParameterState(NamedTuple):
    """What a statement's header says of the parameters: their digest and both counters."""

    digest: bytes
    calibration_counter: int
    configuration_counter: int


class Device(NamedTuple):
    """What a boot statement says of the machine that runs the agent."""

    software: bytes  # hash
    hardware: str
    adc: str
    root: bytes  # empty where it names none
    production_code: str
    debug_open: bool


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
    arrival: int = 0  # see Stored


class Stored(NamedTuple):
    """How a statement was stored: its commit and its own date, if it has one (Unix ms); and which one it was.

    `arrival` is how many of its identity were stored when it was, itself included.
    """

    commit_ms: int
    date_ms: int | None
    arrival: int


class Interval(NamedTuple):
    """A run of stored numbers, and the earliest date of them: when the grace of a hole before it begins, in ms."""

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
    committed_s: int
    anchor_number: int  # the nearest statement with a date, itself or a later one; 0 while there is none
    dated_s: int  # 0 where there is none, or it is of another boot
    arrival: int  # see Stored


class Opening(NamedTuple):
    """One opening of the case as its event reports it."""

    number: int
    content_hash: bytes
    stamp_s: int  # of the latch; 0 where no clock ran
    boot: int
    uptime_s: int
    committed_s: int
    anchor_number: int  # as for a change
    dated_s: int
    arrival: int  # see Stored


class Session(NamedTuple):
    """Where an adjustment session or a repair began, under the permit with that hash, or ended; empty for none."""

    number: int
    boot: int
    permit: bytes


class Unlock(NamedTuple):
    """An event *unlocked*, and the order number of the permit that it names; 0 for none."""

    number: int
    order_number: int


class Waiting(NamedTuple):
    """Snapshots that wait for a map: the lowest and the highest number, and the latest arrival."""

    first: int
    last: int
    latest: int


class Reread(NamedTuple):
    """Stored statements that have to be read again because of one that came late.

    With a `digest`, the snapshots under it from `first` to `last` wait for its map; without one, the statements from
    `first` on up to the first with a date may date what came before them.
    """

    digest: bytes | None
    first: int
    last: int


@dataclass(slots=True)
class Numbers:
    """A set of statements of which the count, the lowest numbers, the highest, and the one that came last are kept."""

    count: int = 0
    lowest: list[int] = field(default_factory=list)
    highest: int = 0
    latest: int = field(default=0, compare=False)  # arrival of the one that came last
    newest: int = field(default=0, compare=False)  # its number

    def add(self, number: int, arrival: int, most: int = BOUNDS.numbers) -> None:
        """Count one more statement."""
        self.count += 1
        self.highest = max(self.highest, number)
        self.came(number, arrival)
        lowest = self.lowest
        at = bisect_left(lowest, number)
        if at < most and (at == len(lowest) or lowest[at] != number):
            lowest.insert(at, number)
            del lowest[most:]

    def came(self, number: int, arrival: int) -> None:
        """One came that is among them, counted or not."""
        self.latest, self.newest = max((self.latest, self.newest), (arrival, number))


K = TypeVar("K", bound=Hashable)


@dataclass(slots=True)
class Recent(Generic[K]):
    """Values with the highest position at which each was seen, and where it was seen last; the highest are kept."""

    last: dict[K, int] = field(default_factory=dict)
    dropped: int = 0  # the highest position of a value that is not kept
    latest: dict[K, tuple[int, int]] = field(default_factory=dict, compare=False)  # arrival and position of what came
    latest_dropped: int = field(default=0, compare=False)  # arrival

    def see(self, value: K, position: int, arrival: int, most: int = BOUNDS.recent) -> None:
        """The value was seen at a position."""
        last, latest = self.last, self.latest
        if (arrival, position) > latest.get(value, (-1, 0)):
            latest[value] = arrival, position
        if position > last.get(value, -1):
            last[value] = position
            if len(last) > most:
                self._drop(min(last, key=lambda one: (last[one], repr(one))))

    def _drop(self, value: K) -> None:
        self.dropped = max(self.dropped, self.last[value])
        self.latest_dropped = max(self.latest_dropped, self.latest[value][0])
        self.forget(value)

    def forget(self, value: K) -> None:
        """As if it had not been seen."""
        self.last.pop(value, None)
        self.latest.pop(value, None)

    def seen(self, value: K) -> tuple[int, int]:
        """The highest position and the latest arrival of a value that is kept."""
        return self.last[value], self.latest[value][0]

    def where(self, value: K, above: int) -> int:
        """The highest position of a value that is kept, if it is above that; else where it was that came last."""
        return self.last[value] if self.last[value] > above else self.latest[value][1]

    def those(self, are_wanted: Callable[[int, int], bool]) -> list[K]:
        """The values that are wanted by the highest position and the latest arrival, as far as they are kept."""
        return [value for value in self.last if are_wanted(*self.seen(value))]


T = TypeVar("T")


@dataclass(slots=True)
class Ends(Generic[T]):
    """A rising list of which both ends are kept; an item is a number, or begins with one."""

    items: list[T] = field(default_factory=list)
    dropped: int = 0  # the highest number of an item that is not kept
    latest: int = field(default=0, compare=False)  # arrival
    latest_dropped: int = field(default=0, compare=False)  # nothing that is not kept arrived later

    def add(self, item: Any, arrival: int, most: int = BOUNDS.ends) -> None:
        """Put one in; the same again changes nothing."""
        items: list[Any] = self.items
        self.latest = max(self.latest, arrival)
        at = bisect_left(items, item)
        if at < len(items) and items[at] == item:
            return
        items.insert(at, item)
        if len(items) > 2 * most:
            middle = items.pop(most)
            self.dropped = max(self.dropped, middle if isinstance(middle, int) else middle[0])
            self.latest_dropped = self.latest


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
