"""Feeds, cursors and timers: what happens after a commit."""

from sqlalchemy import JSON, BigInteger, Column, Index, Integer, String, Table

from steelyard_cloud.db.schema._columns import metadata, unix_ms

feeds = Table(  # the row lock on it makes positions of a feed and shard commit in order
    "feeds",
    metadata,
    Column("feed", String(10), primary_key=True),  # outbox (written by ingest), changes (written by the registry)
    Column("shard", String(1), primary_key=True),
    Column("position", BigInteger, nullable=False),
)

feed_entries = Table(
    "feed_entries",
    metadata,
    Column("feed", String(10), primary_key=True),
    Column("shard", String(1), primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("topic", String(20), nullable=False),
    Column("scale_id", BigInteger, nullable=True),
    Column("body", JSON, nullable=False),
    unix_ms("created_ms"),
)

cursors = Table(
    "cursors",
    metadata,
    Column("consumer", String(40), primary_key=True),
    Column("feed", String(10), primary_key=True),
    Column("shard", String(1), primary_key=True),
    Column("position", BigInteger, nullable=False),
)

due = Table(  # when a scale has to be judged again although nothing arrived
    "due",
    metadata,
    Column("scale_id", BigInteger, primary_key=True, autoincrement=False),
    Column("shard", String(1), nullable=False),
    unix_ms("due_ms"),
    unix_ms("leased_until_ms"),
    Column("identity_id", BigInteger),  # nothing but the silence of this one is awaited; else the scale is judged
    Column("patience_ms", BigInteger),  # how long it may be quiet
    Index(None, "shard", "due_ms"),
)

clocks = Table(  # the latest time that the owner of a shard has committed at
    "clocks",
    metadata,
    Column("shard", String(1), primary_key=True),
    unix_ms("latest_ms"),
    Column("set_backs", Integer, nullable=False),  # how many there were
)

set_backs = Table(  # when the platform's clock was set back: nothing committed before is dated later
    "set_backs",
    metadata,
    Column("shard", String(1), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),  # rising by one in each shard
    unix_ms("from_ms"),
    unix_ms("to_ms"),
)
