"""What the conditions of the verdict are given: summaries, registry facts, and the number from which they count."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

from steelyard_cloud.judge.chain import Hole, holes
from steelyard_cloud.judge.facts import Baseline, Facts, Since, in_effect
from steelyard_cloud.judge.summary import Summary

NOTHING = Since(0, 0)
"""No fact settles anything."""


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
    def since(self) -> Since:
        """What the baseline does not settle counts; all of it without a baseline."""
        return Since(self.baseline.number, self.baseline.settled) if self.baseline else NOTHING

    def counted_from(self, kid: bytes) -> Since:
        """From where chain, boots, consistency and completeness count on one identity."""
        decided = [Since(one.number, one.settled) for one in self.facts.decisions if one.kid == kid]
        return max([self.since if kid == self.active.kid else NOTHING, *decided])

    @cached_property
    def counted(self) -> Since:
        """The same on the active key."""
        return self.counted_from(self.active.kid)

    @cached_property
    def verified(self) -> tuple[Since, ...]:
        """The verifications of the active key, as they took effect."""
        return in_effect(Since(one.number, one.settled) for one in self.facts.baselines if one.kid == self.active.kid)

    @cached_property
    def named(self) -> tuple[Since, ...]:
        """The verifications of the active key and the decisions on it, as they took effect."""
        decided = (Since(one.number, one.settled) for one in self.facts.decisions if one.kid == self.active.kid)
        return in_effect([*self.verified, *decided])

    def is_hidden(self, condition: str) -> bool:
        """Whether something that cannot be read since the baseline may be trouble for a condition."""
        some = self.active.hidden.get(condition)
        return some is not None and self.since.named.leaves(some.highest, some.latest)

    @cached_property
    def holes(self) -> Collection[Hole]:
        """Missing numbers of the active key's chain, rising."""
        return holes(self.active)

    def may_come_until_ms(self, number: int) -> int:
        """Until when something since the baseline that is missing below a number may still come; 0 for nothing."""
        return max(
            (hole.until_ms for hole in self.holes if hole.last > self.since.number and hole.first < number), default=0
        )
