"""Weights that cannot be recomputed from the filtered counts, zero and temperature beside them."""

from steelyard_cloud.judge.findings import Pending, Report, Severity, Subject

RULE = "weight"


def judge(subject: Subject) -> Report:
    """Finding `not-recomputable`; pending while the map that the digest of a snapshot or sale names is not stored."""
    summary = subject.summary
    pending = [Pending(RULE, "map-not-stored", one.first) for one in sorted(summary.unmapped.values())]
    wrong = summary.wrong_weights
    if not wrong.count:
        return [], pending
    return [subject.counted(RULE, "not-recomputable", Severity.TAMPER, wrong)], pending
