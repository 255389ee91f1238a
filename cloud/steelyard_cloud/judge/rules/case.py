"""The case opened: every event that reports it and is not settled by the first verification, with its time stamp.

What was opened in a repair under a permit is none, as it was permitted.

Where no such event explains that the scale is locked, or was, that is one finding of its own.
"""

from typing import Any

from steelyard_cloud.judge.conditions import case
from steelyard_cloud.judge.facts import newest_that_leaves
from steelyard_cloud.judge.findings import Finding, Pending, Report, Severity, Subject
from steelyard_cloud.judge.permits import in_repair
from steelyard_cloud.judge.summary_parts import Opening

RULE = "case"
LOCKED = "locked"


def judge(subject: Subject) -> Report:
    """Findings `opened`, one for each event, `too-many` where there are more than the summary keeps, and `locked`."""
    summary, proof = subject.summary, subject.proof
    if not proof.verified:
        return [], []
    first = proof.verified[0]
    permits = subject.facts.permits
    openings = [
        one
        for one in summary.openings
        if first.leaves(one.number, one.arrival) and not in_repair(summary, one.number, one.boot, permits)
    ]
    findings = [_opened(summary.kid, one, _since(subject, one.number, one.arrival)) for one in openings]
    beyond = summary.openings_beyond
    if first.leaves(beyond, 0):
        since = _since(subject, beyond, 0)
        findings.append(Finding(RULE, "too-many", "too-many", Severity.TAMPER, summary.kid, None, beyond, since=since))
    since = proof.since.order
    if any(one.since == since for one in findings) or not subject.not_met(case.unmet(proof), "opened"):
        return findings, []
    newest = case.newest_opening(proof)
    latest = max(summary.case_latest, summary.case_in_session_latest)
    number = newest if newest >= proof.since.number else latest[1]
    until_ms = proof.may_come_until_ms(number)
    if until_ms > subject.clock.now_ms:  # the event itself may still come
        return findings, [Pending(RULE, "hole", number, until_ms, LOCKED)]
    locked = Finding(RULE, LOCKED, LOCKED, Severity.TAMPER, summary.kid, number, number, since=since)
    return [*findings, locked], []


def _since(subject: Subject, number: int, arrival: int) -> tuple[int, int]:
    return newest_that_leaves(subject.proof.verified, number, arrival, above=True)


def _opened(kid: bytes, opening: Opening, since: tuple[int, int]) -> Finding:
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
    return Finding(RULE, what, "opened", Severity.TAMPER, kid, number, number, 1, values, since)
