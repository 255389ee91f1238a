"""What the platform has asked of scales."""

from sqlalchemy import BigInteger, Column, LargeBinary, SmallInteger, Table, UniqueConstraint

from steelyard_cloud.db.schema._columns import key, metadata, reference, unix_ms

asks = Table(
    "asks",
    metadata,
    key(),
    reference("scale_id", "scales", index=True),
    reference("identity_id", "identities"),
    Column("number", BigInteger, nullable=False),
    Column("what", SmallInteger, nullable=False),
    Column("value", BigInteger),
    Column("nonce", LargeBinary(16)),
    Column("answer", LargeBinary(150)),  # the fresh code with that nonce
    unix_ms("recorded_ms"),
    unix_ms("sent_ms", nullable=True),
    unix_ms("answered_ms", nullable=True),
    UniqueConstraint("identity_id", "number"),
)
