"""The summary of one identity: everything that rules and conditions need of its statements, in bounded space.

Each part is a minimum, a maximum, a union or the first or last of a set, never "the last that came": two receivers that
have stored the same statements have the same summary, whatever order they came in.
"""

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TypeVar

from steelyard_cloud.judge.summary_parts import (
    BOUNDS,
    Bounds,
    Change,
    Device,
    Edge,
    Ends,
    Interval,
    Numbers,
    Opening,
    ParameterState,
    Recent,
    Reread,
    Session,
    Unlock,
    Waiting,
)

Dated = TypeVar("Dated", Change, Opening)


@dataclass(slots=True)
class Summary:
    """See the module; `kid` is the identity's 10 bytes. Times are Unix milliseconds where the name ends in `_ms`."""

    kid: bytes
    bounds: Bounds = field(
        default=BOUNDS, compare=False
    )  # not kept in the database: all but tests and files have these
    intervals: list[Interval] = field(default_factory=list)  # rising, at least one number apart
    stored: int = 0  # statements, copies under one number included
    newest_ms: int = 0  # newest commit
    arrived: int = 0  # the latest arrival (`Stored`); of what an older version has stored none is known
    headless_ms: int = 0  # newest commit of a statement that has no readable number
    dated: tuple[int, int] = (0, 0)  # the highest number of a statement with a date of its own, and that date
    undated: tuple[int, int] = (0, 0)  # the lowest number above it, and when that was committed
    lost: list[tuple[int, int]] = field(default_factory=list)  # declared lost by the scale; rising, merged
    forks: Numbers = field(default_factory=Numbers)
    resigned: Numbers = field(default_factory=Numbers)
    broken: dict[str, Numbers] = field(default_factory=dict)  # kind of break → numbers that break it
    breaches: dict[str, Numbers] = field(default_factory=dict)  # departures from the profile, and contradictions
    bad_signatures: Numbers = field(default_factory=Numbers)  # stored because a later statement links to them
    states: dict[ParameterState, tuple[int, int]] = field(default_factory=dict)  # → first and last position seen
    states_dropped: bool = False
    recent_states: Recent[ParameterState] = field(default_factory=Recent)
    changes: Ends[Change] = field(default_factory=Ends)
    sessions: Ends[Session] = field(default_factory=Ends)
    openings: list[Opening] = field(default_factory=list)  # the lowest, rising
    openings_beyond: int = 0  # the highest number of an opening that is not kept
    # What tells of the case in a session, which may be a repair: number and boot of the highest, and what came last.
    case_in_session: tuple[int, int] = (0, 0)
    case_in_session_latest: tuple[int, int] = (0, 0)
    # The same outside of any.
    case_flagged: int = 0  # the highest number whose head says that the case is open or the scale locked
    case_event: int = 0  # the highest number of an event *case opened* or *locked*
    case_latest: tuple[int, int] = (0, 0)  # arrival and number of what came last of what either of them is about
    hidden: dict[str, Numbers] = field(default_factory=dict)  # condition → what may hide something from it
    unlocks: list[Unlock] = field(default_factory=list)  # the highest, rising
    maps: dict[bytes, dict[int, int]] = field(default_factory=dict)
    unmapped: dict[bytes, Waiting] = field(default_factory=dict)  # digest → snapshots and sales that wait for its map
    unmapped_dropped: Numbers = field(default_factory=Numbers)  # those of which nobody remembers that they wait
    wrong_weights: Numbers = field(default_factory=Numbers)
    wrong_prices: Numbers = field(default_factory=Numbers)
    software: dict[bytes, tuple[int, str, str, int]] = field(default_factory=dict)  # hash → first, name, version, last
    devices: Recent[Device] = field(default_factory=Recent)
    stated: list[tuple[int, int]] = field(default_factory=list)  # boots with a boot statement; rising, merged
    unstated: Recent[int] = field(default_factory=Recent)  # boots that ran long and have no boot statement
    period: tuple[int, bytes, int] = (0, b"", 0)  # number and content hash of what says it, seconds
    journal_lost: Numbers = field(default_factory=Numbers)
    rolled_back: Numbers = field(default_factory=Numbers)
    unchecked: list[tuple[int, int]] = field(default_factory=list)  # stored by a link, own signature not checked yet
    unchecked_latest: int = 0  # the latest arrival of such a statement
    rereads: list[Reread] = field(default_factory=list)  # what waits to be read again
    set_backs: int = 0  # how many set-backs of the platform's clock its times have been through
    revision: int = 0  # rises with whatever a rule or a condition could see
    judged: int = -1  # the revision that the scale was last judged at
    replaced: bool = False  # when it was last judged, another key was the scale's: whatever comes counts
    outdated: bool = field(default=False, compare=False)  # from an older FORMAT: to be made again from the evidence
    seldom: tuple[int, bytes] = field(default=(-1, b""), compare=False, repr=False)  # see `summary_bytes`

    def note_judged(self, active_kid: bytes | None) -> None:
        """The scale was judged by this summary while `active_kid` was its key."""
        self.judged, self.replaced = self.revision, active_kid != self.kid

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
        links = self.broken.get("link")
        if links is None and not self.forks.count and not self.resigned.count:  # nearly always, and asked every time
            return None
        lowest = (self.forks.lowest, self.resigned.lowest, links.lowest if links else [])
        return min(numbers[0] for numbers in lowest if numbers)

    @property
    def several_at(self) -> int:
        """The highest number with several statements."""
        return max(self.forks.highest, self.resigned.highest)

    def count(self, some: Numbers, number: int, arrival: int) -> None:
        """Count a statement among some."""
        some.add(number, arrival, self.bounds.numbers)

    def count_breach(self, breach: str, number: int, arrival: int) -> None:
        """Count a statement that breaks the profile or contradicts itself, by the text of the breach."""
        self.count(self.breaches.setdefault(breach, Numbers()), number, arrival)

    def count_break(self, what: str, number: int, arrival: int) -> None:
        """Count a statement that does not continue the one before it; the arrival of the later of both."""
        self.count(self.broken.setdefault(what, Numbers()), number, arrival)

    def has(self, number: int) -> bool:
        """Whether some statement with this number is stored."""
        intervals = self.intervals
        if not intervals or number > intervals[-1].last.number:
            return False
        at = bisect_left(intervals, number, key=lambda interval: interval.last.number)
        return intervals[at].first.number <= number

    def breaks(self) -> dict[str, set[int]]:
        """Kind of break → lowest numbers where it was seen, as far as it does not depend on which copy came first.

        From the first fork on there is no one order to judge; a link to a re-signed statement fits one of its copies.
        """
        fork = self.first_fork
        kept = {
            what: {number for number in numbers.lowest if fork is None or number < fork}
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

    def set_back(self, to_ms: int) -> None:
        """The platform's clock was set back to `to_ms`: nothing that was committed before is dated later than that."""
        to_s = to_ms // 1000
        self.intervals = [one._replace(earliest_ms=min(one.earliest_ms, to_ms)) for one in self.intervals]
        self.newest_ms, self.headless_ms = min(self.newest_ms, to_ms), min(self.headless_ms, to_ms)
        self.dated, self.undated = (
            (self.dated[0], min(self.dated[1], to_ms)),
            (self.undated[0], min(self.undated[1], to_ms)),
        )
        self.changes.items = [_set_back(one, to_s) for one in self.changes.items]
        self.openings = [_set_back(one, to_s) for one in self.openings]
        self.revision += 1


def _set_back(one: Dated, to_s: int) -> Dated:
    return one._replace(committed_s=min(one.committed_s, to_s), dated_s=min(one.dated_s, to_s))
