"""Organisations, and the people in them who may sign in."""

from sqlalchemy import Connection, func, insert, select

from steelyard_cloud.db.schema import organisations, users
from steelyard_cloud.errors import AlreadyExists, NotFound
from steelyard_cloud.people.audit import Actor, record
from steelyard_cloud.people.roles import Role

KINDS = ("platform", "manufacturer", "verification", "regulator", "operator", "repair")

PLATFORM = "Platform"
"""The organisation of those who run the platform; its empty division code means everywhere."""


def add_organisation(
    connection: Connection, actor: Actor, *, name: str, kind: str, division_code: str, now_ms: int
) -> int:
    """Record an organisation and give its id; raises AlreadyExists."""
    known = select(organisations.c.id).where(organisations.c.name == name, organisations.c.kind == kind)
    if connection.scalar(known) is not None:
        raise AlreadyExists(what="organisation", name=name)
    organisation_id = _insert_organisation(connection, name, kind, division_code, now_ms)
    record(
        connection, actor, "organisation.add", f"organisation:{organisation_id}", {"name": name, "kind": kind}, now_ms
    )
    return organisation_id


def ensure_platform(connection: Connection, now_ms: int) -> None:
    """Make the organisation of those who run the platform, unless it is there."""
    if organisation_named(connection, PLATFORM) is None:
        _insert_organisation(connection, PLATFORM, "platform", "", now_ms)


def _insert_organisation(connection: Connection, name: str, kind: str, division_code: str, now_ms: int) -> int:
    row = {"name": name, "kind": kind, "division_code": division_code, "created_ms": now_ms}
    return int(connection.execute(insert(organisations).values(row).returning(organisations.c.id)).scalar_one())


def organisation_named(connection: Connection, name: str) -> int | None:
    """The id of the first organisation of that name; None if there is none."""
    found: int | None = connection.scalar(select(func.min(organisations.c.id)).where(organisations.c.name == name))
    return found


def organisation_exists(connection: Connection, organisation_id: int) -> bool:
    """Whether there is an organisation with this id."""
    return connection.scalar(select(organisations.c.id).where(organisations.c.id == organisation_id)) is not None


def add_user(connection: Connection, actor: Actor, *, organisation_id: int, name: str, role: str, now_ms: int) -> int:
    """Record a person who may sign in and give the id; raises NotFound."""
    if not organisation_exists(connection, organisation_id):
        raise NotFound(what="organisation", name=organisation_id)
    user_id = _insert_user(connection, organisation_id, name, role, now_ms)
    record(connection, actor, "user.add", f"user:{user_id}", {"role": role}, now_ms)
    return user_id


def ensure_user(connection: Connection, organisation_id: int, role: Role, name: str, now_ms: int) -> int:
    """The id of the organisation's active user of that name and role, who is made if there is none."""
    wanted = {"organisation_id": organisation_id, "role": role.value, "name": name, "active": True}
    found: int | None = connection.scalar(select(func.min(users.c.id)).filter_by(**wanted))
    return _insert_user(connection, organisation_id, name, role.value, now_ms) if found is None else found


def _insert_user(connection: Connection, organisation_id: int, name: str, role: str, now_ms: int) -> int:
    row = {"organisation_id": organisation_id, "name": name, "role": role, "active": True, "created_ms": now_ms}
    return int(connection.execute(insert(users).values(row).returning(users.c.id)).scalar_one())
