"""Complaints: what a consumer saw at a scale, and what the market supervision answers.

A consumer says nothing of themselves and gets a reference. How many are taken is bounded, for each scale and in all.
"""

import secrets
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, func, insert, select, update
from steelyard_protocol import identity

from steelyard_cloud.clock import SKEW_MS
from steelyard_cloud.complaints.queries import CLOSED, OPEN, ComplaintInScope
from steelyard_cloud.db.schema import complaints, scales
from steelyard_cloud.errors import ComplaintClosed, TooManyComplaints
from steelyard_cloud.people.audit import Actor, record

DAY_MS = 24 * 60 * 60 * 1000
A_SCALE_A_DAY = 30
ALL_A_DAY = 1000
LEAST_CHARACTERS = 3
"""Fewer than these say nothing, neither in a complaint nor in its answer."""
PUBLIC = Actor(name="public", number=0, organisation_id=None, division_code=None)


@dataclass(frozen=True)
class NewComplaint:
    """What the consumer says; only `words` are needed. `photo` is a JPEG without metadata (`photos.bare`)."""

    words: str
    place: str = ""
    bought: str = ""
    weighed: str = ""
    paid: str = ""
    photo: bytes | None = None


def complain(connection: Connection, public_code: str, said: NewComplaint, now_ms: int) -> str:
    """Record a complaint about the scale with this code, which need not be on record; gives the reference.

    Raises TooManyComplaints.
    """
    _check_room(connection, public_code, now_ms)
    scale = connection.execute(
        select(scales.c.id, scales.c.organisation_id, scales.c.division_code).where(scales.c.public_code == public_code)
    ).first()
    reference = identity.to_text(secrets.token_bytes(10))[:8]
    row = {
        "reference": reference,
        "public_code": public_code,
        "scale_id": scale.id if scale else None,
        "organisation_id": scale.organisation_id if scale else None,
        "division_code": scale.division_code if scale else "",
        **asdict(said),
        "status": OPEN,
        "received_ms": now_ms,
    }
    made = connection.execute(insert(complaints).values(row).returning(complaints.c.id)).scalar_one()
    details = {"code": public_code, "photo": said.photo is not None}
    record(connection, PUBLIC, "complaint.make", f"complaint:{made}", details, now_ms)
    return reference


def _check_room(connection: Connection, public_code: str, now_ms: int) -> None:
    today = (
        select(func.count())
        .select_from(complaints)
        .where(complaints.c.received_ms.between(now_ms - DAY_MS + 1, now_ms + SKEW_MS))
    )
    of_scale = today.where(complaints.c.public_code == public_code)
    for counted, most in ((of_scale, A_SCALE_A_DAY), (today, ALL_A_DAY)):
        if connection.execute(counted).scalar_one() >= most:
            raise TooManyComplaints


def close(connection: Connection, actor: Actor, complaint: ComplaintInScope, *, answer: str, now_ms: int) -> None:
    """Close a complaint with what was found; raises ComplaintClosed."""
    c = complaints.c
    closed = connection.execute(
        update(complaints)
        .where(c.id == complaint.id, c.status == OPEN)
        .values(status=CLOSED, answer=answer, closed_ms=now_ms)
    )
    if closed.rowcount != 1:
        raise ComplaintClosed(reference=complaint.reference)
    record(connection, actor, "complaint.close", f"complaint:{complaint.id}", {"answer": answer}, now_ms)
