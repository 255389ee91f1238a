"""What anybody may ask of the platform itself: is it well, what is its root key, what does it hold."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from sqlalchemy import func, select
from steelyard_protocol import identity
from steelyard_protocol.enrolment import to_base64url

from steelyard_cloud.alerts.queries import UNDECIDED_STATES
from steelyard_cloud.db.schema import alerts, quarantine_counts, scales, standings, summaries
from steelyard_cloud.people.roles import EVERYBODY, Principal
from steelyard_cloud.people.scoping import scope
from steelyard_cloud.web.http.context import Here, needs

router = APIRouter(tags=["platform"])


@router.get("/health")
def health(here: Here) -> dict[str, str]:
    """Whether the platform answers and reaches its database."""
    with here.reading() as connection:
        connection.execute(select(1))
    return {"status": "ok"}


@router.get("/root")
def root(here: Here) -> dict[str, str]:
    """The root's public key, which scales hold from the factory, and its thumbprint to compare with the label's."""
    public_key = here.root_public()
    return {
        "public_key": to_base64url(public_key),
        "thumbprint": identity.thumbprint(public_key).hex(),
        "identity": identity.to_text(identity.kid(public_key)),
    }


@router.get("/statistics")
def statistics(here: Here, principal: Annotated[Principal, Depends(needs(EVERYBODY))]) -> dict[str, Any]:
    """What is held of the scales that the caller may see; the quarantine belongs to nobody and is counted whole."""
    with here.reading() as connection:
        mine = scope(select(scales.c.id), principal, scales).subquery()
        held = connection.execute(
            select(func.count(), func.sum(summaries.c.held), func.sum(summaries.c.receipted)).where(
                summaries.c.scale_id.in_(select(mine.c.id))
            )
        ).one()
        standing = connection.execute(
            select(func.sum(standings.c.gaps), func.sum(standings.c.forks)).where(
                standings.c.scale_id.in_(select(mine.c.id))
            )
        ).one()
        counts = connection.execute(
            select(quarantine_counts.c.reason, func.sum(quarantine_counts.c.count)).group_by(quarantine_counts.c.reason)
        ).all()
        undecided = select(func.count()).select_from(alerts).where(alerts.c.state.in_(UNDECIDED_STATES))
        return {
            "scales": int(connection.scalar(select(func.count()).select_from(mine)) or 0),
            "identities": int(held[0]),
            "held": int(held[1] or 0),
            "receipted": int(held[2] or 0),
            "gaps": int(standing[0] or 0),
            "forks": int(standing[1] or 0),
            "quarantined": {reason: int(count) for reason, count in counts},
            "alerts": int(connection.scalar(scope(undecided, principal, alerts)) or 0),
        }
