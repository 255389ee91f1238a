"""Administrative divisions: a tree with explicit parents, in which places are found, added, merged and ended.

A division's path is the codes from the country down to it, so that what lies below one is a range of paths. What ended
lies below what took it over: rows that name the older code need no change, and are seen by whoever covers the newer.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, Select, false, func, insert, literal, or_, select, update

from steelyard_cloud.db.schema import divisions
from steelyard_cloud.errors import AlreadyExists, WrongValue
from steelyard_cloud.people.audit import Actor, record

COUNTRY = "000000"
EVERYWHERE = frozenset({COUNTRY, ""})
"""Codes that mean the whole country, and rows that nobody has given a place yet."""
OWN_CODE = re.compile("Z[0-9]{5}")
"""Codes that the platform gives to places with a department of their own and no number in GB/T 2260."""
DEEPEST = 10
_END = "~"
"""Behind every character of a path."""

c = divisions.c


@dataclass(frozen=True)
class Division:
    """A place; `until` is the day on which it ended, and `parent` then what took it over."""

    code: str
    name: str
    parent: str | None
    since: date | None
    until: date | None
    path: str


_DIVISION = select(*(c[name] for name in ("code", "name", "parent", "since", "until", "path")))


def below(codes: Iterable[str]) -> Select[tuple[str]]:
    """The codes of these divisions and of all below them, as a subquery."""
    top = divisions.alias("top")
    within = (c.path >= top.c.path) & (c.path < top.c.path + _END)
    return select(c.code).join(top, within).where(top.c.code.in_(sorted(codes)))


def within(paths: Iterable[str]) -> Select[tuple[str]]:
    """The same by paths. The database can tell from them how many there will be, and choose its way by that."""
    return select(c.code).where(or_(false(), *((c.path >= path) & (c.path < path + _END) for path in paths)))


def lies_below(path: str, codes: Collection[str]) -> bool:
    """Whether a path is that of one of these divisions or of one below it."""
    return not EVERYWHERE.isdisjoint(codes) or not set(path.split("/")).isdisjoint(codes)


def division(connection: Connection, code: str) -> Division | None:
    """One division; None where there is none with this code."""
    row = connection.execute(_DIVISION.where(c.code == code)).first()
    return None if row is None else Division(*row)


def in_force(connection: Connection, code: str, where: str = "division_code") -> Division:
    """The division with this code, for what is recorded now; raises WrongValue, naming the field."""
    found = division(connection, code)
    if found is None:
        raise WrongValue(where=where, why=f"there is no division {code}")
    if found.until is not None:
        raise WrongValue(where=where, why=f"{found.name} ended on {found.until} and belongs to {found.parent} now")
    return found


def above(connection: Connection, path: str) -> list[Division]:
    """The divisions on a path, the country first."""
    rows = connection.execute(_DIVISION.where(c.code.in_(path.split("/"))).order_by(c.path))
    return [Division(*row) for row in rows]


def directly_below(connection: Connection, code: str) -> list[Division]:
    """What the division consists of, and what was merged into it."""
    return [Division(*row) for row in connection.execute(_DIVISION.where(c.parent == code).order_by(c.code))]


def named(connection: Connection, text: str, limit: int) -> list[Division]:
    """Divisions whose name has `text` in it, or whose code begins with it."""
    match = c.name.contains(text, autoescape=True) | c.code.startswith(text, autoescape=True)
    return [Division(*row) for row in connection.execute(_DIVISION.where(match).order_by(c.path).limit(limit))]


def names(connection: Connection, codes: Collection[str]) -> dict[str, str]:
    """The names of divisions by code."""
    rows = connection.execute(select(c.code, c.name).where(c.code.in_(sorted(codes))))
    return {row.code: row.name for row in rows}


def add(
    connection: Connection,
    actor: Actor,
    *,
    name: str,
    parent: str,
    code: str | None,
    since: date,
    today: date,
    now_ms: int,
) -> Division:
    """Record a division below `parent`; without a code it gets one of the platform's own. Raises AlreadyExists."""
    _not_to_come(since, today, "since")
    _one_at_a_time(connection)
    upper = in_force(connection, parent, "parent")
    if upper.path.count("/") >= DEEPEST:
        raise WrongValue(where="parent", why=f"at most {DEEPEST} levels are kept")
    code = code or _next_own(connection)
    if division(connection, code) is not None:
        raise AlreadyExists(what="division", name=code)
    made = Division(code, name, parent, since, None, f"{upper.path}{code}/")
    connection.execute(insert(divisions).values(**vars(made)))
    details = {"name": name, "parent": parent, "since": since.isoformat()}
    record(connection, actor, "division.add", f"division:{code}", details, now_ms)
    return made


def merge(
    connection: Connection, actor: Actor, code: str, *, into: str, on: date, reason: str, today: date, now_ms: int
) -> Division:
    """End a division that another took over on a day: it and all below it lie below that one from now on."""
    _not_to_come(on, today, "on")
    _one_at_a_time(connection)
    ended, successor = in_force(connection, code, "code"), in_force(connection, into, "into")
    if ended.path in (f"{COUNTRY}/", successor.path) or successor.path.startswith(ended.path):
        raise WrongValue(where="into", why="a division cannot be merged into itself or into a part of it")
    if ended.since is not None and on < ended.since:
        raise WrongValue(where="on", why=f"{ended.name} began on {ended.since}")
    path = f"{successor.path}{code}/"
    moved = (c.path > ended.path) & (c.path < ended.path + _END)
    if successor.path.count("/") + 1 + _levels_below(connection, ended) > DEEPEST:
        raise WrongValue(where="into", why=f"at most {DEEPEST} levels are kept")
    connection.execute(
        update(divisions).where(moved).values(path=literal(path).concat(func.substr(c.path, len(ended.path) + 1)))
    )
    connection.execute(update(divisions).where(c.code == code).values(parent=into, until=on, path=path))
    details = {"into": into, "on": on.isoformat(), "reason": reason, "parent": ended.parent}
    record(connection, actor, "division.merge", f"division:{code}", details, now_ms)
    return Division(code, ended.name, into, ended.since, on, path)


def _one_at_a_time(connection: Connection) -> None:
    """Two changes of the tree at once could make a circle of it."""
    connection.execute(select(c.code).where(c.code == COUNTRY).with_for_update())


def _levels_below(connection: Connection, one: Division) -> int:
    paths = connection.scalars(select(c.path).where(c.path > one.path, c.path < one.path + _END))
    return max((path.count("/") - one.path.count("/") for path in paths), default=0)


def _next_own(connection: Connection) -> str:
    newest = connection.scalar(select(func.max(c.code)).where(c.code.startswith("Z")))
    return f"Z{int(newest[1:]) + 1 if newest else 1:05}"


def _not_to_come(day: date, today: date, where: str) -> None:
    if day > today:
        raise WrongValue(where=where, why="record it when it is in force")
