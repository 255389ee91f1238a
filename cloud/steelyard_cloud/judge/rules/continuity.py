"""The chain: numbers that are missing, used twice or lost, links that do not fit, and what may never go down."""

from steelyard_cloud.judge.chain import breaks_of_order
from steelyard_cloud.judge.conditions import chain as condition
from steelyard_cloud.judge.facts import NO_FACT, newest_that_leaves
from steelyard_cloud.judge.findings import Finding, Pending, Report, Severity, Subject

RULE = "continuity"

BREAKS = {
    "link": Severity.TAMPER,
    "counters": Severity.TAMPER,
    "boot": Severity.WARNING,
    "uptime": Severity.WARNING,
}


def judge(subject: Subject) -> Report:
    """Findings `gap`, `fork`, `re-signed`, `link`, `counters`, `boot`, `uptime`, `journal-lost`, `rolled-back`."""
    gaps, pending = _holes(subject)
    counted = (
        ("fork", Severity.TAMPER, subject.summary.forks, False),
        ("re-signed", Severity.NOTICE, subject.summary.resigned, False),
        ("journal-lost", Severity.WARNING, subject.summary.journal_lost, True),
        ("rolled-back", Severity.WARNING, subject.summary.rolled_back, True),
    )
    findings = [
        subject.counted(RULE, code, severity, numbers, above=above)
        for code, severity, numbers, above in counted
        if numbers.count
    ]
    return [*gaps, *findings, *_breaks(subject)], pending


def _holes(subject: Subject) -> Report:
    gaps = [hole for hole in subject.holes if hole.is_gap(subject.clock.now_ms)]
    pending = [
        Pending(RULE, "hole", hole.first, hole.until_ms)
        for hole in subject.holes
        if not hole.is_gap(subject.clock.now_ms)
    ]
    if not gaps:
        return [], pending
    missing = sum(hole.last - hole.first + 1 for hole in gaps)
    declared = sum(
        max(0, min(hole.last, last) - max(hole.first, first) + 1)
        for hole in gaps
        for first, last in subject.summary.lost
    )
    ranges = [[hole.first, hole.last] for hole in gaps[:8]]
    finding = Finding(
        RULE,
        "gap",
        "gap",
        Severity.WARNING,
        subject.summary.kid,
        gaps[0].first,
        gaps[-1].last,
        missing,
        {"ranges": ranges, "missing": missing, "declared_lost": declared},
        newest_that_leaves(subject.proof.named, gaps[-1].last, 0, above=True),
    )
    return [finding], pending


def _breaks(subject: Subject) -> list[Finding]:
    """What does not continue the chain, in all of it and since the newest fact."""
    summary, proof = subject.summary, subject.proof
    now = {one.code: one.values["number"] for one in condition.unmet(proof) if one.code in BREAKS}
    broken = summary.breaks()
    for left, right in zip(summary.intervals, summary.intervals[1:], strict=False):
        if summary.first_fork is None or right.first.number < summary.first_fork:
            for what in breaks_of_order(left.last, right.first):
                broken.setdefault(what, set()).add(right.first.number)
    findings = []
    for what, severity in BREAKS.items():
        numbers = sorted({*broken.get(what, ()), *([now[what]] if what in now else [])})
        if numbers:
            values = {"numbers": [*numbers[:7], *numbers[7:][-1:]]}
            count, since = len(numbers), proof.counted.order if what in now else NO_FACT
            findings.append(
                Finding(RULE, what, what, severity, summary.kid, numbers[0], numbers[-1], count, values, since)
            )
    return findings
