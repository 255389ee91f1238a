"""Reading stored statements again, because one that came late gives them a meaning, or they give it one: a map, a date.

It is done a page at a time, so that no message costs more than its bytes. Until it is done, the scale's verdict waits.
"""

from collections.abc import Sequence

from steelyard_protocol import sales, weight
from steelyard_protocol.bodies import Snapshot
from steelyard_protocol.sales import Sale
from steelyard_protocol.statement import Statement, parse

from steelyard_cloud.judge.dates import date_earlier, own_date_ms
from steelyard_cloud.judge.stored import Committed, Evidence
from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.judge.summary_parts import Change, Opening, Reread

MOST_WAITING = 16
"""With more, those that look for the same become one over all their numbers."""
PAGE = 200
"""Statements that are read in one go."""


def wait_for(summary: Summary, reread: Reread) -> None:
    """Have statements read again."""
    if reread not in summary.rereads:
        summary.rereads.append(reread)
    if len(summary.rereads) > MOST_WAITING:
        joined: dict[bytes | None, Reread] = {}
        for one in summary.rereads:
            other = joined.get(one.digest, one)
            joined[one.digest] = Reread(one.digest, min(one.first, other.first), max(one.last, other.last))
        summary.rereads = list(joined.values())


def recompute(
    summary: Summary, number: int, arrival: int, parameter_map: dict[int, int], body: Snapshot | Sale
) -> bool:
    """Whether a snapshot's weight follows from its counts, or a sale's price from its weight; if not, it is counted."""
    if isinstance(body, Sale):
        right = sales.price(parameter_map, body.net, body.unit_price) == body.price
        if not right:
            summary.count(summary.wrong_prices, number, arrival)
        return right
    gross = weight.gross_intervals(parameter_map, body.filtered_counts, body.zero_counts, body.temperature_cdeg)
    if gross != body.gross:
        summary.count(summary.wrong_weights, number, arrival)
    return gross == body.gross


def read_again(summary: Summary, evidence: Evidence, most: int = PAGE) -> None:
    """Read one page of what waits."""
    if not summary.rereads:
        return
    reread = summary.rereads.pop(0)
    rows = [(parse(one.raw), one) for one in evidence.page(reread.first, reread.last, most)]
    page = _whole_numbers(rows) if len(rows) >= most else rows
    summary.revision += 1
    if reread.digest is None:
        following = _date(summary, page, reread)
    else:
        _recompute(summary, page, reread.digest)
        following = page[-1][0].number + 1 if page else None
    if following is not None and following <= reread.last and len(rows) >= most:
        summary.rereads.insert(0, reread._replace(first=following))


def read_all_again(summary: Summary, evidence: Evidence) -> None:
    """Read all that waits: for evidence in memory."""
    while summary.rereads:
        read_again(summary, evidence)


Rows = Sequence[tuple[Statement, Committed]]


def _whole_numbers(rows: Rows) -> Rows:
    """Without the last number, of which there may be more copies; unless it is the only one."""
    last = rows[-1][0].number
    return [row for row in rows if row[0].number < last] or rows


def _recompute(summary: Summary, page: Rows, digest: bytes) -> None:
    seen: set[bytes] = set()
    parameter_map = summary.maps.get(digest)
    for statement, committed in page:
        body = statement.body
        if isinstance(body, Snapshot | Sale) and statement.digest == digest and statement.content_hash not in seen:
            seen.add(statement.content_hash)
            if parameter_map is None:  # there were too many maps meanwhile
                summary.count(summary.unmapped_dropped, statement.number, committed.arrival)
            else:
                recompute(summary, statement.number, committed.arrival, parameter_map, body)


def _date(summary: Summary, page: Rows, reread: Reread) -> int | None:
    """Where to read on; None where nothing looks for a date any more."""
    number = reread.last
    for statement, committed in page:
        number = statement.number
        date_earlier(summary, statement, own_date_ms(statement, committed.commit_ms, committed.latest_ms))
    kept: list[Change | Opening] = [*summary.changes.items, *summary.openings]
    looking = [one.number for one in kept if one.number < reread.last and not 0 < one.anchor_number <= number]
    return max(number, min(looking)) + 1 if looking else None
