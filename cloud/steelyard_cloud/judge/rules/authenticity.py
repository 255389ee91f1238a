"""Authentic, but not as it should be: breaches of the profile, bad signatures under a link, replaced keys."""

from steelyard_cloud.judge.conditions.consistent import spoke
from steelyard_cloud.judge.facts import NO_FACT
from steelyard_cloud.judge.findings import Finding, Report, Severity, Subject

RULE = "authenticity"


def judge(subject: Subject) -> Report:
    """Findings `profile` (one per kind of breach), `bad-signature` and `retired-key`."""
    summary = subject.summary
    findings = [
        subject.counted(RULE, "profile", Severity.WARNING, numbers, what=f"profile:{breach}"[:160], breach=breach)
        for breach, numbers in sorted(summary.breaches.items())
    ]
    if summary.bad_signatures.count:
        findings.append(subject.counted(RULE, "bad-signature", Severity.WARNING, summary.bad_signatures))
    ends = [one.head for one in subject.facts.retired if one.kid == summary.kid]
    if ends and spoke(subject.proof, summary):
        code, kid, head = "retired-key", summary.kid, summary.head
        since = max((one.order for one in subject.proof.named), default=NO_FACT)  # it has spoken after that
        count = max(1, head - max(ends))
        findings.append(Finding(RULE, code, code, Severity.WARNING, kid, head, head, count, since=since))
    return findings, []
