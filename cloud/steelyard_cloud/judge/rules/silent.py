"""Scales that stopped reporting: nothing for three registered periods and at least a minute, while we were listening.

Silence ends with a statement and with nothing else: as long as the receiver has not listened for long enough, it is
undecided whether a scale that was silent before still is. A clock that was ahead hides nobody: what it dated counts as
committed when it was set back, and nothing counts as later than now. A key that was replaced has to be silent.
"""

from steelyard_cloud.judge.conditions.fresh import patience_ms
from steelyard_cloud.judge.findings import Finding, Pending, Report, Severity, Subject

RULE = "silent"
SILENT = "silent"


def judge(subject: Subject) -> Report:
    """Finding `silent`; until then pending with the time at which it would begin."""
    summary, facts, clock = subject.summary, subject.facts, subject.clock
    if not summary.newest_ms or any(one.kid == summary.kid for one in facts.retired):
        return [], []
    heard_ms, patient_ms = min(summary.newest_ms, clock.now_ms), patience_ms(facts.period_s)
    deadline_ms = max(heard_ms, min(clock.listening_since_ms, clock.now_ms)) + patient_ms
    if clock.now_ms < deadline_ms:
        quiet = clock.now_ms >= heard_ms + patient_ms
        return [], [Pending(RULE, "listening", summary.head, deadline_ms, SILENT if quiet else None)]
    values = {"since_ms": heard_ms, "period_s": facts.period_s}
    return [Finding(RULE, SILENT, SILENT, Severity.WARNING, summary.kid, summary.head, None, 1, values)], []
