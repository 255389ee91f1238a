"""Where a scale stands, who has it, and which division supervises it.

The owner, or whoever supervises the scale, asks for a move; it takes effect when the new division accepts it. Whoever
supervises both divisions does both at once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from sqlalchemy import Connection, Table, insert, select, update

from steelyard_cloud.db import feeds
from steelyard_cloud.db.schema import complaints, moves, organisations, scales
from steelyard_cloud.errors import NotFound, Refusal, WrongValue
from steelyard_cloud.people.audit import Actor
from steelyard_cloud.people.divisions import in_force
from steelyard_cloud.people.organisations import organisation_exists
from steelyard_cloud.people.roles import Principal
from steelyard_cloud.people.scoping import InScope, rows_in_scope
from steelyard_cloud.scales.life.table import Of
from steelyard_cloud.scales.life.take import Act, Subject, Taken, Written, take
from steelyard_cloud.scales.queries import ScaleInScope
from steelyard_cloud.scales.refusals import NoMove
from steelyard_cloud.scales.subjects import not_the_owner, subject_of

ASKED, ACCEPTED, REFUSED = "asked", "accepted", "refused"


class Target(NamedTuple):
    """Where a scale is to go; `new_owner_id` None leaves it with whom it is."""

    place: str
    division_code: str
    new_owner_id: int | None = None


def place(connection: Connection, actor: Actor, scale: ScaleInScope, *, place: str, now_ms: int) -> Taken:
    """Record where a scale stands within its division. Its alerts follow when it is judged again."""

    def write() -> Written:
        before = _where(connection, scale.id)
        _set(connection, scale.id, Target(place, before["division_code"]))
        feeds.append(connection, feeds.CHANGES, scale.shard, "place", scale.id, {}, now_ms)
        return Written(scale.id, before | {"place": place, "from": before})

    return take(connection, actor, subject_of(scale), Act("place", write), now_ms)


def ask(connection: Connection, actor: Actor, scale: ScaleInScope, target: Target, *, reason: str, now_ms: int) -> int:
    """Ask the new division to take a scale; a move that was asked for before is replaced. Gives the move's id.

    Raises WrongValue for a division that is none or has ended.
    """
    in_force(connection, target.division_code)
    made = 0

    def elsewhere() -> Iterable[Refusal]:
        if target.new_owner_id is not None and not organisation_exists(connection, target.new_owner_id):
            yield NotFound(what="organisation", name=target.new_owner_id)
        here = (scale.place, scale.division_code, scale.owner_id)
        if (target.place, target.division_code, target.new_owner_id or scale.owner_id) == here:
            yield WrongValue(where="place", why="another place, division or owner is expected")

    def write() -> Written:
        nonlocal made
        waiting = update(moves).where(moves.c.scale_id == scale.id, moves.c.status == ASKED)
        connection.execute(waiting.values(status=REFUSED, decided_ms=now_ms))
        row = {
            **target._asdict(),
            "scale_id": scale.id,
            "organisation_id": actor.organisation_id,
            "status": ASKED,
            "asked_ms": now_ms,
        }
        made = int(connection.execute(insert(moves).values(row).returning(moves.c.id)).scalar_one())
        return Written(scale.id, {"move": made, **target._asdict()})

    checks = {"owner": lambda: not_the_owner(connection, actor, scale), "somewhere else": elsewhere}
    take(connection, actor, subject_of(scale), Act("move.ask", write, checks, reason), now_ms)
    return made


@dataclass(frozen=True, kw_only=True)
class MoveInScope(InScope):
    """A move into the division of the principal who asked, or below it."""

    TABLE: ClassVar[Table] = moves

    scale_id: int
    shard: str
    scale_code: str
    scale_name: str
    from_place: str
    from_division: str
    place: str
    division_code: str
    new_owner_id: int | None
    asked_by: str
    status: str
    asked_ms: int


_MOVE = (
    select(
        moves,
        scales.c.shard,
        scales.c.public_code,
        scales.c.maker,
        scales.c.model,
        scales.c.serial_number,
        scales.c.place.label("from_place"),
        scales.c.division_code.label("from_division"),
        organisations.c.name.label("asked_by"),
    )
    .select_from(moves)
    .join(scales, scales.c.id == moves.c.scale_id)
    .join(organisations, organisations.c.id == moves.c.organisation_id)
)


def moves_to(connection: Connection, principal: Principal, move_id: int | None = None) -> list[MoveInScope]:
    """The moves that wait for an answer from the principal's division, or the one with this id."""
    query = _MOVE.where(moves.c.status == ASKED).order_by(moves.c.id).limit(200)
    if move_id is not None:
        query = query.where(moves.c.id == move_id)
    return [
        MoveInScope(
            check=check,
            scale_id=row.scale_id,
            shard=row.shard,
            scale_code=row.public_code,
            scale_name=f"{row.maker} {row.model} {row.serial_number}",
            from_place=row.from_place,
            from_division=row.from_division,
            place=row.place,
            division_code=row.division_code,
            new_owner_id=row.new_owner_id,
            asked_by=row.asked_by,
            status=row.status,
            asked_ms=row.asked_ms,
        )
        for check, row in rows_in_scope(connection, principal, query, moves)
    ]


