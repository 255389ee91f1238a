"""The case opened: every event that reports it after the first verification, with the time stamp of the latch."""

from typing import Any

from steelyard_cloud.judge.findings import Finding, Report, Severity, Subject
from steelyard_cloud.judge.rules.parameter_change import verified_states
from steelyard_cloud.judge.summary_parts import Opening

RULE = "case"


def judge(subject: Subject) -> Report:
    """Findings `opened`, one for each event, and `too-many` where there are more than the summary keeps."""
    summary = subject.summary
    first_baseline = min(verified_states(subject).values(), default=None)
    if first_baseline is None:
        return [], []
    findings = [_opened(summary.kid, opening) for opening in summary.openings if opening.number > first_baseline]
    beyond = summary.openings_beyond
    if beyond > first_baseline:
        findings.append(Finding(RULE, "too-many", "too-many", Severity.TAMPER, summary.kid, None, beyond))
    return findings, []


def _opened(kid: bytes, opening: Opening) -> Finding:
    number, stamp_s = opening.number, opening.stamp_s or None
    dated_s = opening.dated_s if opening.anchor_number else None
    before_start = None if stamp_s is None or dated_s is None else stamp_s < dated_s - opening.uptime_s
    values: dict[str, Any] = {
        "number": number,
        "stamp_s": stamp_s,
        "dated_s": dated_s,
        "before_start": before_start,
        "reason": "before-start" if before_start else None,
    }
    what = f"opened:{number}:{opening.content_hash[:16].hex()}"  # the hash, as another identity has the same numbers
    return Finding(RULE, what, "opened", Severity.TAMPER, kid, number, number, 1, values)
