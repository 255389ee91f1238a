"""Software for the slots of scales, and which scale was sent it."""

from sqlalchemy import BigInteger, Column, LargeBinary, String, Table, UniqueConstraint

from steelyard_cloud.db.schema._columns import key, metadata, reference, unix_ms

software_images = Table(
    "software_images",
    metadata,
    key(),
    reference("scale_type_id", "scale_types", index=True),
    Column("hardware", String(32), nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("version", String(16), nullable=False),
    Column("software_hash", LargeBinary(32), nullable=False),
    Column("image_hash", LargeBinary(32), nullable=False),
    Column("manifest", LargeBinary, nullable=False),
    Column("image", LargeBinary, nullable=False),
    unix_ms("recorded_ms"),
    UniqueConstraint("scale_type_id", "image_hash"),
)

updates = Table(
    "updates",
    metadata,
    key(),
    reference("scale_id", "scales", index=True),
    reference("identity_id", "identities", index=True),
    reference("image_id", "software_images"),
    Column("key_set", LargeBinary, nullable=False),  # goes before the manifest: it names the manufacturer's key
    unix_ms("recorded_ms"),
    unix_ms("sent_ms", nullable=True),
)
