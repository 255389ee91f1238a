"""From summaries, facts and a clock to the judgement on one scale: findings, what is pending, and where it stands."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from steelyard_protocol.statement import Flag

from steelyard_cloud.judge.facts import Clock, Facts
from steelyard_cloud.judge.findings import Finding, Pending, Subject
from steelyard_cloud.judge.rules import RULES, parameter_change
from steelyard_cloud.judge.summary import Summary


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a scale stands, for pages and the public verdict; it follows from signed statements and the baseline.

    What every statement moves on (head, time of the last report) stands with the summaries instead.
    """

    altered: bool  # the parameters in force are neither the baseline's nor reached from it by permitted changes
    baseline_number: int | None  # statement of the newest baseline in effect
    adjusted_since: bool  # permitted changes since that baseline
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
    standing = None
    for subject in subjects:
        found: list[Finding] = []
        for rule in RULES.values():
            more, waits = rule(subject)
            found += more
            pending += waits
        for finding in found:
            findings[finding.key] = _merge(findings[finding.key], finding) if finding.key in findings else finding
        if active_kid in (None, subject.summary.kid):
            standing = _standing(subject, found)
    due_ms = min((wait.until_ms for wait in pending if wait.until_ms is not None), default=None)
    return Judgement(tuple(findings[key] for key in sorted(findings)), tuple(pending), standing, due_ms)


def _merge(one: Finding, other: Finding) -> Finding:
    """The same finding on two identities of a scale is one finding; the newer identity's values are shown."""
    return replace(other, count=one.count + other.count)


def _standing(subject: Subject, found: list[Finding]) -> Standing:
    summary = subject.summary
    edge, state = summary.latest, parameter_change.in_force(summary)
    baselines = [one for one in subject.facts.baselines if one.kid == summary.kid and one.state is not None]
    newest = max(baselines, key=lambda one: one.number, default=None)
    verified = parameter_change.verified_states(subject)
    altered = {finding.what for finding in found if finding.rule == parameter_change.RULE}
    software = max(summary.software.items(), key=lambda item: (item[1][3], item[0]), default=None)
    flags = edge.flags if edge else 0
    return Standing(
        altered=state is not None and state not in verified and parameter_change.key_of(state) in altered,
        baseline_number=newest.number if newest else None,
        adjusted_since=newest is not None and state is not None and state != newest.state,
        locked=bool(flags & Flag.LOCKED),
        case_open=bool(flags & Flag.CASE_OPEN),
        boot=edge.boot if edge else None,
        period_s=summary.period[2],
        digest=state.digest.hex() if state else None,
        calibration_counter=state.calibration_counter if state else None,
        configuration_counter=state.configuration_counter if state else None,
        software_hash=software[0].hex() if software else None,
        software_name=software[1][1] if software else None,
        software_version=software[1][2] if software else None,
        missing=sum(hole.last - hole.first + 1 for hole in subject.holes if hole.is_gap(subject.clock.now_ms)),
        forks=summary.forks.count,
    )
