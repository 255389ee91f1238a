"""Timers: when a scale has to be judged again although nothing arrived (a hole's grace, silence).

A receiver leases the rows that are due, so that two of them do not judge the same scale at once; judging twice would
do no harm. A row may be early, never late: it is judged, and due again when the clock next matters.
"""

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, delete, select, update

from steelyard_cloud.store.schema import due
from steelyard_cloud.store.upsert import upsert

LEASE_MS = 30_000


def lease(connection: Connection, shards: Iterable[str], now_ms: int, limit: int = 200) -> list[int]:
    """Take the scales that are due."""
    query = (
        select(due.c.scale_id)
        .where(due.c.shard.in_(list(shards)), due.c.due_ms <= now_ms, due.c.leased_until_ms <= now_ms)
        .order_by(due.c.due_ms)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = list(connection.scalars(query))
    if ids:
        connection.execute(update(due).where(due.c.scale_id.in_(ids)).values(leased_until_ms=now_ms + LEASE_MS))
    return ids


def any_due(connection: Connection, shards: Iterable[str], now_ms: int) -> bool:
    """Whether `lease` would find something: a cheap look that locks nothing."""
    query = select(due.c.scale_id).where(
        due.c.shard.in_(list(shards)), due.c.due_ms <= now_ms, due.c.leased_until_ms <= now_ms
    )
    return connection.execute(query.limit(1)).first() is not None


def set_times(connection: Connection, times: Mapping[tuple[int, str], int | None]) -> None:
    """Set (scale, shard) → when it is due next; None takes the row away."""
    for (scale_id, shard), due_ms in sorted(times.items()):
        if due_ms is None:
            connection.execute(delete(due).where(due.c.scale_id == scale_id))
            continue
        row = {"scale_id": scale_id, "shard": shard, "due_ms": due_ms, "leased_until_ms": 0}
        connection.execute(upsert(connection, due, row, {"due_ms": due_ms, "leased_until_ms": 0}))
