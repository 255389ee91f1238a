"""Sales whose price is not the weight times the unit price beside it, rounded as docs/wire.md says."""

from steelyard_cloud.judge.findings import Finding, Report, Severity, Subject

RULE = "price"


def judge(subject: Subject) -> Report:
    """Finding `price-wrong`. What waits for its parameter map is reported by the rule *weight*."""
    wrong = subject.summary.wrong_prices
    if not wrong.count:
        return [], []
    numbers = wrong.lowest
    code, kid, values = "price-wrong", subject.summary.kid, {"numbers": numbers[:8]}
    return [Finding(RULE, code, code, Severity.TAMPER, kid, numbers[0], numbers[-1], wrong.count, values)], []
