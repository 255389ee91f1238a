"""Who uses the platform: organisations, users, sessions, tokens, and the log of what they did."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    false,
)

from steelyard_cloud.db.schema._columns import Big, key, metadata, reference, unix_ms

organisations = Table(
    "organisations",
    metadata,
    key(),
    Column("name", String(120), nullable=False),
    Column("kind", String(20), nullable=False),  # `people.roles.KINDS`
    Column(
        "division_code", String(12), nullable=False, index=True
    ),  # its seat; `organisation_divisions`: what it covers
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
    Column("manages", Boolean, nullable=False, server_default=false()),  # its organisation's people and tokens
    Column("language", String(10), nullable=True),
    Column("active", Boolean, nullable=False),
    unix_ms("created_ms"),
    Column("login", String(60), nullable=True, index=True, unique=True),  # with a password; folded
    Column("password", String(200), nullable=True),  # argon2id
    Column("totp_secret", String(40), nullable=True),  # base32
    Column("totp_step", Big, nullable=False, server_default="0"),  # the newest that was used, which is not used again
    Column("failures", Integer, nullable=False, server_default="0"),  # since a password was right
    unix_ms("failed_ms", nullable=True),
)

passkeys = Table(
    "passkeys",
    metadata,
    key(),
    reference("user_id", "users", index=True),
    Column("credential_id", LargeBinary(1023), nullable=False, unique=True),
    Column("public_key", LargeBinary(2000), nullable=False),
    Column("sign_count", Big, nullable=False),
    Column("name", String(60), nullable=False),
    unix_ms("created_ms"),
    unix_ms("used_ms", nullable=True),
)

passkey_challenges = Table(  # each is answered once, within minutes
    "passkey_challenges",
    metadata,
    Column("challenge", LargeBinary(64), primary_key=True),
    reference("user_id", "users", nullable=True),  # who adds a passkey; none who signs in
    Column("expires_ms", BigInteger, nullable=False, index=True),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),  # of the part of the cookie that stays
    reference("user_id", "users", index=True),
    Column("turn_hash", LargeBinary(32), nullable=False),  # of the part that is replaced while the session lasts
    Column("turn_before_hash", LargeBinary(32), nullable=True),
    unix_ms("turned_ms"),
    Column("setting_up", Boolean, nullable=False),  # opens nothing but the pages where a way to sign in is set up
    unix_ms("created_ms"),
    unix_ms("expires_ms"),
)

sign_in_links = Table(
    "sign_in_links",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    reference("user_id", "users"),
    Column("purpose", String(10), nullable=False),  # invite, recover, open
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
    Column("scope", JSON, nullable=True),  # names of `people.roles.SCOPES`; none: all that the role may do
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
    Index(None, "actor", "id"),
    Index(None, "organisation_id", "id"),
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
