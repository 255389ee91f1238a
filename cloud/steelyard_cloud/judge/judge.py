"""From summaries, facts and a clock to the judgement on one scale: findings, what is pending, and where it stands."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from steelyard_protocol.statement import Flag

from steelyard_cloud.judge.conditions import fresh, parameters, unmet
from steelyard_cloud.judge.conditions.baseline import NO_BASELINE
from steelyard_cloud.judge.facts import Clock, Facts
from steelyard_cloud.judge.findings import Finding, Pending, Subject
from steelyard_cloud.judge.proof import Proof
from steelyard_cloud.judge.rules import RULES, parameter_change
from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.judge.verdict import Opinion, Verdict


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a scale stands, for pages and the public verdict; it follows from signed statements and the baseline.

    What every statement moves on (head, date of the newest statement) stands with the summaries instead.
    """

    unmet: list[Any]  # conditions of the verdict that are not met, or not from a time on: `Unmet.as_json`
    registered_period_s: int
    altered: bool  # the verdict's word, at the time of judging
    baseline_number: int | None  # statement of the baseline in effect
    adjusted_since: bool  # changed since that baseline
    locked: bool
    case_open: bool
    boot: int | None
    period_s: int
    digest: str | None
    calibration_counter: int | None
    configuration_counter: int | None
    software_hash: str | None
    software_name: str | None
    software_version: str | None
    missing: int  # numbers past their grace
    forks: int

    def as_json(self) -> dict[str, Any]:
        """A dict of JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The findings on one scale, sorted by key; `due_ms` is when the clock alone could change them."""

    findings: tuple[Finding, ...]
    pending: tuple[Pending, ...]
    standing: Standing | None
    due_ms: int | None

    @property
    def undecided(self) -> frozenset[tuple[str, str]]:
        """Keys of findings that can neither be made nor taken back yet."""
        return frozenset(wait.key for wait in self.pending if wait.key is not None)


def judge(summaries: Iterable[Summary], facts: Facts, clock: Clock, active_kid: bytes | None = None) -> Judgement:
    """Judge a scale by the summaries of its identities.

    `active_kid` names the identity whose statements say where the scale stands; with one summary it is that one.
    """
    subjects = [Subject.of(summary, facts, clock) for summary in sorted(summaries, key=lambda one: one.kid)]
    findings: dict[tuple[str, str], Finding] = {}
    pending: list[Pending] = []
    for subject in subjects:
        found: list[Finding] = []
        for rule in RULES.values():
            more, waits = rule(subject)
            found += more
            pending += waits
        for finding in found:
            findings[finding.key] = _merge(findings[finding.key], finding) if finding.key in findings else finding
    proof = proof_of([subject.summary for subject in subjects], facts, active_kid)
    standing = _standing(proof, clock.now_ms) if proof else None
    due_ms = min((wait.until_ms for wait in pending if wait.until_ms is not None), default=None)
    return Judgement(tuple(findings[key] for key in sorted(findings)), tuple(pending), standing, due_ms)


def _merge(one: Finding, other: Finding) -> Finding:
    """The same finding on two identities of a scale is one finding; the newer identity's values are shown."""
    return replace(other, count=one.count + other.count, elsewhere=(*one.elsewhere, (one.kid, one.since)))


def proof_of(summaries: Sequence[Summary], facts: Facts, active_kid: bytes | None) -> Proof | None:
    """What the conditions are given; None while nothing of the active key is stored."""
    active = next((one for one in summaries if active_kid in (None, one.kid)), None)
    if active is None:
        return None
    return Proof(active, tuple(one for one in summaries if one is not active), facts)


def opinion(summaries: Sequence[Summary], facts: Facts, now_ms: int, active_kid: bytes | None = None) -> Opinion:
    """The public verdict, from scratch."""
    proof = proof_of(summaries, facts, active_kid)
    if proof is None:
        return Opinion.of([NO_BASELINE], now_ms)
    return Opinion.of([*unmet(proof), *fresh.unmet(fresh.freshness_of(proof.active), facts.period_s)], now_ms)


def _standing(proof: Proof, now_ms: int) -> Standing:
    summary = proof.active
    edge, state = summary.latest, parameter_change.in_force(summary)
    found = unmet(proof)
    words = {(one.condition, one.word) for one in found if one.from_ms <= now_ms}
    software = max(summary.software.items(), key=lambda item: (item[1][3], item[0]), default=None)
    flags = edge.flags if edge else 0
    return Standing(
        unmet=[one.as_json() for one in found],
        registered_period_s=proof.facts.period_s,
        altered=any(word is Verdict.ALTERED for _, word in words),
        baseline_number=proof.baseline.number if proof.baseline and proof.baseline.state else None,
        adjusted_since=any(condition == parameters.NAME for condition, _ in words),
        locked=any(word is Verdict.LOCKED for _, word in words),
        case_open=bool(flags & Flag.CASE_OPEN),
        boot=edge.boot if edge else None,
        period_s=summary.period[2],
        digest=state.digest.hex() if state else None,
        calibration_counter=state.calibration_counter if state else None,
        configuration_counter=state.configuration_counter if state else None,
        software_hash=software[0].hex() if software else None,
        software_name=software[1][1] if software else None,
        software_version=software[1][2] if software else None,
        missing=sum(hole.last - hole.first + 1 for hole in proof.holes if hole.is_gap(now_ms)),
        forks=summary.forks.count,
    )
