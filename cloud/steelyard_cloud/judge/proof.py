"""What the conditions of the verdict are given: summaries, registry facts, and the number from which they count."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

from steelyard_cloud.judge.chain import Hole, holes
from steelyard_cloud.judge.facts import Baseline, Facts
from steelyard_cloud.judge.summary import Summary


@dataclass(frozen=True)
class Proof:
    """A scale's summaries and facts; `active` is the summary of the key that it signs with now."""

    active: Summary
    others: tuple[Summary, ...]
    facts: Facts

    @cached_property
    def baseline(self) -> Baseline | None:
        """The verification of the active key whose statement has the highest number."""
        own = [one for one in self.facts.baselines if one.kid == self.active.kid]
        return max(own, key=lambda one: (one.number, one.recorded_ms, one.hash), default=None)

    @cached_property
    def since(self) -> int:
        """The number of the baseline's statement: what follows it counts; 0 without a baseline."""
        return self.baseline.number if self.baseline else 0

    def counted_from(self, kid: bytes) -> int:
        """From where chain, boots, consistency and completeness count on one identity."""
        decided = [one.number for one in self.facts.decisions if one.kid == kid]
        return max([self.since if kid == self.active.kid else 0, *decided])

    @cached_property
    def counted(self) -> int:
        """The same on the active key."""
        return self.counted_from(self.active.kid)

    @cached_property
    def holes(self) -> Collection[Hole]:
        """Missing numbers of the active key's chain, rising."""
        return holes(self.active)

    def may_come_until_ms(self, number: int) -> int:
        """Until when something since the baseline that is missing below a number may still come; 0 for nothing."""
        return max((hole.until_ms for hole in self.holes if hole.last > self.since and hole.first < number), default=0)
