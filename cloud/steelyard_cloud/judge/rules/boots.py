"""Starts that the scale has not stated although it has run for long: nobody knows with which program."""

from steelyard_cloud.judge.conditions import boots
from steelyard_cloud.judge.findings import Finding, Pending, Report, Severity, Subject

RULE = "boots"
CODE = "start-not-stored"


def judge(subject: Subject) -> Report:
    """Finding `start-not-stored`; pending while it may still come."""
    proof, unstated = subject.proof, subject.summary.unstated
    if not subject.not_met(boots.unmet(proof), CODE):
        return [], []
    numbers = [unstated.where(one, proof.counted.number) for one in unstated.those(proof.counted.leaves)]
    number = max(numbers, default=unstated.dropped)
    until_ms = proof.may_come_until_ms(number)
    if until_ms > subject.clock.now_ms:
        return [], [Pending(RULE, "hole", number, until_ms, CODE)]
    kid, since = subject.summary.kid, proof.counted.order
    return [Finding(RULE, CODE, CODE, Severity.WARNING, kid, number, number, since=since)], []
