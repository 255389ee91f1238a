"""Counts over all scales that a principal may see."""

from typing import NamedTuple

from sqlalchemy import Connection, func, select

from steelyard_cloud.db.schema import quarantine_counts, scales, standings, summaries
from steelyard_cloud.people.roles import Principal
from steelyard_cloud.people.scoping import scope


class Totals(NamedTuple):
    """What is stored of the scales; `gaps` and `forks` as judging them gave last.

    `receipt_sent` is for how many statements a receipt was sent. What scales confirmed cannot be known: the wire has no
    answer to a receipt.
    """

    scales: int
    identities: int
    stored: int
    receipt_sent: int
    gaps: int
    forks: int


def totals(connection: Connection, principal: Principal) -> Totals:
    """The totals of the scales that the principal may see."""
    mine = scope(select(scales.c.id), principal, scales).subquery()
    ids = select(mine.c.id)
    identities, stored, receipt_sent = connection.execute(
        select(func.count(), func.sum(summaries.c.stored), func.sum(summaries.c.receipt_sent)).where(
            summaries.c.scale_id.in_(ids)
        )
    ).one()
    gaps, forks = connection.execute(
        select(func.sum(standings.c.gaps), func.sum(standings.c.forks)).where(standings.c.scale_id.in_(ids))
    ).one()
    return Totals(
        scales=int(connection.scalar(select(func.count()).select_from(mine)) or 0),
        identities=int(identities),
        stored=int(stored or 0),
        receipt_sent=int(receipt_sent or 0),
        gaps=int(gaps or 0),
        forks=int(forks or 0),
    )


def quarantined(connection: Connection) -> dict[str, int]:
    """How many messages were quarantined for each reason. They belong to nobody, so they are counted whole."""
    c = quarantine_counts.c
    rows = connection.execute(select(c.reason, func.sum(c.count)).group_by(c.reason))
    return {reason: int(count) for reason, count in rows}
