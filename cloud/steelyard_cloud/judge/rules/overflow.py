"""More than the platform keeps track of, where no other rule says so: what nobody remembers may have been trouble."""

from steelyard_cloud.judge.conditions import complete, device, parameters
from steelyard_cloud.judge.findings import Finding, Report, Severity, Subject

RULE = "overflow"
CODE = "too-much"


def judge(subject: Subject) -> Report:
    """Finding `too-much`."""
    proof = subject.proof
    reported = [one for condition in (parameters, device) for one in condition.unmet(proof)]
    if subject.not_met(reported, "too-many") or not subject.not_met(complete.unmet(proof), CODE):
        return [], []
    kid, head, since = subject.summary.kid, subject.summary.head, proof.counted.order
    return [Finding(RULE, CODE, CODE, Severity.WARNING, kid, head, head, since=since)], []
