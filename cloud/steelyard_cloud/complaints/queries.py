"""Complaints as the market supervision reads them, narrowed by `people.scoping`."""

from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import Connection, Select, Table, or_, select

from steelyard_cloud.db.schema import complaints, scales
from steelyard_cloud.errors import NotFound
from steelyard_cloud.people.roles import Principal
from steelyard_cloud.people.scoping import InScope, rows_in_scope
from steelyard_cloud.scales import codes

OPEN, CLOSED = "open", "closed"


@dataclass(frozen=True, kw_only=True)
class ComplaintInScope(InScope):
    """A complaint that the principal who asked may see.

    `place` is where the registry has the scale, or what the consumer said, which `said_place` is in any case.
    """

    TABLE: ClassVar[Table] = complaints

    reference: str
    public_code: str
    scale_name: str
    place: str
    said_place: str
    bought: str
    weighed: str
    paid: str
    words: str
    has_photo: bool
    status: str
    answer: str
    received_ms: int
    closed_ms: int | None


_COMPLAINT = (
    select(
        *(column for column in complaints.c if column.name != "photo"),
        complaints.c.photo.is_not(None).label("has_photo"),
        scales.c.model,
        scales.c.serial_number,
        scales.c.place.label("scale_place"),
    )
    .select_from(complaints)
    .outerjoin(scales, scales.c.id == complaints.c.scale_id)
)


def _read(connection: Connection, principal: Principal, query: Select[Any]) -> list[ComplaintInScope]:
    return [
        ComplaintInScope(
            check=check,
            reference=row.reference,
            public_code=row.public_code,
            scale_name=f"{row.model} {row.serial_number}" if row.model else "",
            place=row.scale_place or row.place,
            said_place=row.place,
            bought=row.bought,
            weighed=row.weighed,
            paid=row.paid,
            words=row.words,
            has_photo=row.has_photo,
            status=row.status,
            answer=row.answer or "",
            received_ms=row.received_ms,
            closed_ms=row.closed_ms,
        )
        for check, row in rows_in_scope(connection, principal, query, complaints)
    ]


def complaint_list(
    connection: Connection, principal: Principal, *, status: str, text: str, before: int | None, limit: int
) -> list[ComplaintInScope]:
    """Complaints that the principal may see, the newest first.

    `status` is "open", "closed" or "all"; `text` is a reference or a public code, "" for any; `before` is the id behind
    which a page starts.
    """
    c, query = complaints.c, _COMPLAINT
    if status != "all":
        query = query.where(c.status == status)
    if text:
        query = query.where(or_(c.reference == text, c.public_code == codes.read(text)))
    if before is not None:
        query = query.where(c.id < before)
    return _read(connection, principal, query.order_by(c.id.desc()).limit(limit))


def complaint_by_id(connection: Connection, principal: Principal, complaint_id: int) -> ComplaintInScope:
    """One complaint that the principal may see; raises NotFound."""
    found = _read(connection, principal, _COMPLAINT.where(complaints.c.id == complaint_id))
    if not found:
        raise NotFound(what="complaint", name=complaint_id)
    return found[0]


def photo_of(connection: Connection, complaint: ComplaintInScope) -> bytes | None:
    """The photo that came with a complaint, a JPEG; None if there is none."""
    return connection.scalar(select(complaints.c.photo).where(complaints.c.id == complaint.id))
