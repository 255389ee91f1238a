"""Feeds: what happens after a commit, written in its cause's transaction.

A feed is numbered per shard. Taking the next position locks the feed's row until the commit, so positions become
visible in order and a reader with a cursor per shard misses nothing. `outbox` is what the world is told, `changes` what
the registry tells the owner of a shard.
"""

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from steelyard_cloud.store.schema import feed_entries, feeds

OUTBOX = "outbox"
CHANGES = "changes"


class Entry(NamedTuple):
    """One entry to be appended: its topic, the scale that it concerns, its body."""

    topic: str
    scale_id: int | None
    body: Mapping[str, Any]


class Position(NamedTuple):
    """One entry that was read, with its place in the feed."""

    shard: str
    position: int
    topic: str
    scale_id: int | None
    body: dict[str, Any]


def extend(connection: Connection, feed: str, shard: str, entries: Sequence[Entry], now_ms: int) -> int:
    """Append entries to a shard's feed and give the last position; positions are consecutive."""
    if not entries:
        return head(connection, feed, shard)
    step = update(feeds).where(feeds.c.feed == feed, feeds.c.shard == shard)
    step = step.values(position=feeds.c.position + len(entries)).returning(feeds.c.position)
    last = connection.scalar(step)
    if last is None:
        # Two writers may find the row missing at once: the savepoint lets the second one take the first one's row.
        with contextlib.suppress(IntegrityError), connection.begin_nested():
            connection.execute(insert(feeds).values(feed=feed, shard=shard, position=0))
        last = connection.execute(step).scalar_one()
    first = last - len(entries) + 1
    connection.execute(
        insert(feed_entries),
        [
            {
                "feed": feed,
                "shard": shard,
                "position": first + index,
                "topic": entry.topic,
                "scale_id": entry.scale_id,
                "body": dict(entry.body),
                "created_ms": now_ms,
            }
            for index, entry in enumerate(entries)
        ],
    )
    return int(last)


def append(
    connection: Connection,
    feed: str,
    shard: str,
    topic: str,
    scale_id: int | None,
    body: Mapping[str, Any],
    now_ms: int,
) -> int:
    """Append one entry and give its position."""
    return extend(connection, feed, shard, [Entry(topic, scale_id, body)], now_ms)


def head(connection: Connection, feed: str, shard: str) -> int:
    """The last position of a shard's feed; 0 where nothing was ever written."""
    query = select(feeds.c.position).where(feeds.c.feed == feed, feeds.c.shard == shard)
    return int(connection.scalar(query) or 0)


def heads(connection: Connection, feed: str) -> dict[str, int]:
    """The last position of every shard that has one."""
    rows = connection.execute(select(feeds.c.shard, feeds.c.position).where(feeds.c.feed == feed))
    return {row.shard: row.position for row in rows}


def read(connection: Connection, feed: str, shard: str, after: int, limit: int) -> list[Position]:
    """Up to `limit` entries of a shard's feed behind position `after`, in order."""
    query = (
        select(feed_entries)
        .where(feed_entries.c.feed == feed, feed_entries.c.shard == shard, feed_entries.c.position > after)
        .order_by(feed_entries.c.position)
        .limit(limit)
    )
    return [Position(row.shard, row.position, row.topic, row.scale_id, row.body) for row in connection.execute(query)]
