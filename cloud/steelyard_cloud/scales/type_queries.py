"""Scale types as who is signed in sees them: a manufacturer its own, type evaluation and administrators all."""

from typing import NamedTuple

from sqlalchemy import Connection, select

from steelyard_cloud.db.schema import organisations, scale_types
from steelyard_cloud.errors import NotFound
from steelyard_cloud.people.roles import SEES_TYPES, Principal, Role
from steelyard_cloud.scales.envelope import Envelope


class TypeSeen(NamedTuple):
    """A type for people; `envelope` is None where the approval fixes none."""

    id: int
    organisation: str
    maker: str
    model: str
    type_approval: str
    stage: str
    life_version: int
    envelope: Envelope | None


def types_for(connection: Connection, principal: Principal, id_: int | None = None) -> list[TypeSeen]:
    """The types that the principal may see, the newest first, or the one with this id."""
    if principal.role not in SEES_TYPES:
        return []
    c = scale_types.c
    query = select(scale_types, organisations.c.name.label("organisation")).join_from(scale_types, organisations)
    if principal.role is Role.MANUFACTURER:
        query = query.where(c.organisation_id == principal.organisation_id)
    if id_ is not None:
        query = query.where(c.id == id_)
    return [
        TypeSeen(
            row.id,
            row.organisation,
            row.maker,
            row.model,
            row.type_approval,
            row.stage,
            row.life_version,
            Envelope.from_json(row.envelope) if row.envelope else None,
        )
        for row in connection.execute(query.order_by(c.id.desc()).limit(1_000))
    ]


def type_for(connection: Connection, principal: Principal, id_: int) -> TypeSeen:
    """One type that the principal may see; raises NotFound."""
    found = types_for(connection, principal, id_)
    if not found:
        raise NotFound(what="scale type", name=id_)
    return found[0]
