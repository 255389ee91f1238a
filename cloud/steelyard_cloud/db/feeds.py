"""Feeds: rows written in their cause's transaction and read afterwards by a cursor for each shard.

A feed's position is taken under the lock of its row, so positions of one feed and shard are committed in order and a
reader that has seen one has seen all before it; one serial over everything would let late commits be skipped.
Positions have no holes, and old entries go: whoever comes back late sees by that whether something is missing.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, delete, func, insert, or_, select, update

from steelyard_cloud.db import notices
from steelyard_cloud.db.schema import cursors, feed_entries, feeds
from steelyard_cloud.db.upsert import upsert

CHANGES = "changes"  # the registry's, read by ingest
OUTBOX = "outbox"  # ingest's, read by whatever informs people

KEPT = 10_000
"""So many entries of a feed are kept for each shard, and"""
KEPT_MS = 7 * 24 * 60 * 60 * 1000
"""none for longer than this once newer ones have come; what a reader in MUST_READ has not read stays in any case."""
MUST_READ = {CHANGES: "ingest"}
_EVERY, _AT_ONCE = 64, 1024  # every 64th entry deletes at most 1024 old ones


class Entry(NamedTuple):
    """One row of a feed."""

    shard: str
    position: int
    topic: str
    scale_id: int | None
    body: dict[str, Any]
    created_ms: int


def lock(connection: Connection, feed: str, shards: Iterable[str]) -> None:
    """Take the feed's locks before rows that others change and then report: all in one order, so none deadlocks."""
    here = and_(feeds.c.feed == feed, feeds.c.shard.in_(sorted(set(shards))))
    connection.execute(select(feeds.c.position).where(here).order_by(feeds.c.shard).with_for_update())


class New(NamedTuple):
    """What is added to a feed."""

    topic: str
    scale_id: int | None
    body: Mapping[str, Any]


def append(
    connection: Connection,
    feed: str,
    shard: str,
    topic: str,
    scale_id: int | None,
    body: Mapping[str, Any],
    now_ms: int,
) -> int:
    """Add an entry within the caller's transaction; returns its position."""
    return append_all(connection, feed, shard, [New(topic, scale_id, body)], now_ms)


def append_all(connection: Connection, feed: str, shard: str, new: Sequence[New], now_ms: int) -> int:
    """The same with one or more entries of a shard, for the cost of one; returns the position of the last."""
    here, moved_to = and_(feeds.c.feed == feed, feeds.c.shard == shard), feeds.c.position + len(new)
    moved = connection.execute(update(feeds).where(here).values(position=moved_to))
    if moved.rowcount == 0:
        first = {"feed": feed, "shard": shard, "position": len(new)}
        connection.execute(upsert(connection, feeds, first, {"position": moved_to}))
    head = int(connection.execute(select(feeds.c.position).where(here)).scalar_one())
    before = head - len(new)
    rows = [
        {**one._asdict(), "body": dict(one.body), "feed": feed, "shard": shard, "position": at, "created_ms": now_ms}
        for at, one in enumerate(new, before + 1)
    ]
    connection.execute(insert(feed_entries), rows)
    notices.announce(connection, feed)
    if head // _EVERY > before // _EVERY:
        _prune(connection, feed, shard, head, now_ms)
    return head


def _prune(connection: Connection, feed: str, shard: str, head: int, now_ms: int) -> None:
    entry = feed_entries.c
    here = and_(entry.feed == feed, entry.shard == shard)
    first = connection.execute(select(func.min(entry.position)).where(here)).scalar_one()
    some = and_(here, entry.position < first + _AT_ONCE)
    aged = connection.scalar(select(func.max(entry.position)).where(some, entry.created_ms <= now_ms - KEPT_MS)) or 0
    last = max(aged, head - KEPT)
    if reader := MUST_READ.get(feed):
        last = min(last, load_cursor(connection, reader, feed, [shard])[shard])
    connection.execute(delete(feed_entries).where(some, entry.position <= last))


def read(connection: Connection, feed: str, cursor: Mapping[str, int], limit: int = 500) -> list[Entry]:
    """The entries after the cursor, a position for each shard that is wanted; rising within a shard."""
    if not cursor:
        return []
    entry = feed_entries.c
    after = or_(*(and_(entry.shard == shard, entry.position > position) for shard, position in cursor.items()))
    rows = connection.execute(
        select(entry.shard, entry.position, entry.topic, entry.scale_id, entry.body, entry.created_ms)
        .where(entry.feed == feed, after)
        .order_by(entry.shard, entry.position)
        .limit(limit)
    )
    return [Entry(*row) for row in rows]


def heads(connection: Connection, feed: str, shards: Iterable[str]) -> dict[str, int]:
    """Where each shard's feed ends now: the cursor of somebody who wants only what comes."""
    rows = connection.execute(select(feeds.c.shard, feeds.c.position).where(feeds.c.feed == feed))
    ends: dict[str, int] = {row.shard: row.position for row in rows}
    return {shard: ends.get(shard, 0) for shard in shards}


def holds(connection: Connection, feed: str, cursor: Mapping[str, int], until: Mapping[str, int]) -> bool:
    """Whether all after `cursor` up to `until` is still there; what is beyond `until` is no cursor of this feed."""
    if any(position > until.get(shard, 0) for shard, position in cursor.items()):
        return False
    behind = [(shard, cursor.get(shard, 0)) for shard, last in until.items() if last > cursor.get(shard, 0)]
    if not behind:
        return True
    entry = feed_entries.c
    next_ones = or_(*(and_(entry.shard == shard, entry.position == position + 1) for shard, position in behind))
    counted = select(func.count()).where(entry.feed == feed, next_ones)
    return connection.execute(counted).scalar_one() == len(behind)


def load_cursor(connection: Connection, consumer: str, feed: str, shards: Iterable[str]) -> dict[str, int]:
    """Where the consumer stopped reading, 0 for shards it never read."""
    rows = connection.execute(
        select(cursors.c.shard, cursors.c.position).where(cursors.c.consumer == consumer, cursors.c.feed == feed)
    )
    known: dict[str, int] = {row.shard: row.position for row in rows}
    return {shard: known.get(shard, 0) for shard in shards}


def save_cursor(connection: Connection, consumer: str, feed: str, moved: Mapping[str, int]) -> None:
    """Remember how far the consumer has read."""
    for shard, position in moved.items():
        row = {"consumer": consumer, "feed": feed, "shard": shard, "position": position}
        connection.execute(upsert(connection, cursors, row, {"position": position}))
