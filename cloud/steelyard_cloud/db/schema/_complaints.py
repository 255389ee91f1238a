"""Complaints of consumers."""

from sqlalchemy import Column, Index, LargeBinary, String, Table

from steelyard_cloud.db.schema._columns import Big, key, metadata, reference, unix_ms

complaints = Table(  # of consumers, who say nothing of themselves
    "complaints",
    metadata,
    key(),
    Column("reference", String(8), nullable=False, unique=True),  # by which the consumer can ask for it
    Column("public_code", String(16), nullable=False, index=True),
    reference("scale_id", "scales", nullable=True, index=True),  # null for a code that is not on record
    Column("place", String(120), nullable=False),
    Column("bought", String(120), nullable=False),
    Column("weighed", String(40), nullable=False),
    Column("paid", String(40), nullable=False),
    Column("words", String(500), nullable=False),
    Column("photo", LargeBinary, nullable=True),  # JPEG without what the camera wrote beside the picture
    Column("status", String(10), nullable=False),  # open, closed
    Column("answer", String(500), nullable=True),
    unix_ms("received_ms"),
    unix_ms("closed_ms", nullable=True),
    Column("organisation_id", Big, nullable=True),
    Column("division_code", String(12), nullable=False, index=True),  # empty where no scale says it: the whole country
    Index(None, "received_ms"),
)
