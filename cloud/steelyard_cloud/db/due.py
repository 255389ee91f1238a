"""Timers: when a scale has to be judged again although nothing arrived (a hole's grace, silence).

A receiver leases the rows that are due, so that two of them do not judge the same scale at once; judging twice would
do no harm. A row may be early, never late: it is judged, and due again when the clock next matters.

Nearly all rows wait for nothing but a scale's silence, and nearly all of those scales have reported meanwhile. Such a
row names the identity: it is put off by when that one last reported, many at once, and nobody is judged.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, case, delete, or_, select, union_all, update

from steelyard_cloud.db.schema import due, summaries
from steelyard_cloud.db.upsert import upsert, upsert_each

LEASE_MS = 30_000
LEASED = 100  # scales at once
LOOKED_AT = 500  # scales at once that may be put off
ROWS = 500  # in one INSERT or IN (…)


class Silence(NamedTuple):
    """That one identity reports nothing for so long, Unix ms since its last statement or since it could be heard."""

    identity_id: int
    patience_ms: int


class Alarm(NamedTuple):
    """When a scale of a shard is due; None: not by the clock. `only` says that nothing else can come of it."""

    shard: str
    due_ms: int | None
    only: Silence | None = None


def judged_at(due_ms: int) -> dict[str, Any]:
    """What a row says of a scale that is to be judged at a time, whatever it was to wait for."""
    return {"due_ms": due_ms, "leased_until_ms": 0, "identity_id": None, "patience_ms": None}


def shards_due(connection: Connection, shards: Iterable[str], now_ms: int) -> list[str]:
    """The shards in which `lease` would find something, that with the oldest first: a look that locks nothing."""
    firsts = [_oldest(due.c.shard, due.c.due_ms, shard=shard, now_ms=now_ms).limit(1).subquery() for shard in shards]
    rows = connection.execute(union_all(*(select(first) for first in firsts))).all()
    return [shard for shard, _ in sorted(rows, key=lambda row: row.due_ms)]


def put_off(connection: Connection, shard: str, listening_since_ms: int, now_ms: int) -> int:
    """Of the oldest scales that are due only by their silence put off those that have reported meanwhile.

    A scale was heard when it last reported, but not before we listened; gives how many were put off.
    """
    last_ms = select(summaries.c.received_ms).where(summaries.c.identity_id == due.c.identity_id).scalar_subquery()
    heard_ms = case((last_ms > now_ms, now_ms), (last_ms < listening_since_ms, listening_since_ms), else_=last_ms)
    oldest = _oldest(due.c.scale_id, shard=shard, now_ms=now_ms).where(due.c.identity_id.is_not(None)).limit(LOOKED_AT)
    next_ms = heard_ms + due.c.patience_ms
    moved = update(due).where(due.c.scale_id.in_(oldest.scalar_subquery()), next_ms > now_ms).values(due_ms=next_ms)
    return connection.execute(moved).rowcount


def lease(connection: Connection, shard: str, now_ms: int, most: int) -> list[int]:
    """Take scales of a shard that are due, at most so many."""
    query = _oldest(due.c.scale_id, shard=shard, now_ms=now_ms).limit(most).with_for_update(skip_locked=True)
    ids = list(connection.scalars(query))
    if ids:
        connection.execute(update(due).where(due.c.scale_id.in_(ids)).values(leased_until_ms=now_ms + LEASE_MS))
    return ids


def _oldest(*columns: ColumnElement[Any], shard: str, now_ms: int) -> Select[Any]:
    """Due and not leased; a lease that ends later than any that is taken now was taken by a clock that was ahead."""
    leased_ms = due.c.leased_until_ms
    free = or_(leased_ms <= now_ms, leased_ms > now_ms + LEASE_MS)
    return select(*columns).where(due.c.shard == shard, due.c.due_ms <= now_ms, free).order_by(due.c.due_ms)


def wait_for_no_silence(connection: Connection) -> None:
    """Have every scale judged when it is due next, also those that report: another release may find other things."""
    connection.execute(update(due).where(due.c.identity_id.is_not(None)).values(identity_id=None, patience_ms=None))


def set_back(connection: Connection, shards: Iterable[str], to_ms: int) -> None:
    """The clock was set back: what it put beyond that, nobody knows when it is due, so it is due now."""
    beyond = update(due).where(due.c.shard.in_(list(shards)), due.c.due_ms > to_ms)
    connection.execute(beyond.values(judged_at(to_ms)))


def make_due(connection: Connection, scale_ids: Iterable[int], shard: str, now_ms: int) -> None:
    """Have these scales of a shard judged by the timers, some at a time."""
    rows = [{"scale_id": one, "shard": shard, **judged_at(now_ms)} for one in sorted(scale_ids)]
    for start in range(0, len(rows), ROWS):
        connection.execute(upsert(connection, due, rows[start : start + ROWS], judged_at(now_ms)))


def judge_by(connection: Connection, scale_id: int, shard: str, due_ms: int) -> None:
    """Have a scale judged by the timers at a time, or earlier where it is due earlier."""
    sooner = {**judged_at(due_ms), "due_ms": case((due.c.due_ms < due_ms, due.c.due_ms), else_=due_ms)}
    connection.execute(upsert(connection, due, {"scale_id": scale_id, "shard": shard, **judged_at(due_ms)}, sooner))


def set_alarms(connection: Connection, alarms: Mapping[int, Alarm]) -> None:
    """Set when these scales are due next; a row without a time is taken away."""
    gone = sorted(scale_id for scale_id, alarm in alarms.items() if alarm.due_ms is None)
    for start in range(0, len(gone), ROWS):
        connection.execute(delete(due).where(due.c.scale_id.in_(gone[start : start + ROWS])))
    upsert_each(
        connection, due, [_row(one, alarm) for one, alarm in sorted(alarms.items()) if alarm.due_ms is not None]
    )


def _row(scale_id: int, alarm: Alarm) -> dict[str, Any]:
    identity_id, patience_ms = alarm.only or (None, None)
    return {
        "scale_id": scale_id,
        "shard": alarm.shard,
        "due_ms": alarm.due_ms,
        "leased_until_ms": 0,
        "identity_id": identity_id,
        "patience_ms": patience_ms,
    }
