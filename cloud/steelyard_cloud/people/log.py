"""The audit log as people read it: what was done and looked at, by whom, the newest first."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from steelyard_cloud.db.schema import audit_log, organisations, tokens, users
from steelyard_cloud.people.roles import READS_LOG, Principal
from steelyard_cloud.people.scoping import scoped

c = audit_log.c


@dataclass(frozen=True)
class Wanted:
    """Which entries: an exact `actor` ("user:7") and `object` ("scale:12"), an `action` by how it begins."""

    actor: str = ""
    action: str = ""
    object: str = ""
    since_ms: int | None = None
    until_ms: int | None = None


@dataclass(frozen=True)
class Entry:
    """One line; `who` is the name of the person or token, None for a process and for the public."""

    id: int
    at_ms: int
    actor: str
    action: str
    object: str
    organisation: str | None
    details: dict[str, Any]
    who: str | None


def may_read(principal: Principal) -> bool:
    """Administrators and supervision by their role, others as managers of their organisation."""
    return principal.role in READS_LOG or principal.manages


def entries(
    connection: Connection, principal: Principal, wanted: Wanted, *, before: int | None, limit: int
) -> list[Entry]:
    """What the principal may know: all, what offices in their divisions did, or their own organisation."""
    conditions = [column == value for column, value in ((c.actor, wanted.actor), (c.object, wanted.object)) if value]
    if wanted.action:
        conditions.append(c.action.startswith(wanted.action, autoescape=True))
    if wanted.since_ms is not None:
        conditions.append(c.at_ms >= wanted.since_ms)
    if wanted.until_ms is not None:
        conditions.append(c.at_ms < wanted.until_ms)
    if before is not None:
        conditions.append(c.id < before)
    conditions.append(_visible(principal))
    name = organisations.c.name.label("organisation")
    query = (
        select(c.id, c.at_ms, c.actor, c.action, c.object, name, c.details)
        .join_from(audit_log, organisations, organisations.c.id == c.organisation_id, isouter=True)
        .where(*conditions)
    )
    rows = connection.execute(query.order_by(c.id.desc()).limit(limit)).all()
    known = _names(connection, {row.actor for row in rows})
    return [Entry(**row._mapping, who=known.get(row.actor)) for row in rows]


def _visible(principal: Principal) -> ColumnElement[bool]:
    return (
        scoped(principal, audit_log) if principal.role in READS_LOG else c.organisation_id == principal.organisation_id
    )


def _names(connection: Connection, actors: Collection[str]) -> dict[str, str]:
    """The names of people and tokens, by how the log has them."""
    found: dict[str, str] = {}
    for kind, table in (("user", users), ("token", tokens)):
        ids = [int(actor.partition(":")[2]) for actor in actors if actor.startswith(f"{kind}:")]
        rows = connection.execute(select(table.c.id, table.c.name).where(table.c.id.in_(ids)))
        found |= {f"{kind}:{row.id}": row.name for row in rows}
    return found
