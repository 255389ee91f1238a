"""Software that the type approval does not list."""

from steelyard_cloud.judge.findings import Finding, Report, Severity, Subject

RULE = "software"


def judge(subject: Subject) -> Report:
    """Finding `not-approved`, one for each software hash that a boot statement named."""
    summary = subject.summary
    findings = [
        Finding(
            RULE,
            f"not-approved:{software_hash.hex()}",
            "not-approved",
            Severity.TAMPER,
            summary.kid,
            first,
            last,
            1,
            {"hash": software_hash.hex(), "name": name, "version": version},
        )
        for software_hash, (first, name, version, last) in sorted(summary.software.items())
        if software_hash not in subject.facts.approved_software
    ]
    return findings, []
