"""Organisations: their kind and seat, the divisions that they cover, and the people put on record in them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, select

from steelyard_cloud.db.schema import divisions, organisation_divisions, organisations, users
from steelyard_cloud.errors import AlreadyExists, NotFound, WrongValue
from steelyard_cloud.people.audit import Actor, record
from steelyard_cloud.people.divisions import COUNTRY, in_force
from steelyard_cloud.people.roles import KINDS, KINDS_BEFORE, Principal, Role

PLATFORM = "Platform"
"""The organisation of those who run the platform; its empty division code means everywhere."""
MOST_DIVISIONS = 200


@dataclass(frozen=True)
class Organisation:
    """An organisation with its seat and what it covers, as codes; `people` are those who may sign in."""

    id: int
    name: str
    kind: str
    division_code: str
    created_ms: int
    people: int
    divisions: tuple[str, ...]


def known_kind(kind: str) -> str:
    """The kind's name of today; raises WrongValue for what is none."""
    kind = KINDS_BEFORE.get(kind, kind)
    if kind not in KINDS:
        raise WrongValue(where="kind", why=f"one of {', '.join(KINDS)} expected")
    return kind


def add_organisation(
    connection: Connection,
    actor: Actor,
    *,
    name: str,
    kind: str,
    division_code: str,
    covers: Iterable[str] = (),
    now_ms: int,
) -> int:
    """Record an organisation and give its id; it covers its seat where nothing else is given.

    Raises AlreadyExists and WrongValue.
    """
    kind = known_kind(kind)
    known = select(organisations.c.id).where(organisations.c.name == name, organisations.c.kind == kind)
    if connection.scalar(known) is not None:
        raise AlreadyExists(what="organisation", name=name)
    in_force(connection, division_code)
    codes = _checked(connection, covers) or [division_code]
    made = _insert_organisation(connection, name, kind, division_code, codes, now_ms)
    details = {"name": name, "kind": kind, "covers": codes}
    record(connection, actor, "organisation.add", f"organisation:{made}", details, now_ms)
    return made


def cover(connection: Connection, actor: Actor, organisation_id: int, codes: Iterable[str], now_ms: int) -> None:
    """Set what an organisation covers, instead of what it covered; raises NotFound and WrongValue."""
    if not organisation_exists(connection, organisation_id):
        raise NotFound(what="organisation", name=organisation_id)
    wanted = _checked(connection, codes)
    if not wanted:
        raise WrongValue(where="covers", why="at least one division expected")
    before = covered(connection, organisation_id)
    connection.execute(
        delete(organisation_divisions).where(organisation_divisions.c.organisation_id == organisation_id)
    )
    _insert_covered(connection, organisation_id, wanted)
    details = {"covers": wanted, "covered": list(before)}
    record(connection, actor, "organisation.cover", f"organisation:{organisation_id}", details, now_ms)


def covered(connection: Connection, organisation_id: int) -> tuple[str, ...]:
    """The codes of what an organisation covers."""
    c = organisation_divisions.c
    query = select(c.division_code).where(c.organisation_id == organisation_id).order_by(c.division_code)
    return tuple(connection.scalars(query))


def powers(connection: Connection, organisation_id: int) -> dict[str, str]:
    """The same by code with their paths; where a division has ended, its office has no power any more."""
    c = organisation_divisions.c
    mine = (c.organisation_id == organisation_id, divisions.c.until.is_(None))
    rows = connection.execute(select(c.division_code, divisions.c.path).join(divisions).where(*mine))
    return {row.division_code: row.path for row in rows}


def ensure_platform(connection: Connection, now_ms: int) -> None:
    """Make the organisation of those who run the platform, unless it is there."""
    if organisation_named(connection, PLATFORM) is None:
        _insert_organisation(connection, PLATFORM, "platform", "", [COUNTRY], now_ms)


def _checked(connection: Connection, codes: Iterable[str]) -> list[str]:
    wanted = sorted(set(codes))
    if len(wanted) > MOST_DIVISIONS:
        raise WrongValue(where="covers", why=f"at most {MOST_DIVISIONS} divisions are kept")
    for code in wanted:
        in_force(connection, code, "covers")
    return wanted


