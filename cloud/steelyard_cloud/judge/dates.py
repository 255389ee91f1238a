"""When a statement was made, as far as anybody can tell: by its own clock, never later than when it was stored.

A clock that is far ahead proves nothing, so what was signed for more than ten minutes after its commit has no date of
its own. A statement without one has that of the next statement with a date, if that is of the same start, less what the
scale's uptime says lies between.
"""

from typing import TypeVar

from steelyard_protocol.statement import Statement

from steelyard_cloud.judge.stored import NEVER_MS, Context
from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.judge.summary_parts import Change, Opening

AHEAD_MS = 10 * 60 * 1000

Dated = TypeVar("Dated", Change, Opening)


def own_date_ms(statement: Statement, commit_ms: int, latest_ms: int = NEVER_MS) -> int | None:
    """The date by its own clock, Unix milliseconds; None without one. `latest_ms`: see Committed."""
    if not statement.clock_quality or not statement.time or statement.time * 1000 > commit_ms + AHEAD_MS:
        return None
    return min(statement.time * 1000, commit_ms, latest_ms)


def follow_dates(
    summary: Summary, statement: Statement, commit_ms: int, date_ms: int | None, evidence: Context
) -> None:
    """Keep the newest statement with a date of its own, and the first stored one above it."""
    number = statement.number
    dated, undated = summary.dated, summary.undated
    if date_ms is not None:
        if number > dated[0]:
            summary.dated = number, date_ms
            if number >= undated[0]:
                following = evidence.following(number) if number < summary.head else None
                summary.undated = following or (0, 0)
        elif number == dated[0]:
            summary.dated = number, min(date_ms, dated[1])
    elif number > dated[0] and (not undated[0] or number <= undated[0]):
        summary.undated = number, min(commit_ms, undated[1]) if number == undated[0] else commit_ms


def date_earlier(summary: Summary, statement: Statement, date_ms: int | None) -> bool:
    """Let a statement with a date of its own give one to what came before it; whether it did."""
    if date_ms is None:
        return False
    date_s = date_ms // 1000
    changed = _date_each(summary.changes.items, statement, date_s)
    return _date_each(summary.openings, statement, date_s) or changed


def _date_each(kept: list[Dated], statement: Statement, date_s: int) -> bool:
    number, changed = statement.number, False
    for at, one in enumerate(kept):
        if one.number >= number or 0 < one.anchor_number < number:
            continue
        dated_s = 0
        if one.boot == statement.boot:
            dated_s = max(0, min(date_s - (statement.uptime_s - one.uptime_s), one.committed_s))
        if one.anchor_number == number:
            dated_s = min(dated_s, one.dated_s)
        kept[at] = one._replace(anchor_number=number, dated_s=dated_s)
        changed = True
    return changed
