"""Scales that stopped reporting: nothing for three registered periods and at least a minute, while we were listening.

Silence ends with a statement and with nothing else: as long as the receiver has not listened for long enough, it is
undecided whether a scale that was silent before still is.
"""

from steelyard_cloud.judge.conditions.fresh import patience_ms
from steelyard_cloud.judge.findings import Finding, Pending, Report, Severity, Subject

RULE = "silent"
SILENT = "silent"


def deadline_ms(subject: Subject) -> int | None:
    """When silence begins to count; None before the first statement."""
    newest_ms = subject.summary.newest_ms
    return max(newest_ms, subject.clock.listening_since_ms) + _patience_ms(subject) if newest_ms else None


def _patience_ms(subject: Subject) -> int:
    return patience_ms(subject.facts.period_s)


def judge(subject: Subject) -> Report:
    """Finding `silent`; until then pending with the time at which it would begin."""
    deadline = deadline_ms(subject)
    if deadline is None:
        return [], []
    summary = subject.summary
    if subject.clock.now_ms < deadline:
        quiet = subject.clock.now_ms >= summary.newest_ms + _patience_ms(subject)
        return [], [Pending(RULE, "listening", summary.head, deadline, SILENT if quiet else None)]
    values = {"since_ms": summary.newest_ms, "period_s": subject.facts.period_s}
    return [Finding(RULE, SILENT, SILENT, Severity.WARNING, summary.kid, summary.head, None, 1, values)], []
