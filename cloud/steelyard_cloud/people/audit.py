"""Who does something in the registry, and the audit log in which it stays."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from steelyard_cloud.db.schema import audit_log, tokens, users
from steelyard_cloud.people.roles import Principal, Role


@dataclass(frozen=True)
class Actor:
    """`name` as the audit log has it ("user:7", "token:3", "process:demo"); `number` opaque, for what scales see.

    `role` is the one in which steps of a life are taken; None takes none.
    """

    name: str
    number: int
    organisation_id: int | None
    division_code: str | None
    user_id: int | None = None
    role: Role | None = None


def record(
    connection: Connection, actor: Actor, action: str, object_: str, details: Mapping[str, object], now_ms: int
) -> None:
    """Append to the audit log: `action` in dots ("scale.verify"), `object_` as "scale:12"; details hold no secrets."""
    connection.execute(
        insert(audit_log).values(
            at_ms=now_ms,
            actor=actor.name,
            action=action,
            object=object_,
            organisation_id=actor.organisation_id,
            division_code=actor.division_code,
            details=dict(details),
        )
    )


def actor_of(principal: Principal) -> Actor:
    """The principal as the registry and its audit log know them."""
    return Actor(
        name=principal.actor,
        number=principal.number,
        organisation_id=principal.organisation_id,
        division_code=principal.division,
        user_id=principal.user_id,
        role=principal.role,
    )


def name_of(connection: Connection, actor: str) -> str | None:
    """What people call an actor of the audit log ("user:7", "token:3"); None for a process of the platform's own."""
    kind, _, row_id = actor.partition(":")
    table = {"user": users, "token": tokens}.get(kind)
    return None if table is None else connection.scalar(select(table.c.name).where(table.c.id == int(row_id)))
