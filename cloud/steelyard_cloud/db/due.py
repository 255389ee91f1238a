"""Timers: when a scale has to be judged again although nothing arrived (a hole's grace, silence).

A receiver leases the rows that are due, so that two of them do not judge the same scale at once; judging twice would
do no harm. A row may be early, never late: it is judged, and due again when the clock next matters.
"""

from collections.abc import Iterable, Mapping

from sqlalchemy import ColumnElement, Connection, and_, delete, or_, select, update

from steelyard_cloud.db.schema import due
from steelyard_cloud.db.upsert import upsert

LEASE_MS = 30_000
LEASED = 200  # scales at once
ROWS = 500  # in one INSERT


def lease(connection: Connection, shards: Iterable[str], now_ms: int) -> list[int]:
    """Take scales that are due, at most `LEASED`."""
    query = (
        select(due.c.scale_id)
        .where(_free(shards, now_ms))
        .order_by(due.c.due_ms)
        .limit(LEASED)
        .with_for_update(skip_locked=True)
    )
    ids = list(connection.scalars(query))
    if ids:
        connection.execute(update(due).where(due.c.scale_id.in_(ids)).values(leased_until_ms=now_ms + LEASE_MS))
    return ids


def any_due(connection: Connection, shards: Iterable[str], now_ms: int) -> bool:
    """Whether `lease` would find something: a cheap look that locks nothing."""
    query = select(due.c.scale_id).where(_free(shards, now_ms))
    return connection.execute(query.limit(1)).first() is not None


def _free(shards: Iterable[str], now_ms: int) -> ColumnElement[bool]:
    """Due and not leased; a lease that ends later than any that is taken now was taken by a clock that was ahead."""
    leased_ms = due.c.leased_until_ms
    return and_(
        due.c.shard.in_(list(shards)),
        due.c.due_ms <= now_ms,
        or_(leased_ms <= now_ms, leased_ms > now_ms + LEASE_MS),
    )


def set_back(connection: Connection, shards: Iterable[str], to_ms: int) -> None:
    """The clock was set back: what it put beyond that, nobody knows when it is due, so it is due now."""
    beyond = update(due).where(due.c.shard.in_(list(shards)), due.c.due_ms > to_ms)
    connection.execute(beyond.values(due_ms=to_ms, leased_until_ms=0))


def make_due(connection: Connection, scale_ids: Iterable[int], shard: str, now_ms: int) -> None:
    """Have these scales of a shard judged by the timers, some at a time."""
    rows = [{"scale_id": one, "shard": shard, "due_ms": now_ms, "leased_until_ms": 0} for one in sorted(scale_ids)]
    for start in range(0, len(rows), ROWS):
        some = rows[start : start + ROWS]
        connection.execute(upsert(connection, due, some, {"due_ms": now_ms, "leased_until_ms": 0}))


def set_times(connection: Connection, times: Mapping[tuple[int, str], int | None]) -> None:
    """Set (scale, shard) → when it is due next; None takes the row away."""
    for (scale_id, shard), due_ms in sorted(times.items()):
        if due_ms is None:
            connection.execute(delete(due).where(due.c.scale_id == scale_id))
            continue
        row = {"scale_id": scale_id, "shard": shard, "due_ms": due_ms, "leased_until_ms": 0}
        connection.execute(upsert(connection, due, row, {"due_ms": due_ms, "leased_until_ms": 0}))
