"""Scales that stopped reporting: nothing for three periods and at least a minute, while the receiver was listening."""

from steelyard_cloud.judge.findings import Case, Finding, Pending, Report, Severity

RULE = "silent"
PERIODS = 3
SHORTEST_MS = 60_000


def deadline_ms(case: Case) -> int | None:
    """When silence begins to count; None before the first statement."""
    summary = case.summary
    if not summary.newest_ms:
        return None
    heard_ms = max(summary.newest_ms, case.clock.listening_since_ms)
    return heard_ms + max(PERIODS * summary.period[2] * 1000, SHORTEST_MS)


def judge(case: Case) -> Report:
    """Finding `silent`; until then pending with the time at which it would begin."""
    deadline = deadline_ms(case)
    if deadline is None:
        return [], []
    summary = case.summary
    if case.clock.now_ms < deadline:
        return [], [Pending(RULE, "listening", summary.head, deadline)]
    values = {"since_ms": summary.newest_ms, "period_s": summary.period[2]}
    return [Finding(RULE, "silent", "silent", Severity.WARNING, summary.kid, summary.head, None, 1, values)], []
