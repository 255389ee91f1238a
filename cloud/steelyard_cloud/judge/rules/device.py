"""Another machine than the verified one: its ADC, hardware, root or production code, or an open debug port.

Another program is reported by the rule *software*, and only there.
"""

from steelyard_protocol.statement import hash_of

from steelyard_cloud.judge.conditions import device as condition
from steelyard_cloud.judge.findings import Finding, Report, Severity, Subject
from steelyard_cloud.judge.summary_parts import Device

RULE = "device"


def judge(subject: Subject) -> Report:
    """Findings `other-device` (one for each machine), `debug-open` and `too-many`."""
    proof, summary = subject.proof, subject.summary
    kid, since = summary.kid, proof.since.order
    findings = []
    for other, differs in condition.altered(proof).items():
        parts = [one for one in differs if one != "software" or other.software in subject.facts.approved_software]
        if parts:
            number = summary.devices.where(other, proof.since.named.number)
            values = {"differs": parts}
            what = f"other:{_name_of(other)}"
            findings.append(Finding(RULE, what, "other-device", Severity.TAMPER, kid, number, number, 1, values, since))
    unmet = list(condition.unmet(proof))
    others = [code for code in ("debug-open", "too-many") if subject.not_met(unmet, code)]
    findings += [Finding(RULE, code, code, Severity.TAMPER, kid, since=since) for code in others]
    return findings, []


def _name_of(device: Device) -> str:
    return hash_of(repr(tuple(device)).encode())[:16].hex()
