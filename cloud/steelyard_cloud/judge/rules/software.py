"""Software that the type approval does not list."""

from steelyard_cloud.judge.facts import NO_FACT, newest_that_leaves
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
            _since(subject, software_hash),
        )
        for software_hash, (first, name, version, last) in sorted(summary.software.items())
        if software_hash not in subject.facts.approved_software
    ]
    return findings, []


def _since(subject: Subject, software_hash: bytes) -> tuple[int, int]:
    """The newest verification that does not settle a start of it."""
    verified, devices = subject.proof.verified, subject.summary.devices
    starts = (devices.seen(one) for one in devices.last if one.software == software_hash)
    return max((newest_that_leaves(verified, *start) for start in starts), default=NO_FACT)
