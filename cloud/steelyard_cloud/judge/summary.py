"""The summary of one identity: everything the rules need of its statements, in bounded space.

Each part is a minimum, a maximum, a union or the K lowest of a set, never "the last that came": two receivers that
have stored the same statements have the same summary, whatever order they came in.
"""

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Any

from steelyard_cloud.judge.summary_parts import (
    MAX_INTERVALS,
    Change,
    Edge,
    Interval,
    Numbers,
    Opening,
    ParameterState,
)


@dataclass(slots=True)
class Summary:
    """See the module; `kid` is the identity's 10 bytes."""

    kid: bytes
    intervals: list[Interval] = field(default_factory=list)  # rising, at least one number apart
    stored: int = 0  # statements, copies under one number included
    newest_ms: int = 0  # newest commit
    lost: list[tuple[int, int]] = field(default_factory=list)  # declared lost by the scale; rising, merged
    forks: Numbers = field(default_factory=Numbers)
    resigned: Numbers = field(default_factory=Numbers)
    broken: dict[str, list[int]] = field(default_factory=dict)  # kind of break → lowest numbers that break it
    breaches: dict[str, Numbers] = field(default_factory=dict)  # departures from the profile
    bad_signatures: Numbers = field(default_factory=Numbers)  # stored because a later statement links to them
    states: dict[ParameterState, tuple[int, int]] = field(default_factory=dict)  # → first and last position seen
    states_dropped: bool = False
    changes: list[Change] = field(default_factory=list)  # rising
    openings: list[Opening] = field(default_factory=list)  # the lowest, rising
    openings_beyond: int = 0  # the highest number of an opening that is not kept
    sessions: list[int] = field(default_factory=list)  # numbers where an adjustment session began or ended, rising
    maps: dict[bytes, dict[int, int]] = field(default_factory=dict)
    unmapped: dict[bytes, tuple[int, int]] = field(default_factory=dict)  # digest → range of snapshots that wait for it
    wrong_weights: Numbers = field(default_factory=Numbers)
    software: dict[bytes, tuple[int, str, str, int]] = field(default_factory=dict)  # hash → first, name, version, last
    period: tuple[int, bytes, int] = (0, b"", 0)  # number and content hash of what says it, seconds
    journal_lost: Numbers = field(default_factory=Numbers)
    rolled_back: Numbers = field(default_factory=Numbers)
    unchecked: list[tuple[int, int]] = field(default_factory=list)  # stored by a link, own signature not checked yet
    most_intervals: int = MAX_INTERVALS  # not kept in the database: only an evidence file may have more
    revision: int = 0  # rises with whatever a rule could see
    judged: int = -1  # the revision that the scale was last judged at
    outdated: bool = field(default=False, compare=False)  # from an older FORMAT: its events have to be read again
    seldom: tuple[int, bytes] = field(default=(-1, b""), compare=False, repr=False)  # see `summary_bytes`

    @property
    def head(self) -> int:
        """The highest number stored; 0 when nothing is."""
        return self.intervals[-1].last.number if self.intervals else 0

    @property
    def latest(self) -> Edge | None:
        """The statement with the highest number."""
        return self.intervals[-1].last if self.intervals else None

    @property
    def first_fork(self) -> int | None:
        """The lowest number with two contents."""
        return self.forks.lowest[0] if self.forks.count else None

    @property
    def first_branch(self) -> int | None:
        """The lowest number where the chain may branch: it has several statements, or its link does not fit."""
        lowest = (self.forks.lowest, self.resigned.lowest, self.broken.get("link", ()))
        if not any(lowest):  # nearly always, and asked for every statement
            return None
        return min(numbers[0] for numbers in lowest if numbers)

    def count_breach(self, breach: str, number: int) -> None:
        """Count a statement that breaks the profile, by the text of the breach."""
        numbers = self.breaches.get(breach)
        if numbers is None:
            numbers = self.breaches[breach] = Numbers()
        numbers.add(number)
        self.revision += 1

    def has(self, number: int) -> bool:
        """Whether some statement with this number is stored."""
        intervals = self.intervals
        if not intervals or number > intervals[-1].last.number:
            return False
        at = bisect_left(intervals, number, key=lambda interval: interval.last.number)
        return intervals[at].first.number <= number

    def breaks(self) -> dict[str, set[int]]:
        """Kind of break → numbers where it was seen, as far as it does not depend on which copy came first.

        From the first fork on there is no one order to judge; a link to a re-signed statement fits one of its copies.
        """
        fork = self.first_fork
        kept = {
            what: {number for number in numbers if fork is None or number < fork}
            for what, numbers in self.broken.items()
        }
        if "link" in kept:
            kept["link"] -= {number + 1 for number in self.resigned.lowest}
        return {what: numbers for what, numbers in kept.items() if numbers}

    def contiguous(self) -> Edge | None:
        """The highest statement up to which every number is stored or was declared lost: what a receipt may name."""
        reach, edge = 0, None
        for interval in self.intervals:
            for first, last in self.lost:
                if first <= reach + 1 <= last:
                    reach = last
            if interval.first.number > reach + 1:
                break
            edge = interval.last
            reach = max(reach, edge.number)
        return edge

    def canonical(self) -> tuple[Any, ...]:
        """A value that is equal for equal summaries, for comparisons in tests and repairs."""
        return (
            self.intervals,
            self.stored,
            self.lost,
            [self.forks, self.resigned, self.bad_signatures, self.wrong_weights],
            [self.journal_lost, self.rolled_back],
            sorted(self.breaks().items()),
            sorted(self.breaches.items(), key=lambda item: item[0]),
            sorted(self.states.items()),
            self.states_dropped,
            self.changes,
            (self.openings, self.openings_beyond),
            self.sessions,
            sorted(self.maps.items()),
            sorted(self.unmapped.items()),
            sorted(self.software.items()),
            self.period,
        )
