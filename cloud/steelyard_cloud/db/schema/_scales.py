"""The registry: types, factory orders, scales with their keys, verifications and permits."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    false,
    text,
)

from steelyard_cloud.db.schema._columns import key, metadata, reference, unix_ms

scale_types = Table(
    "scale_types",
    metadata,
    key(),
    reference("organisation_id", "organisations", index=True),
    Column("maker", String(32), nullable=False),
    Column("model", String(32), nullable=False),
    Column("type_approval", String(40), nullable=False),
    Column("parameters", JSON, nullable=False),  # default type-specific parameters, {"1": 15000000, …}
    Column("longest_validity_days", Integer, nullable=False),  # of a verification
    Column("stage", String(20), nullable=False, server_default="in force"),  # scales.life.table
    Column("life_version", Integer, nullable=False, server_default="0"),  # rises with every step
    Column("envelope", JSON, nullable=True),  # scales.types.envelope; null: nothing beyond the software is fixed
    unix_ms("created_ms"),
    UniqueConstraint("maker", "model"),
)

approved_software = Table(
    "approved_software",
    metadata,
    key(),
    reference("scale_type_id", "scale_types", index=True),
    Column("software_hash", LargeBinary(32), nullable=False),
    Column("name", String(32), nullable=False),
    Column("version", String(16), nullable=False),
    Column("stage", String(20), nullable=False, server_default="approved"),  # scales.life.table
    Column("life_version", Integer, nullable=False, server_default="0"),
    unix_ms("recorded_ms"),
    UniqueConstraint("scale_type_id", "software_hash"),
)

factory_orders = Table(
    "factory_orders",
    metadata,
    key(),
    Column("number", String(40), nullable=False, unique=True),
    reference("organisation_id", "organisations", index=True),
    reference("scale_type_id", "scale_types"),
    Column("quantity", Integer, nullable=False),
    Column("used", Integer, nullable=False),
    Column("division_code", String(12), nullable=False),
    unix_ms("created_ms"),
    CheckConstraint("used >= 0 AND used <= quantity", name="used"),
)

scales = Table(
    "scales",
    metadata,
    key(),
    Column("public_code", String(16), nullable=False, unique=True),  # the text of its first identity
    Column("shard", String(1), nullable=False, index=True),  # that of the public code: its owner judges the scale
    Column("maker", String(32), nullable=False),
    Column("model", String(32), nullable=False),
    Column("serial_number", String(32), nullable=False),
    Column("production_code", String(32), nullable=False),
    reference("scale_type_id", "scale_types", index=True),
    reference("factory_order_id", "factory_orders", nullable=True),
    reference("organisation_id", "organisations", index=True),
    Column("division_code", String(12), nullable=False, index=True),
    Column("place", String(120), nullable=False),
    reference("owner_id", "organisations", nullable=True, index=True),  # null: its maker has it still
    Column("life_stage", String(24), nullable=False),  # scales.life.table: its life, not a finding
    Column("life_version", Integer, nullable=False, server_default="0"),  # rises with every step
    Column("returns_to", String(24), nullable=True),  # the stage after use is allowed again
    Column("reading_key", String(400), nullable=True),  # scales.reading; null for one that was there twice
    Column("period_s", Integer, nullable=False),  # registered: how often it has to report
    unix_ms("enrolled_ms"),
    Column("production_code_shared", Boolean, nullable=False, server_default=false()),  # before codes were unique
    UniqueConstraint("maker", "model", "serial_number"),
)
_OWN_CODE = text("NOT production_code_shared")
Index(
    None,
    scales.c.maker,
    scales.c.production_code,
    unique=True,
    sqlite_where=_OWN_CODE,
    postgresql_where=_OWN_CODE,
)

Index(None, scales.c.reading_key, unique=True)

identities = Table(
    "identities",
    metadata,
    key(),
    reference("scale_id", "scales", index=True),
    Column("kid", LargeBinary(10), nullable=False, unique=True),
    Column("text", String(16), nullable=False, unique=True),
    Column("shard", String(1), nullable=False, index=True),
    Column("thumbprint", LargeBinary(32), nullable=False, unique=True),
    Column("public_key", LargeBinary(65), nullable=False),
    Column("agreement_key", LargeBinary(65), nullable=False),
    Column("key_store_class", SmallInteger, nullable=False),
    Column("enrolment", LargeBinary, nullable=False),  # statement 1, byte for byte
    Column("active", Boolean, nullable=False),
    unix_ms("enrolled_ms"),
)

verifications = Table(  # each fixes a baseline at a named statement
    "verifications",
    metadata,
    key(),
    reference("scale_id", "scales", index=True),
    reference("identity_id", "identities"),
    Column("number", BigInteger, nullable=False),  # the boot or parameters statement that it names, by its hash
    Column("hash", LargeBinary(32), nullable=True),  # null only where an old row's statement was not stored
    Column("start_hash", LargeBinary(32), nullable=True),  # the boot statement of the start that it was made in
    Column("kind", String(12), nullable=False),  # initial, subsequent
    Column("valid_until", Date, nullable=False),
    unix_ms("expires_ms"),  # the end of that day where the platform is
    Column("seal", String(40), nullable=False),
    reference("sheet_id", "sheets", nullable=True),  # null before sheets were asked for
    reference("organisation_id", "organisations"),
    Column("division_code", String(12), nullable=False),
    unix_ms("recorded_ms"),
    Column("settled", BigInteger, nullable=False),  # so many statements of the key were stored then
    UniqueConstraint("identity_id", "number", "kind"),
)

decisions = Table(  # a regulator's public decisions: gaps and contradictions before the named statement are settled
    "decisions",
    metadata,
    key(),
    reference("scale_id", "scales", index=True),
    reference("identity_id", "identities"),
    Column("number", BigInteger, nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    Column("reason", String(500), nullable=False),
    reference("organisation_id", "organisations"),
    Column("division_code", String(12), nullable=False),
    unix_ms("recorded_ms"),
    Column("settled", BigInteger, nullable=False),  # so many statements of the key were stored then
    UniqueConstraint("identity_id", "hash"),
)

permits = Table(  # recorded before it is sent
    "permits",
    metadata,
    key(),
    reference("scale_id", "scales", index=True),
    reference("identity_id", "identities"),
    Column("permit_hash", LargeBinary(32), nullable=False, unique=True),
    Column("what", SmallInteger, nullable=False),
    Column("order_number", BigInteger, nullable=False),
    Column("by_number", BigInteger, nullable=False),
    Column("not_before_s", BigInteger, nullable=False),
    Column("not_after_s", BigInteger, nullable=False),
    Column("calibration_counter", Integer, nullable=False),
    Column("configuration_counter", Integer, nullable=False),
    Column("locked_at", BigInteger, nullable=True),
    Column("fields", JSON, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    reference("organisation_id", "organisations"),
    Column("division_code", String(12), nullable=False),
    unix_ms("recorded_ms"),
    unix_ms("sent_ms", nullable=True),
    UniqueConstraint("identity_id", "order_number"),
)
