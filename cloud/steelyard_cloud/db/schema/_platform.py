"""Whose database this is, and that ingest works."""

from sqlalchemy import BigInteger, CheckConstraint, Column, LargeBinary, SmallInteger, String, Table

from steelyard_cloud.db.schema._columns import metadata, unix_ms

platform = Table(  # one row
    "platform",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("root", LargeBinary(32), nullable=False),  # thumbprint of the root key that all scales here trust
    unix_ms("recorded_ms"),
    CheckConstraint("id = 1", name="one"),
)

heartbeats = Table(  # the worker of each shard counts up while it commits
    "heartbeats",
    metadata,
    Column("shard", String(1), primary_key=True),
    Column("beat", BigInteger, nullable=False),
    Column("at_ms", BigInteger, nullable=False),  # by the database's own clock
)
