"""The chain: numbers that are missing, used twice or lost, links that do not fit, and what may never go down."""

from steelyard_cloud.judge.chain import GRACE_MS, breaks_of_order
from steelyard_cloud.judge.findings import Case, Finding, Pending, Report, Severity
from steelyard_cloud.judge.summary import Numbers

RULE = "continuity"

BREAKS = {
    "link": Severity.TAMPER,
    "counters": Severity.TAMPER,
    "boot": Severity.WARNING,
    "uptime": Severity.WARNING,
}


def judge(case: Case) -> Report:
    """Findings `gap`, `fork`, `re-signed`, `link`, `counters`, `boot`, `uptime`, `journal-lost`, `rolled-back`."""
    gaps, pending = _holes(case)
    counted = (
        ("fork", Severity.TAMPER, case.summary.forks),
        ("re-signed", Severity.NOTICE, case.summary.resigned),
        ("journal-lost", Severity.WARNING, case.summary.journal_lost),
        ("rolled-back", Severity.WARNING, case.summary.rolled_back),
    )
    findings = gaps + [_counted(case, code, severity, numbers) for code, severity, numbers in counted if numbers.count]
    return findings + _breaks(case), pending


def _holes(case: Case) -> Report:
    gaps = [hole for hole in case.holes if hole.is_gap(case.clock.now_ms)]
    pending = [
        Pending(RULE, "hole", hole.first, hole.seen_ms + GRACE_MS)
        for hole in case.holes
        if not hole.is_gap(case.clock.now_ms)
    ]
    if not gaps:
        return [], pending
    missing = sum(hole.last - hole.first + 1 for hole in gaps)
    declared = sum(
        max(0, min(hole.last, last) - max(hole.first, first) + 1) for hole in gaps for first, last in case.summary.lost
    )
    ranges = [[hole.first, hole.last] for hole in gaps[:8]]
    finding = Finding(
        RULE,
        "gap",
        "gap",
        Severity.WARNING,
        case.summary.kid,
        gaps[0].first,
        gaps[-1].last,
        missing,
        {"ranges": ranges, "missing": missing, "declared_lost": declared},
    )
    return [finding], pending


def _counted(case: Case, code: str, severity: Severity, numbers: Numbers) -> Finding:
    lowest = numbers.lowest
    values = {"numbers": lowest[:8]}
    return Finding(RULE, code, code, severity, case.summary.kid, lowest[0], lowest[-1], numbers.count, values)


def _breaks(case: Case) -> list[Finding]:
    summary = case.summary
    broken = summary.breaks()
    for left, right in zip(summary.intervals, summary.intervals[1:], strict=False):
        if summary.first_fork is None or right.first.number < summary.first_fork:
            for what in breaks_of_order(left.last, right.first):
                broken.setdefault(what, set()).add(right.first.number)
    findings = []
    for what, severity in BREAKS.items():
        numbers = sorted(broken.get(what, ()))
        if numbers:
            values = {"numbers": numbers[:8]}
            findings.append(
                Finding(RULE, what, what, severity, summary.kid, numbers[0], numbers[-1], len(numbers), values)
            )
    return findings
