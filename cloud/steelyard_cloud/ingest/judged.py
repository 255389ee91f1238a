"""What a receiver remembers of the last judgement of a scale: from what it was made, and what it came to."""

from dataclasses import dataclass, replace
from typing import Any, Self

from steelyard_cloud.db.due import Alarm, Silence
from steelyard_cloud.judge.conditions.fresh import patience_ms
from steelyard_cloud.judge.findings import Finding
from steelyard_cloud.judge.judge import Judgement
from steelyard_cloud.judge.rules import silent
from steelyard_cloud.scales.facts import ScaleFacts
from steelyard_cloud.statements.summaries import StoredSummary

LOOK_AGAIN_MS = 1000
"""For what waits to be checked: whoever starts next finds it by the scale's timer."""
_PLAIN_BYTES, _EACH_BYTES = 4096, 1024  # of what is kept of a judgement, and of each thing that it names


@dataclass(slots=True)
class Judged:
    """What a judgement of a scale was made from and came to."""

    facts: ScaleFacts
    waiting: frozenset[int]  # numbers that baselines name and that are not stored
    findings: tuple[Finding, ...]
    undecided: frozenset[tuple[str, str]]
    standing: dict[str, Any] | None
    silent: bool  # or undecided whether it is
    alarm: Alarm

    @classmethod
    def of(cls, facts: ScaleFacts, judgement: Judgement, stored: list[StoredSummary], now_ms: int) -> Self:
        """What is kept of a judgement until the next."""
        rules = {rule for rule, _ in (*(one.key for one in judgement.findings), *judgement.undecided)}
        return cls(
            facts=facts,
            waiting=frozenset(one.number for one in facts.facts.baselines if one.state is None),
            findings=judgement.findings,
            undecided=judgement.undecided,
            standing=judgement.standing.as_json() if judgement.standing else None,
            silent=silent.RULE in rules,
            alarm=_alarm(facts, judgement, stored, now_ms),
        )

    def weight(self) -> int:
        """About how many bytes it takes."""
        facts = self.facts.facts
        named = self.findings, self.undecided, self.waiting, facts.baselines, facts.permits
        return _PLAIN_BYTES + _EACH_BYTES * sum(map(len, named))

    @property
    def essence(self) -> tuple[list[Finding], frozenset[tuple[str, str]]]:
        """What alerts follow from: all but the numbers between which a finding stands, as each statement moves them."""
        return [replace(finding, first_number=None, last_number=None) for finding in self.findings], self.undecided


def _alarm(facts: ScaleFacts, judgement: Judgement, stored: list[StoredSummary], now_ms: int) -> Alarm:
    """When the clock matters next; a scale of which only the silence is awaited is not judged while it reports."""
    if any(one.summary.rereads or one.summary.unchecked for one in stored):
        return Alarm(facts.shard, min(now_ms + LOOK_AGAIN_MS, judgement.due_ms or 1 << 62))
    timed = [(wait.rule, wait.key) for wait in judgement.pending if wait.until_ms is not None]
    replaced = {one.kid for one in facts.facts.retired}
    heard = [one.key.identity_id for one in stored if one.key.kid not in replaced]
    only = None
    if timed == [(silent.RULE, None)] and len(heard) == 1:
        only = Silence(heard[0], patience_ms(facts.facts.period_s))
    return Alarm(facts.shard, judgement.due_ms, only)
