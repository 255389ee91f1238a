"""What anybody may ask about the platform itself: does it work, what is its root key, what has it stored."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from steelyard_protocol import identity
from steelyard_protocol.enrolment import to_base64url

from steelyard_cloud.alerts.queries import Filters, alert_count
from steelyard_cloud.people.roles import EVERYBODY, Principal
from steelyard_cloud.scales.statistics import quarantined, totals
from steelyard_cloud.web.http.context import Here, needs

router = APIRouter(tags=["platform"])


@router.get("/health")
async def health(here: Here) -> dict[str, str]:
    """Whether the database answers and stores, and every shard has a living worker; 503 names what does not."""
    await here.health.check()
    return {"status": "ok"}


@router.get("/root")
def root(here: Here) -> dict[str, str]:
    """The root's public key, which scales get at the factory, and its thumbprint to compare with the label's."""
    public_key = here.root_public()
    return {
        "public_key": to_base64url(public_key),
        "thumbprint": identity.thumbprint(public_key).hex(),
        "identity": identity.to_text(identity.kid(public_key)),
    }


@router.get("/statistics")
def statistics(here: Here, principal: Annotated[Principal, Depends(needs(EVERYBODY))]) -> dict[str, Any]:
    """What is stored of the scales that the caller may see; the quarantine belongs to nobody and is counted whole."""
    with here.reading() as connection:
        found = totals(connection, principal)._asdict()
        return {
            **found,
            "receipted": found["receipt_sent"],  # the name that it had before
            "quarantined": quarantined(connection),
            "alerts": alert_count(connection, principal, Filters()),
        }
