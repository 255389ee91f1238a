"""The alerts on one scale as production keeps them, in memory; and which finding must stand behind which verdict."""

from dataclasses import dataclass

from steelyard_cloud.alerts.states import DECIDED, Seen, when_found_again
from steelyard_cloud.judge.conditions.consistent import spoke
from steelyard_cloud.judge.facts import Clock
from steelyard_cloud.judge.findings import Finding
from steelyard_cloud.judge.judge import Judgement, judge, proof_of
from steelyard_cloud.judge.verdict import Unmet, Verdict

from kit.verdict_platform import Platform

PROFILE = {("authenticity", "profile")}
CHAIN = ("fork", "re-signed", "link", "counters", "boot", "uptime", "journal-lost", "rolled-back")
REPORTED_BY: dict[tuple[str, str], set[tuple[str, str]]] = {
    ("parameters", "changed"): {("parameter_change", "changed"), ("parameter_change", "changed-silently")},
    ("parameters", "too-many"): {("parameter_change", "too-many-states")},
    ("device", "other-device"): {("device", "other-device"), ("software", "not-approved")},
    ("device", "not-approved"): {("software", "not-approved")},
    ("device", "debug-open"): {("device", "debug-open")},
    ("device", "too-many"): {("device", "too-many")},
    ("case", "opened"): {("case", "opened"), ("case", "too-many"), ("case", "locked")},
    **{(name, "unreadable"): PROFILE for name in ("parameters", "device", "case")},
    **{("chain", code): {("continuity", code)} for code in CHAIN},
    ("chain", "hole"): {("continuity", "gap")},
    ("boots", "start-not-stored"): {("boots", "start-not-stored")},
    ("consistent", "contradiction"): PROFILE,
    ("consistent", "headless"): PROFILE,
    ("consistent", "weight"): {("weight", "not-recomputable")},
    ("consistent", "price"): {("price", "price-wrong")},
    ("consistent", "signature"): {("authenticity", "bad-signature")},
    ("consistent", "retired-key"): {("authenticity", "retired-key"), *PROFILE},
    ("complete", "too-much"): {
        ("overflow", "too-much"),
        ("parameter_change", "too-many-states"),
        ("device", "too-many"),
    },
}
"""(condition, code) → (rule, code) of the findings of which one has to be there."""
ON_PURPOSE = {("fresh", "no-clock"), ("complete", "waits")}
"""What no alert reports: docs/verdict.md says why."""
BAD = (Verdict.ALTERED, Verdict.LOCKED, Verdict.CANNOT_BE_TOLD)


@dataclass
class Alert:
    """One alert."""

    finding: Finding
    status: str = "open"
    still_found: bool = True
    raised: int = 1  # how often people were called


class AlertBook:
    """Follows a platform: `look` after everything that happens to it."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.alerts: dict[tuple[str, str], Alert] = {}
        self._excused: dict[tuple[str, str], object] = {}

    def look(self) -> Judgement:
        """Judge the scale, and bring its alerts in line as `alerts.store` does."""
        platform = self.platform
        judged = judge(platform.summaries(), platform.facts(), Clock(platform.now_ms), platform.active)
        found = {one.key: one for one in judged.findings}
        assert len(found) == len(judged.findings)
        for key, finding in found.items():
            alert = self.alerts.setdefault(key, Alert(finding))
            before = Seen(alert.still_found, alert.finding.count, alert.finding.marks)
            status = when_found_again(alert.status, before, finding)
            alert.raised += status != alert.status
            alert.finding, alert.status, alert.still_found = finding, status, True
        for key in self.alerts.keys() - found.keys() - judged.undecided:
            self.alerts[key].still_found = False
        return judged

    def decide(self, to: str = "closed") -> None:
        """People decide about all of them, and know what the verdict rests on."""
        self.look()
        for alert in self.alerts.values():
            alert.status = to
        self._excused = {(one.condition, one.code): self._fact(one) for one in self._bad()}

    def undecided(self) -> set[tuple[str, str]]:
        """(rule, code) of those that call for people."""
        return {(one.finding.rule, one.finding.code) for one in self.alerts.values() if one.status not in DECIDED}

    def unreported(self) -> list[Unmet]:
        """What makes the verdict bad, although nobody is called."""
        judged = self.look()
        called = self.undecided() | judged.undecided
        return [
            one
            for one in self._bad()
            if (one.condition, one.code) not in ON_PURPOSE
            and not REPORTED_BY[one.condition, one.code] & called
            and self._excused.get((one.condition, one.code)) != self._fact(one)
        ]

    def _bad(self) -> list[Unmet]:
        platform = self.platform
        if not any(one.kid == platform.active for one in platform.registry.verifications):
            return []  # a case may be opened before the first verification
        return [one for one in platform.from_scratch().unmet if one.word in BAD]

    def _fact(self, one: Unmet) -> object:
        """The facts that do not settle it."""
        platform = self.platform
        proof = proof_of(platform.summaries(), platform.facts(), platform.active)
        assert proof is not None
        if one.code == "headless":
            return None  # its date counts, and not which fact was recorded when
        if one.code == "retired-key":
            return [proof.counted_from(other.kid) for other in proof.others if spoke(proof, other)]  # others: headless
        return proof.since if one.condition in ("parameters", "device", "case") else proof.counted

    def describe(self) -> list[str]:
        """One line for each alert."""
        return [
            f"{rule}/{one.finding.code} {one.status} at {one.finding.first_number} since {one.finding.marks}"
            for (rule, _), one in self.alerts.items()
        ]
