"""Complaints: what a consumer saw at a scale, and what the market supervision answers.

A consumer says nothing of themselves and gets a reference. How many are taken is bounded, for each scale and in all.
"""

import secrets
from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select, update
from steelyard_protocol import identity

from steelyard_cloud.db.schema import complaints, scales
from steelyard_cloud.errors import ComplaintClosed, NotFound, TooManyComplaints
from steelyard_cloud.people.audit import Actor, record

DAY_MS = 24 * 60 * 60 * 1000
A_SCALE_A_DAY = 30
ALL_A_DAY = 1000
OPEN, CLOSED = "open", "closed"
PUBLIC = Actor("public", 0, None, None)


@dataclass(frozen=True)
class Told:
    """What the consumer tells; only `words` are needed. `photo` is a JPEG without metadata (`web.photos`)."""

    words: str
    place: str = ""
    bought: str = ""
    weighed: str = ""
    paid: str = ""
    photo: bytes | None = None


def complain(connection: Connection, public_code: str, told: Told, now_ms: int) -> str:
    """Record a complaint about the scale with this code, which need not be on record; gives the reference.

    Raises TooManyComplaints.
    """
    today = select(func.count()).select_from(complaints).where(complaints.c.received_ms > now_ms - DAY_MS)
    of_scale = today.where(complaints.c.public_code == public_code)
    for counted, most in ((of_scale, A_SCALE_A_DAY), (today, ALL_A_DAY)):
        if connection.execute(counted).scalar_one() >= most:
            raise TooManyComplaints
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
        "place": told.place,
        "bought": told.bought,
        "weighed": told.weighed,
        "paid": told.paid,
        "words": told.words,
        "photo": told.photo,
        "state": OPEN,
        "received_ms": now_ms,
    }
    made = connection.execute(insert(complaints).values(row).returning(complaints.c.id)).scalar_one()
    details = {"code": public_code, "photo": told.photo is not None}
    record(connection, PUBLIC, "complaint.make", f"complaint:{made}", details, now_ms)
    return reference


def close(connection: Connection, actor: Actor, *, complaint_id: int, answer: str, now_ms: int) -> None:
    """Close a complaint with what was found; raises NotFound and ComplaintClosed.

    The caller has checked that the actor may see it.
    """
    c = complaints.c
    reference = connection.scalar(select(c.reference).where(c.id == complaint_id))
    if reference is None:
        raise NotFound(what="complaint", name=complaint_id)
    closed = connection.execute(
        update(complaints)
        .where(c.id == complaint_id, c.state == OPEN)
        .values(state=CLOSED, answer=answer, closed_ms=now_ms)
    )
    if closed.rowcount != 1:
        raise ComplaintClosed(reference=reference)
    record(connection, actor, "complaint.close", f"complaint:{complaint_id}", {"answer": answer}, now_ms)
