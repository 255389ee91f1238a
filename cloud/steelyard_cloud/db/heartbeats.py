"""Heartbeats of ingest: the worker of each shard counts up while it commits, and whoever asks sees whether it goes on.

Nobody compares wall clocks. A beat counts while it moves, by the reader's own monotonic clock; its age by the
database's clock only shows a reader that has just started what it missed.
"""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Connection, cast, func, select

from steelyard_cloud.db.schema import heartbeats
from steelyard_cloud.db.upsert import upsert

PROBE = "*"
"""The row by which `store` tries whether the database can store anything."""


class Beat(NamedTuple):
    """How far a worker has counted, and how long ago by the database's clock, in milliseconds."""

    counted: int
    age_ms: int


def beat(connection: Connection, shards: Iterable[str]) -> None:
    """Count up for these shards."""
    at_ms = connection.scalar(select(_now_ms(connection)))
    rows = [{"shard": shard, "beat": 1, "at_ms": at_ms} for shard in sorted(shards)]
    connection.execute(upsert(connection, heartbeats, rows, {"beat": heartbeats.c.beat + 1, "at_ms": at_ms}))


def store(connection: Connection) -> None:
    """Store something: what fails where the database is full."""
    beat(connection, PROBE)


def read(connection: Connection) -> dict[str, Beat]:
    """The beat of each shard that ever had a worker."""
    age = _now_ms(connection) - heartbeats.c.at_ms
    rows = connection.execute(select(heartbeats.c.shard, heartbeats.c.beat, age).where(heartbeats.c.shard != PROBE))
    return {shard: Beat(counted, age_ms) for shard, counted, age_ms in rows}


def _now_ms(connection: Connection) -> ColumnElement[int]:
    if connection.dialect.name == "postgresql":
        return cast(func.extract("epoch", func.clock_timestamp()) * 1000, BigInteger)
    return cast((func.julianday("now") - 2440587.5) * 86_400_000, BigInteger)
