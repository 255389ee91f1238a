"""The newest statement has a date that is not long past. No arrival without a date makes the scale any fresher."""

from collections.abc import Iterator

from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.judge.verdict import Freshness, Unmet, Verdict

NAME = "fresh"
PERIODS = 3
SHORTEST_MS = 60_000


def patience_ms(period_s: int) -> int:
    """How long a scale with this registered period may be quiet."""
    return max(PERIODS * period_s * 1000, SHORTEST_MS)


def freshness_of(summary: Summary) -> Freshness:
    """What this condition needs of a summary."""
    dated, undated = summary.dated, summary.undated
    return Freshness(dated[1] if dated[0] else None, undated[1] if undated[0] else None)


def unmet(freshness: Freshness, period_s: int) -> Iterator[Unmet]:
    """*No recent data*; *Cannot be told* where statements without a date came while those with one were fresh."""
    dated_ms, undated_ms = freshness.dated_ms, freshness.undated_ms
    if dated_ms is None:
        yield Unmet(NAME, Verdict.CANNOT_BE_TOLD, "no-clock")
        return
    until_ms = dated_ms + patience_ms(period_s)
    if undated_ms is None:
        yield Unmet(NAME, Verdict.NO_RECENT_DATA, "quiet", until_ms + 1)
    elif undated_ms <= until_ms:
        yield Unmet(NAME, Verdict.CANNOT_BE_TOLD, "no-clock")
    else:
        yield Unmet(NAME, Verdict.NO_RECENT_DATA, "no-clock")
