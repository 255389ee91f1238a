"""The evidence and what follows from it: statements, summaries, standings, and the quarantine."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    text,
)
from steelyard_protocol.bodies import Kind

from steelyard_cloud.db.schema._columns import key, metadata, unix_ms

EVIDENCE_PARTITIONS = 32

# No foreign keys here: the writer resolves the key before every statement, and evidence must outlive the registry.
statements = Table(
    "statements",
    metadata,
    Column("scale_id", BigInteger, primary_key=True, autoincrement=False),
    Column("identity_id", BigInteger, primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary(32), primary_key=True),  # over the whole statement, signature included
    Column(
        "content_hash", LargeBinary(32), nullable=False
    ),  # over what is signed: a fork differs, a re-signed copy does not
    Column("kind", BigInteger, nullable=False),
    Column("measured_s", BigInteger, nullable=True),  # null where the scale had no clock
    unix_ms("received_ms"),
    Column("set_backs", Integer, nullable=False),  # how many there were of its shard's clock when it was committed
    Column("arrival", BigInteger, nullable=False),  # which of its key it was, from 1; 0 for one of an older version
    Column("authentic_by", SmallInteger, nullable=False),  # 1 signature, 2 link, 3 link although its signature is bad
    Column("raw", LargeBinary, nullable=False),
    Column("event", SmallInteger, nullable=True),  # EventKind of an event that this program knows
    sqlite_with_rowid=False,
    postgresql_partition_by="HASH (scale_id)",
)

NOT_SNAPSHOT = text(f"kind <> {int(Kind.SNAPSHOT)}")
"""All but snapshots: a query for one of the few among the many repeats this word for word, and the index serves it."""
Index(
    None,
    statements.c.scale_id,
    statements.c.identity_id,
    statements.c.kind,
    statements.c.number,
    sqlite_where=NOT_SNAPSHOT,
    postgresql_where=NOT_SNAPSHOT,
)

copies = Table(  # the contents of those few numbers under which more than one statement is stored, with their links
    "copies",
    metadata,
    Column("identity_id", BigInteger, primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("content_hash", LargeBinary(32), primary_key=True),
    Column("link", LargeBinary(16), nullable=False),
    Index(None, "identity_id", "number", "link"),
    sqlite_with_rowid=False,
)

_AN_EVENT = text("event IS NOT NULL")
Index(  # the newest events of a kind, however many of other kinds came since
    None,
    statements.c.scale_id,
    statements.c.identity_id,
    statements.c.event,
    statements.c.number,
    sqlite_where=_AN_EVENT,
    postgresql_where=_AN_EVENT,
)

summaries = Table(  # the bounded state of one identity's chain, as a function of its stored statements
    "summaries",
    metadata,
    Column("identity_id", BigInteger, primary_key=True, autoincrement=False),
    Column("scale_id", BigInteger, nullable=False, index=True),
    Column("shard", String(1), nullable=False, index=True),
    Column("version", BigInteger, nullable=False),  # a receiver with a stale copy loses and reads again
    Column("summary", LargeBinary, nullable=False),
    Column("head", BigInteger, nullable=False),  # highest number stored
    Column("stored", BigInteger, nullable=False),  # statements stored, copies included
    # Highest number that a receipt was made for; whether the scale has it is not on the wire.
    Column("receipt_sent", BigInteger, nullable=False),
    unix_ms("received_ms"),  # commit time of the newest statement
    unix_ms("dated_ms", nullable=True),  # date of the newest statement that has one of its own
    unix_ms("undated_ms", nullable=True),  # commit time of the first one after it
)

standings = Table(  # what judging a scale gave last: the lists and pages read it
    "standings",
    metadata,
    Column("scale_id", BigInteger, primary_key=True, autoincrement=False),
    Column("shard", String(1), nullable=False),
    Column("standing", JSON, nullable=False),
    Column("gaps", Integer, nullable=False),  # numbers missing past their grace
    Column("forks", Integer, nullable=False),
    unix_ms("judged_ms"),
)

quarantine = Table(  # what could not be authenticated, bounded in rows and bytes for each topic and each shard
    "quarantine",
    metadata,
    key(),
    Column("shard", String(1), nullable=False, index=True),
    Column("topic", String(80), nullable=False, index=True),
    Column("kid", LargeBinary(10), nullable=True),
    Column("reason", String(30), nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    Column("raw", LargeBinary, nullable=False),
    unix_ms("received_ms"),
    UniqueConstraint("topic", "hash"),
)

quarantine_counts = Table(
    "quarantine_counts",
    metadata,
    Column("shard", String(1), primary_key=True),
    Column("reason", String(30), primary_key=True),
    Column("count", BigInteger, nullable=False),
)

quarantine_sizes = Table(  # what the quarantine of a shard holds now
    "quarantine_sizes",
    metadata,
    Column("shard", String(1), primary_key=True),
    Column("rows", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
)
