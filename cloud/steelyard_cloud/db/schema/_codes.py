"""Codes on the display: what was seen of fresh codes, and what was asked for check codes."""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, LargeBinary, Table, UniqueConstraint

from steelyard_cloud.db.schema._columns import Big, key, metadata, reference, unix_ms

fresh_codes = Table(  # authentic ones alone, the newest of each identity
    "fresh_codes",
    metadata,
    Column("identity_id", Big, ForeignKey("identities.id"), primary_key=True),
    Column("hash", LargeBinary(16), primary_key=True),  # of what was signed
    Column("number", BigInteger, nullable=False),  # of the scale's newest statement then
    Column("signed_s", BigInteger, nullable=False),  # 0 without a clock
    unix_ms("first_ms"),
)

check_questions = Table(  # those of the last hour
    "check_questions",
    metadata,
    key(),
    reference("scale_id", "scales", index=True),
    Column("question", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    unix_ms("asked_ms"),
    UniqueConstraint("scale_id", "question"),
)
