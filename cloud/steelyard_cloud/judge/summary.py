"""The summary of one identity: everything the rules need of its statements, in bounded space.

Each part is a minimum, a maximum, a union or the K lowest of a set, never "the last that came": two receivers that
hold the same statements hold the same summary, whatever order they came in.
"""

from bisect import bisect_left, insort
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import cbor2

LOWEST_KEPT = 32
STATES_KEPT = 256
MAX_INTERVALS = 256
FORMAT = 3  # a new rule raises it, so that every scale is judged anew; 2 keeps openings of the case, 3 sessions too


class State(NamedTuple):
    """What a statement's header says of the parameters: their digest and both counters."""

    digest: bytes
    calibration_counter: int
    configuration_counter: int


class Edge(NamedTuple):
    """What is kept of the statement at either end of a run of held numbers."""

    number: int
    hash: bytes
    link: bytes
    boot: int
    uptime_s: int
    time: int
    flags: int
    calibration_counter: int
    configuration_counter: int
    restarts: bool  # tells of a lost journal or of being rolled back: its link is not that of the number before


class Interval(NamedTuple):
    """A run of held numbers, and when the earliest committed of them was committed."""

    first: Edge
    last: Edge
    earliest_ms: int


class Change(NamedTuple):
    """One commit of parameters as its event tells it."""

    number: int
    content_hash: bytes
    before: State
    after: State
    permit: bytes | None
    fields: tuple[tuple[int, int | None, int | None], ...]  # field, old, new
    boot: int
    uptime_s: int
    anchor_number: int  # the statement that dates it: itself, or a later one of the same boot; 0 while undated
    dated_s: int


class Opening(NamedTuple):
    """One opening of the case as its event tells it."""

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


@dataclass(slots=True)
class Summary:
    """See the module; `kid` is the identity's 10 bytes."""

    kid: bytes
    intervals: list[Interval] = field(default_factory=list)  # rising, at least one number apart
    held: int = 0  # statements, copies under one number included
    newest_ms: int = 0  # newest commit
    lost: list[tuple[int, int]] = field(default_factory=list)  # declared lost by the scale; rising, merged
    forks: Numbers = field(default_factory=Numbers)
    resigned: Numbers = field(default_factory=Numbers)
    broken: dict[str, list[int]] = field(default_factory=dict)  # kind of break → lowest numbers that break it
    breaches: dict[str, Numbers] = field(default_factory=dict)  # departures from the profile
    bad_signatures: Numbers = field(default_factory=Numbers)  # held because a later statement links to them
    states: dict[State, tuple[int, int]] = field(default_factory=dict)  # → first and last position seen
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
    unchecked: list[tuple[int, int]] = field(default_factory=list)  # held by a link, own signature not checked yet
    most_intervals: int = MAX_INTERVALS  # not kept in the database: only an evidence file may have more
    revision: int = 0  # rises with whatever a rule could see
    judged: int = -1  # the revision that the scale was last judged at
    outdated: bool = field(default=False, compare=False)  # from an older FORMAT: its events have to be read again
    seldom: tuple[int, bytes] = field(default=(-1, b""), compare=False, repr=False)  # see `_dump_seldom`

    @property
    def head(self) -> int:
        """The highest number held; 0 when nothing is."""
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
        """Count a statement that departs from the profile, by the text of the breach."""
        numbers = self.breaches.get(breach)
        if numbers is None:
            numbers = self.breaches[breach] = Numbers()
        numbers.add(number)
        self.revision += 1

    def holds(self, number: int) -> bool:
        """Whether some statement with this number is held."""
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
        """The highest statement up to which every number is held or was declared lost: what a receipt may name."""
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

    def dump(self) -> bytes:
        """Bytes for the database."""
        # Lists throughout: for tuples cbor2 asks several abstract classes.
        return cbor2.dumps(
            [
                FORMAT,
                [[list(first), list(last), ms] for first, last, ms in self.intervals],
                self.held,
                self.newest_ms,
                [[*state, *seen] for state, seen in self.states.items()],
                {digest: list(waiting) for digest, waiting in self.unmapped.items()},
                [list(one) for one in self.unchecked],
                self.revision,
                self.judged,
                self._dump_seldom(),
            ]
        )

    def _dump_seldom(self) -> bytes:
        """What does not change without a new revision; most statements leave it as it is, so it is encoded once."""
        revision, encoded = self.seldom
        if revision != self.revision:
            counted = (
                self.forks,
                self.resigned,
                self.bad_signatures,
                self.wrong_weights,
                self.journal_lost,
                self.rolled_back,
            )
            encoded = cbor2.dumps(
                [
                    self.lost,
                    [[n.count, n.lowest] for n in counted],
                    self.broken,
                    {text: [n.count, n.lowest] for text, n in self.breaches.items()},
                    self.states_dropped,
                    self.changes,
                    self.maps,
                    self.software,
                    self.period,
                    self.openings,
                    self.openings_beyond,
                    self.sessions,
                ]
            )
            self.seldom = self.revision, encoded
        return encoded

    @classmethod
    def load(cls, kid: bytes, data: bytes) -> "Summary":
        """The summary that `dump` wrote."""
        format_, intervals, held, newest_ms, states, unmapped, unchecked, revision, judged, seldom = cbor2.loads(data)
        lost, numbers, broken, breaches, dropped, changes, maps, software, period, *rest = cbor2.loads(seldom)
        openings, beyond, sessions = rest if format_ == FORMAT else ([], 0, [])  # read again from the evidence
        forks, resigned, bad, wrong, journal, rolled = (Numbers(*pair) for pair in numbers)
        return cls(
            kid=kid,
            intervals=[Interval(Edge(*first), Edge(*last), ms) for first, last, ms in intervals],
            held=held,
            newest_ms=newest_ms,
            lost=[(first, last) for first, last in lost],
            forks=forks,
            resigned=resigned,
            broken=broken,
            breaches={text: Numbers(*pair) for text, pair in breaches.items()},
            bad_signatures=bad,
            states={State(*row[:3]): (row[3], row[4]) for row in states},
            states_dropped=dropped,
            changes=[_change(row) for row in changes],
            openings=[Opening(*row) for row in openings],
            openings_beyond=beyond,
            sessions=sessions,
            maps=maps,
            unmapped={digest: (low, high) for digest, (low, high) in unmapped.items()},
            wrong_weights=wrong,
            software={key: tuple(row) for key, row in software.items()},
            period=tuple(period),
            journal_lost=journal,
            rolled_back=rolled,
            unchecked=[(first, last) for first, last in unchecked],
            revision=revision,
            judged=judged if format_ == FORMAT else -1,
            outdated=format_ != FORMAT,
            seldom=(revision, seldom) if format_ == FORMAT else (-1, b""),
        )

    def canonical(self) -> tuple[Any, ...]:
        """A value that is equal for equal summaries, for comparisons in tests and repairs."""
        return (
            self.intervals,
            self.held,
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


def _change(row: list[Any]) -> Change:
    number, digest, before, after, permit, fields, *rest = row
    return Change(number, digest, State(*before), State(*after), permit, tuple(map(tuple, fields)), *rest)


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