def _insert_organisation(
    connection: Connection, name: str, kind: str, division_code: str, codes: list[str], now_ms: int
) -> int:
    row = {"name": name, "kind": kind, "division_code": division_code, "created_ms": now_ms}
    made = int(connection.execute(insert(organisations).values(row).returning(organisations.c.id)).scalar_one())
    _insert_covered(connection, made, codes)
    return made


def _insert_covered(connection: Connection, organisation_id: int, codes: Iterable[str]) -> None:
    rows = [{"organisation_id": organisation_id, "division_code": code} for code in codes]
    connection.execute(insert(organisation_divisions), rows)


def organisation_named(connection: Connection, name: str) -> int | None:
    """The id of the first organisation of that name; None if there is none."""
    found: int | None = connection.scalar(select(func.min(organisations.c.id)).where(organisations.c.name == name))
    return found


def organisation_exists(connection: Connection, organisation_id: int) -> bool:
    """Whether there is an organisation with this id."""
    return connection.scalar(select(organisations.c.id).where(organisations.c.id == organisation_id)) is not None


def add_user(
    connection: Connection,
    actor: Actor,
    *,
    organisation_id: int,
    name: str,
    role: str,
    now_ms: int,
    manages: bool = False,
) -> int:
    """Record a person who may sign in and give the id; raises NotFound."""
    if not organisation_exists(connection, organisation_id):
        raise NotFound(what="organisation", name=organisation_id)
    user_id = _insert_user(connection, organisation_id, name, role, now_ms, manages)
    details = {"role": role, "manages": True} if manages else {"role": role}
    record(connection, actor, "user.add", f"user:{user_id}", details, now_ms)
    return user_id


def ensure_user(connection: Connection, organisation_id: int, role: Role, name: str, now_ms: int) -> int:
    """The id of the organisation's active user of that name and role, who is made if there is none."""
    wanted = {"organisation_id": organisation_id, "role": role.value, "name": name, "active": True}
    found: int | None = connection.scalar(select(func.min(users.c.id)).filter_by(**wanted))
    return _insert_user(connection, organisation_id, name, role.value, now_ms) if found is None else found


def _insert_user(
    connection: Connection, organisation_id: int, name: str, role: str, now_ms: int, manages: bool = False
) -> int:
    row = {"organisation_id": organisation_id, "name": name, "role": role, "active": True, "manages": manages}
    made = insert(users).values(row | {"created_ms": now_ms}).returning(users.c.id)
    return int(connection.execute(made).scalar_one())


def organisation_for(connection: Connection, principal: Principal, organisation_id: int) -> Organisation:
    """An organisation that the principal may see: any for an administrator, else their own. Raises NotFound."""
    found = connection.execute(_visible(principal).where(organisations.c.id == organisation_id)).first()
    if found is None:
        raise NotFound(what="organisation", name=organisation_id)
    return Organisation(**found._mapping, divisions=covered(connection, organisation_id))


def organisation_list(
    connection: Connection, principal: Principal, *, text: str = "", kind: str = "", after: int = 0, limit: int
) -> list[Organisation]:
    """Organisations that the principal may see, by id after `after`; `text` is part of a name."""
    c = organisations.c
    query = _visible(principal).where(c.id > after, c.name.contains(text, autoescape=True)).order_by(c.id).limit(limit)
    rows = connection.execute(query.where(c.kind == kind) if kind else query).all()
    return [Organisation(**row._mapping, divisions=covered(connection, row.id)) for row in rows]


def _visible(principal: Principal) -> Select[Any]:
    c = organisations.c
    people = (
        select(func.count()).where(users.c.organisation_id == c.id, users.c.active).scalar_subquery().label("people")
    )
    query = select(c.id, c.name, c.kind, c.division_code, c.created_ms, people)
    return query if principal.role is Role.ADMIN else query.where(c.id == principal.organisation_id)
