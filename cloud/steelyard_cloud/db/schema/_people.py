"""Who uses the platform: organisations, users, sessions, tokens, and the log of what they did."""

from sqlalchemy import JSON, Boolean, Column, Index, LargeBinary, SmallInteger, String, Table, UniqueConstraint

from steelyard_cloud.db.schema._columns import Big, key, metadata, reference, unix_ms

organisations = Table(
    "organisations",
    metadata,
    key(),
    Column("name", String(120), nullable=False),
    Column("kind", String(20), nullable=False),  # platform, manufacturer, verification, regulator, operator, repair
    Column("division_code", String(12), nullable=False, index=True),  # a prefix names a region and all below it
    unix_ms("created_ms"),
    UniqueConstraint("name", "kind"),
)

users = Table(
    "users",
    metadata,
    key(),
    reference("organisation_id", "organisations", index=True),
    Column("name", String(120), nullable=False),
    Column("role", String(20), nullable=False),
    Column("language", String(10), nullable=True),
    Column("active", Boolean, nullable=False),
    unix_ms("created_ms"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    reference("user_id", "users", index=True),
    Column("csrf_hash", LargeBinary(32), nullable=False),
    unix_ms("created_ms"),
    unix_ms("expires_ms"),
)

sign_in_links = Table(
    "sign_in_links",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    reference("user_id", "users"),
    unix_ms("expires_ms"),
    unix_ms("used_ms", nullable=True),
)

tokens = Table(
    "tokens",
    metadata,
    key(),
    Column("token_hash", LargeBinary(32), nullable=False, unique=True),
    Column("name", String(120), nullable=False),
    Column("role", String(20), nullable=False),
    reference("organisation_id", "organisations", index=True),
    unix_ms("created_ms"),
    unix_ms("expires_ms", nullable=True),
    unix_ms("revoked_ms", nullable=True),
)

audit_log = Table(  # append-only: triggers refuse UPDATE and DELETE
    "audit_log",
    metadata,
    key(),
    unix_ms("at_ms"),
    Column("actor", String(80), nullable=False),  # user:7, token:3, process:ingest
    Column("action", String(60), nullable=False),
    Column("object", String(80), nullable=False),  # scale:12, alert:5
    Column("organisation_id", Big, nullable=True),
    Column("division_code", String(12), nullable=True),
    Column("details", JSON, nullable=False),
    Index(None, "object", "id"),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("actor", String(80), primary_key=True),
    Column("key", String(80), primary_key=True),
    Column("request_hash", LargeBinary(32), nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("response", JSON, nullable=False),
    unix_ms("created_ms"),
)