def move_by_id(connection: Connection, principal: Principal, move_id: int) -> MoveInScope:
    """A move that waits for the principal's division; raises NotFound."""
    found = moves_to(connection, principal, move_id)
    if not found:
        raise NotFound(what="move", name=move_id)
    return found[0]


def decide(
    connection: Connection, actor: Actor, move: MoveInScope, *, accepts: bool, reason: str, now_ms: int
) -> Taken:
    """Accept or refuse a move, as the new division; the scale's complaints go with it."""

    def waits() -> Iterable[Refusal]:
        status = connection.scalar(select(moves.c.status).where(moves.c.id == move.id))
        return [] if status == ASKED else [NoMove()]

    def write() -> Written:
        target = Target(move.place, move.division_code, move.new_owner_id)
        status, before = ACCEPTED if accepts else REFUSED, _where(connection, move.scale_id)
        connection.execute(update(moves).where(moves.c.id == move.id).values(status=status, decided_ms=now_ms))
        if accepts:
            _set(connection, move.scale_id, target)
            feeds.append(connection, feeds.CHANGES, move.shard, "place", move.scale_id, {}, now_ms)
        return Written(move.scale_id, {"move": move.id, **target._asdict(), "from": before})

    step = "move.accept" if accepts else "move.refuse"
    subject = Subject(Of.SCALE, move.scale_id, move.shard, move.scale_name)
    return take(connection, actor, subject, Act(step, write, {"asked move": waits}, reason), now_ms)


def _set(connection: Connection, scale_id: int, target: Target) -> None:
    values: dict[str, object] = {"place": target.place, "division_code": target.division_code}
    if target.new_owner_id is not None:
        values["owner_id"] = target.new_owner_id
    connection.execute(update(scales).where(scales.c.id == scale_id).values(values))
    of_scale = update(complaints).where(complaints.c.scale_id == scale_id)
    connection.execute(of_scale.values(division_code=target.division_code))


def _where(connection: Connection, scale_id: int) -> dict[str, str]:
    """Place and division as they are at this moment."""
    c = scales.c
    return dict(connection.execute(select(c.place, c.division_code).where(c.id == scale_id)).mappings().one())


def where(connection: Connection, scale: ScaleInScope) -> dict[str, str]:
    """Place and division of a scale as they are at this moment."""
    return _where(connection, scale.id)


def hand_over(
    connection: Connection, principal: Principal, actor: Actor, scale: ScaleInScope, target: Target, now_ms: int
) -> bool:
    """Move a scale at once where the principal supervises the new division too, or else ask that; whether it moved."""
    move = ask(connection, actor, scale, target, reason="", now_ms=now_ms)
    found = moves_to(connection, principal, move)
    if found:
        decide(connection, actor, found[0], accepts=True, reason="", now_ms=now_ms)
    return bool(found)
