"""What the naive judge is given: all that is stored, what the registry recorded, and plain look-ups in both."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from steelyard_cloud.judge.facts import PermitFact
from steelyard_protocol.bodies import Boot, Parameters

from kit.naive_reading import MINUTE_MS, Rows, Seen, digest, places_of, seen_in


class Verification(NamedTuple):
    """As recorded: the number and the hash of a statement, and the hash of the boot statement of the same start."""

    kid: bytes
    number: int
    hash: bytes
    boot_hash: bytes
    recorded_ms: int
    until_ms: int
    longest_ms: int


class Decision(NamedTuple):
    """A regulator's public decision, by the hash of a stored statement."""

    kid: bytes
    hash: bytes


@dataclass(frozen=True)
class Registry:
    """What was recorded of one scale; `retired` has the head of each replaced key as its successor names it."""

    verifications: tuple[Verification, ...] = ()
    decisions: tuple[Decision, ...] = ()
    permits: frozenset[PermitFact] = frozenset()
    approved: frozenset[bytes] = frozenset()
    retired: tuple[tuple[bytes, int], ...] = ()
    period_s: int = 600


class Hole(NamedTuple):
    """Missing numbers, and when their grace ends."""

    first: int
    last: int
    until_ms: int


class Chain:
    """The statements of a scale: those of the active key by number, and the others."""

    def __init__(self, rows: Rows, registry: Registry, now_ms: int, active: bytes) -> None:
        """What no row says when it was recorded was recorded last."""
        seen, self.places = seen_in(rows), defaultdict(lambda: len(rows), places_of(rows))
        self.registry, self.now_ms, self.active = registry, now_ms, active
        own = [one for one in seen if one.statement.kid == active]
        self.headless = [one for one in own if one.number == 0]
        self.chain = sorted((one for one in own if one.number), key=lambda one: one.number)
        self.others = [one for one in seen if one.statement.kid != active]
        self.by_hash = {one.statement.hash: one for one in seen}
        self.holes = self._holes()
        mine = [one for one in registry.verifications if one.kid == active]
        self.baseline = max(mine, key=lambda one: (one.number, one.recorded_ms, one.hash), default=None)
        self.B, self.B_place = (self.baseline.number, self.places[self.baseline]) if self.baseline else (0, 0)
        self.F, self.F_place = self.counted_from(active)

    def counted_from(self, kid: bytes) -> tuple[int, int]:
        """F(kid), and where the fact was recorded."""
        mine = [one for one in self.registry.decisions if one.kid == kid]
        decided = [(self.by_hash[one.hash].number, self.places[one]) for one in mine]
        return max([(self.B, self.B_place) if kid == self.active else (0, 0), *decided])

    def counted_from_ms(self, kid: bytes) -> int:
        """The later commit of the statements that the baseline and the decisions name."""
        named = [one.hash for one in self.registry.decisions if one.kid == kid]
        named += [self.baseline.hash] if self.baseline else []
        return max((self.by_hash[one].commit_ms for one in named if one in self.by_hash), default=0)

    def _holes(self) -> list[Hole]:
        found, above_ms, next_number = [], 1 << 62, 0
        for one in reversed(self.chain):
            if next_number > one.number + 1:
                found.append(Hole(one.number + 1, next_number - 1, above_ms + 15 * MINUTE_MS))
            above_ms = min(above_ms, one.commit_ms if one.date_ms is None else one.date_ms)
            next_number = one.number
        if next_number > 1:
            found.append(Hole(1, next_number - 1, above_ms + 15 * MINUTE_MS))
        return found[::-1]

    def above(self, number: int) -> list[Seen]:
        """What is stored above a number."""
        return [one for one in self.chain if one.number > number]

    def since_baseline(self, some: Sequence[Seen]) -> list[Seen]:
        """Those of some from the baseline's number on, and those below it that came after it was recorded."""
        return [one for one in some if one.number >= self.B or one.place > self.B_place]

    def since_fact(self, some: Sequence[Seen]) -> list[Seen]:
        """The same from F on."""
        return [one for one in some if one.number >= self.F or one.place > self.F_place]

    def after_fact(self, some: Sequence[Seen]) -> list[Seen]:
        """The same without F itself."""
        return [one for one in some if one.number > self.F or one.place > self.F_place]

    @cached_property
    def contents(self) -> list[Seen]:
        """The chain without re-signed copies: of these the first counts."""
        firsts: dict[tuple[int, bytes], Seen] = {}
        for one in self.chain:
            firsts.setdefault((one.number, one.statement.content_hash), one)
        return sorted(firsts.values(), key=lambda one: (one.number, one.statement.content_hash))

    def date_s(self, one: Seen) -> int | None:
        """Its own date, or by the next statement with a date, if that is of the same boot."""
        if one.date_ms is not None:
            return one.date_ms // 1000
        later = [it for it in self.chain if it.number > one.number and it.date_ms is not None]
        nearest = [it for it in later if it.number == later[0].number]
        if not nearest or any(it.statement.boot != one.statement.boot for it in nearest):
            return None
        dates = [(it.date_ms or 0) // 1000 - (it.statement.uptime_s - one.statement.uptime_s) for it in nearest]
        return max(0, min(*dates, one.commit_ms // 1000))

    @cached_property
    def maps(self) -> dict[bytes, dict[int, int]]:
        """Whole parameter maps by their digests."""
        bodies = [(one.statement.digest, one.statement.body) for one in self.chain]
        whole = [(name, body.parameters) for name, body in bodies if isinstance(body, Boot | Parameters)]
        return {name: body for name, body in whole if digest(body) == name}
