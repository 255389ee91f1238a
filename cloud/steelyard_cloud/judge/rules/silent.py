"""Scales that stopped reporting: nothing for three periods and at least a minute, while the receiver was listening.

Silence ends with a statement and with nothing else: as long as the receiver has not listened for long enough, it is
undecided whether a scale that was silent before still is.
"""

from steelyard_cloud.judge.findings import Finding, Pending, Report, Severity, Subject

RULE = "silent"
SILENT = "silent"
PERIODS = 3
SHORTEST_MS = 60_000


def deadline_ms(subject: Subject) -> int | None:
    """When silence begins to count; None before the first statement."""
    newest_ms = subject.summary.newest_ms
    return max(newest_ms, subject.clock.listening_since_ms) + _patience_ms(subject) if newest_ms else None


def _patience_ms(subject: Subject) -> int:
    return max(PERIODS * subject.summary.period[2] * 1000, SHORTEST_MS)


def judge(subject: Subject) -> Report:
    """Finding `silent`; until then pending with the time at which it would begin."""
    deadline = deadline_ms(subject)
    if deadline is None:
        return [], []
    summary = subject.summary
    if subject.clock.now_ms < deadline:
        quiet = subject.clock.now_ms >= summary.newest_ms + _patience_ms(subject)
        return [], [Pending(RULE, "listening", summary.head, deadline, SILENT if quiet else None)]
    values = {"since_ms": summary.newest_ms, "period_s": summary.period[2]}
    return [Finding(RULE, SILENT, SILENT, Severity.WARNING, summary.kid, summary.head, None, 1, values)], []
