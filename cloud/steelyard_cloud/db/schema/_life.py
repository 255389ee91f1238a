"""A scale's life: every step that was taken, sheets, reference masses, moves, codes, certificates."""

from sqlalchemy import JSON, Boolean, Column, Date, ForeignKey, Index, LargeBinary, String, Table, UniqueConstraint

from steelyard_cloud.db.schema._columns import Big, key, metadata, reference, unix_ms

life_steps = Table(  # of scales, types and software: written with the stage, never changed
    "life_steps",
    metadata,
    key(),
    Column("kind", String(10), nullable=False),  # scale, type, software
    Column("object_id", Big, nullable=False),
    Column("step", String(40), nullable=False),
    Column("from_stage", String(24), nullable=True),  # null: there was nothing before
    Column("to_stage", String(24), nullable=False),
    Column("actor", String(80), nullable=False),
    Column("organisation_id", Big, nullable=True),
    Column("division_code", String(12), nullable=True),
    Column("reason", String(500), nullable=False),
    Column("evidence", JSON, nullable=False),
    unix_ms("at_ms"),
    Index(None, "kind", "object_id", "id"),
)

sheets = Table(  # of verifications, as they were sent and judged
    "sheets",
    metadata,
    key(),
    reference("scale_id", "scales", index=True),
    reference("organisation_id", "organisations"),
    Column("hash", LargeBinary(32), nullable=False),  # SHA-256 over `raw`
    Column("raw", LargeBinary, nullable=False),  # JSON
    Column("tested_on", Date, nullable=True),
    Column("passed", Boolean, nullable=False),
    unix_ms("recorded_ms"),
)

reference_masses = Table(  # an institution's sets, each with the days on which its certificate holds
    "reference_masses",
    metadata,
    key(),
    reference("organisation_id", "organisations", index=True),
    Column("number", String(40), nullable=False),
    Column("mass_class", String(4), nullable=False),  # OIML R 111: E1 to M3
    Column("certificate", String(60), nullable=False),
    Column("from_day", Date, nullable=False),
    Column("until_day", Date, nullable=False),
    unix_ms("recorded_ms"),
    UniqueConstraint("organisation_id", "number", "certificate"),
)

moves = Table(  # asked for by the owner, decided by the new division, whose code the row carries
    "moves",
    metadata,
    key(),
    reference("scale_id", "scales", index=True),
    reference("organisation_id", "organisations"),  # who asked
    Column("division_code", String(12), nullable=False, index=True),
    Column("place", String(120), nullable=False),
    reference("new_owner_id", "organisations", nullable=True),  # null: it stays whose it is
    Column("status", String(10), nullable=False),  # asked, accepted, refused
    unix_ms("asked_ms"),
    unix_ms("decided_ms", nullable=True),
)

scale_codes = Table(  # codes of other schemes on a scale's plate
    "scale_codes",
    metadata,
    key(),
    reference("scale_id", "scales", index=True),
    Column("scheme", String(20), nullable=False),
    Column("code", String(200), nullable=False),  # as it was given
    Column("read_as", String(200), nullable=False),  # as it is compared
    UniqueConstraint("read_as"),
)

certificates = Table(  # of verifications, as the authority signed them
    "certificates",
    metadata,
    Column("verification_id", Big, ForeignKey("verifications.id"), primary_key=True),
    Column("raw", LargeBinary, nullable=False),
)
