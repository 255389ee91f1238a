"""Authentic, but not as it should be: breaches of the statement profile, and bad signatures that a link vouches for."""

from steelyard_cloud.judge.findings import Finding, Report, Severity, Subject

RULE = "authenticity"


def judge(subject: Subject) -> Report:
    """Findings `profile` (one per kind of breach) and `bad-signature`."""
    summary = subject.summary
    findings = [
        Finding(
            RULE,
            f"profile:{breach}"[:160],
            "profile",
            Severity.WARNING,
            summary.kid,
            numbers.lowest[0],
            numbers.lowest[-1],
            numbers.count,
            {"breach": breach},
        )
        for breach, numbers in sorted(summary.breaches.items())
    ]
    bad = summary.bad_signatures
    if bad.count:
        findings.append(
            Finding(
                RULE,
                "bad-signature",
                "bad-signature",
                Severity.WARNING,
                summary.kid,
                bad.lowest[0],
                bad.lowest[-1],
                bad.count,
                {"numbers": bad.lowest[:8]},
            )
        )
    return findings, []
