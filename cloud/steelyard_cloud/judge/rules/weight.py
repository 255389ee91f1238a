"""Weights that cannot be recomputed from the filtered counts, zero and temperature beside them."""

from steelyard_cloud.judge.findings import Finding, Pending, Report, Severity, Subject

RULE = "weight"


def judge(subject: Subject) -> Report:
    """Finding `not-recomputable`; pending while the map that the digest of a snapshot or sale names is not stored."""
    summary = subject.summary
    pending = [Pending(RULE, "map-not-stored", one.first) for one in sorted(summary.unmapped.values())]
    wrong = summary.wrong_weights
    if not wrong.count:
        return [], pending
    finding = Finding(
        RULE,
        "not-recomputable",
        "not-recomputable",
        Severity.TAMPER,
        summary.kid,
        wrong.lowest[0],
        wrong.lowest[-1],
        wrong.count,
        {"numbers": wrong.lowest[:8]},
    )
    return [finding], pending
