"""Sales whose price is not the weight times the unit price beside it, rounded as docs/wire.md says."""

from steelyard_cloud.judge.findings import Report, Severity, Subject

RULE = "price"


def judge(subject: Subject) -> Report:
    """Finding `price-wrong`. What waits for its parameter map is reported by the rule *weight*."""
    wrong = subject.summary.wrong_prices
    return [subject.counted(RULE, "price-wrong", Severity.TAMPER, wrong)] if wrong.count else [], []
