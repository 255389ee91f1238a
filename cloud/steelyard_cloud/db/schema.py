"""Every table of the cloud, as SQLAlchemy Core.

Times are UTC integers with their unit in the name: `_ms` is the platform's clock in Unix milliseconds, `_s` is what a
scale signed, in Unix seconds; measured and received time are never mixed. What people read carries an organisation
and an administrative division code, so that one scoping function can narrow every query.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    text,
)
from steelyard_protocol.bodies import Kind

EVIDENCE_PARTITIONS = 32

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite gives automatic keys to INTEGER PRIMARY KEY alone.
Big = BigInteger().with_variant(Integer(), "sqlite")


def _key() -> Column[int]:
    return Column("id", Big, primary_key=True, autoincrement=True)


def _ref(name: str, target: str, *, nullable: bool = False, index: bool = False) -> Column[int]:
    return Column(name, Big, ForeignKey(f"{target}.id"), nullable=nullable, index=index)


def _ms(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


# ---- people and access ---------------------------------------------------------------------------------------------

organisations = Table(
    "organisations",
    metadata,
    _key(),
    Column("name", String(120), nullable=False),
    Column("kind", String(20), nullable=False),  # platform, manufacturer, verification, regulator, operator, repair
    Column("division_code", String(12), nullable=False, index=True),  # a prefix names a region and all below it
    _ms("created_ms"),
    UniqueConstraint("name", "kind"),
)

users = Table(
    "users",
    metadata,
    _key(),
    _ref("organisation_id", "organisations", index=True),
    Column("name", String(120), nullable=False),
    Column("role", String(20), nullable=False),
    Column("language", String(10), nullable=True),
    Column("active", Boolean, nullable=False),
    _ms("created_ms"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    _ref("user_id", "users", index=True),
    Column("csrf_hash", LargeBinary(32), nullable=False),
    _ms("created_ms"),
    _ms("expires_ms"),
)

sign_in_links = Table(
    "sign_in_links",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    _ref("user_id", "users"),
    _ms("expires_ms"),
    _ms("used_ms", nullable=True),
)

tokens = Table(
    "tokens",
    metadata,
    _key(),
    Column("token_hash", LargeBinary(32), nullable=False, unique=True),
    Column("name", String(120), nullable=False),
    Column("role", String(20), nullable=False),
    _ref("organisation_id", "organisations", index=True),
    _ms("created_ms"),
    _ms("expires_ms", nullable=True),
    _ms("revoked_ms", nullable=True),
)

audit_log = Table(  # append-only: triggers refuse UPDATE and DELETE
    "audit_log",
    metadata,
    _key(),
    _ms("at_ms"),
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
    _ms("created_ms"),
)

# ---- registry ------------------------------------------------------------------------------------------------------

scale_types = Table(
    "scale_types",
    metadata,
    _key(),
    _ref("organisation_id", "organisations", index=True),
    Column("maker", String(32), nullable=False),
    Column("model", String(32), nullable=False),
    Column("type_approval", String(40), nullable=False),
    Column("parameters", JSON, nullable=False),  # default type-specific parameters, {"1": 15000000, …}
    _ms("created_ms"),
    UniqueConstraint("maker", "model"),
)

approved_software = Table(
    "approved_software",
    metadata,
    _key(),
    _ref("scale_type_id", "scale_types", index=True),
    Column("software_hash", LargeBinary(32), nullable=False),
    Column("name", String(32), nullable=False),
    Column("version", String(16), nullable=False),
    _ms("recorded_ms"),
    UniqueConstraint("scale_type_id", "software_hash"),
)

factory_orders = Table(
    "factory_orders",
    metadata,
    _key(),
    Column("number", String(40), nullable=False, unique=True),
    _ref("organisation_id", "organisations", index=True),
    _ref("scale_type_id", "scale_types"),
    Column("quantity", Integer, nullable=False),
    Column("used", Integer, nullable=False),
    Column("division_code", String(12), nullable=False),
    _ms("created_ms"),
    CheckConstraint("used >= 0 AND used <= quantity", name="used"),
)

scales = Table(
    "scales",
    metadata,
    _key(),
    Column("public_code", String(16), nullable=False, unique=True),  # the text of its first identity
    Column("shard", String(1), nullable=False, index=True),  # that of the public code: its owner judges the scale
    Column("maker", String(32), nullable=False),
    Column("model", String(32), nullable=False),
    Column("serial_number", String(32), nullable=False),
    Column("production_code", String(32), nullable=False),
    _ref("scale_type_id", "scale_types", index=True),
    _ref("factory_order_id", "factory_orders", nullable=True),
    _ref("organisation_id", "organisations", index=True),
    Column("division_code", String(12), nullable=False, index=True),
    Column("place", String(120), nullable=False),
    Column("state", String(20), nullable=False),  # produced, verified, in repair, retired: its life, not a finding
    _ms("enrolled_ms"),
    UniqueConstraint("maker", "model", "serial_number"),
)

identities = Table(
    "identities",
    metadata,
    _key(),
    _ref("scale_id", "scales", index=True),
    Column("kid", LargeBinary(10), nullable=False, unique=True),
    Column("text", String(16), nullable=False, unique=True),
    Column("shard", String(1), nullable=False, index=True),
    Column("thumbprint", LargeBinary(32), nullable=False, unique=True),
    Column("public_key", LargeBinary(65), nullable=False),
    Column("agreement_key", LargeBinary(65), nullable=False),
    Column("key_store_class", SmallInteger, nullable=False),
    Column("enrolment", LargeBinary, nullable=False),  # statement 1, byte for byte
    Column("active", Boolean, nullable=False),
    _ms("enrolled_ms"),
)

verifications = Table(  # each fixes a baseline at a named statement
    "verifications",
    metadata,
    _key(),
    _ref("scale_id", "scales", index=True),
    _ref("identity_id", "identities"),
    Column("number", BigInteger, nullable=False),  # the boot or parameters statement that it names
    Column("kind", String(12), nullable=False),  # initial, subsequent
    Column("valid_until", Date, nullable=False),
    Column("seal", String(40), nullable=False),
    _ref("organisation_id", "organisations"),
    Column("division_code", String(12), nullable=False),
    _ms("recorded_ms"),
    UniqueConstraint("identity_id", "number", "kind"),
)

permits = Table(  # recorded before it is sent
    "permits",
    metadata,
    _key(),
    _ref("scale_id", "scales", index=True),
    _ref("identity_id", "identities"),
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
    _ref("organisation_id", "organisations"),
    Column("division_code", String(12), nullable=False),
    _ms("recorded_ms"),
    _ms("sent_ms", nullable=True),
    UniqueConstraint("order_number"),
)

# ---- evidence ------------------------------------------------------------------------------------------------------

# No foreign keys here: the writer resolves the key before every statement, and evidence must outlive the registry.
statements = Table(
    "statements",
    metadata,
    Column("scale_id", BigInteger, primary_key=True, autoincrement=False),
    Column("identity_id", BigInteger, primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary(32), primary_key=True),  # over the whole statement, signature included
    Column("content_hash", LargeBinary(32), nullable=False),  # over what is signed: tells a fork from a re-signed copy
    Column("kind", BigInteger, nullable=False),
    Column("measured_s", BigInteger, nullable=True),  # null where the scale had no clock
    _ms("received_ms"),
    Column("authentic_by", SmallInteger, nullable=False),  # 1 signature, 2 link, 3 link although its signature is bad
    Column("raw", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
    postgresql_partition_by="HASH (scale_id)",
)

TELLING = text(f"kind <> {int(Kind.SNAPSHOT)}")
"""All but snapshots: a query for one of the few among the many repeats this word for word, and the index serves it."""
Index(
    None,
    statements.c.scale_id,
    statements.c.identity_id,
    statements.c.kind,
    statements.c.number,
    sqlite_where=TELLING,
    postgresql_where=TELLING,
)

summaries = Table(  # the bounded state of one identity's chain, as a function of its held statements
    "summaries",
    metadata,
    Column("identity_id", BigInteger, primary_key=True, autoincrement=False),
    Column("scale_id", BigInteger, nullable=False, index=True),
    Column("shard", String(1), nullable=False, index=True),
    Column("version", BigInteger, nullable=False),  # a receiver with a stale copy loses and reads again
    Column("state", LargeBinary, nullable=False),
    Column("head", BigInteger, nullable=False),  # highest number held
    Column("held", BigInteger, nullable=False),  # statements held, copies included
    Column("receipted", BigInteger, nullable=False),  # highest number for which a receipt was sent
    _ms("received_ms"),  # commit time of the newest statement
)

standings = Table(  # what judging a scale gave last: the lists and pages read it
    "standings",
    metadata,
    Column("scale_id", BigInteger, primary_key=True, autoincrement=False),
    Column("shard", String(1), nullable=False),
    Column("state", JSON, nullable=False),
    Column("gaps", Integer, nullable=False),  # numbers missing past their grace
    Column("forks", Integer, nullable=False),
    _ms("judged_ms"),
)

quarantine = Table(  # what could not be authenticated, bounded per topic
    "quarantine",
    metadata,
    _key(),
    Column("shard", String(1), nullable=False, index=True),
    Column("topic", String(80), nullable=False, index=True),
    Column("kid", LargeBinary(10), nullable=True, index=True),
    Column("reason", String(30), nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    Column("raw", LargeBinary, nullable=False),
    _ms("received_ms"),
    UniqueConstraint("topic", "hash"),
)

quarantine_counts = Table(
    "quarantine_counts",
    metadata,
    Column("shard", String(1), primary_key=True),
    Column("reason", String(30), primary_key=True),
    Column("count", BigInteger, nullable=False),
)

# ---- alerts --------------------------------------------------------------------------------------------------------

alerts = Table(
    "alerts",
    metadata,
    _key(),
    Column("rule", String(40), nullable=False),
    _ref("scale_id", "scales", index=True),
    Column("what", String(160), nullable=False),  # what was found; with rule and scale it is the alert's key
    Column("severity", SmallInteger, nullable=False),  # 1 notice, 2 warning, 3 tamper
    Column("state", String(20), nullable=False),
    Column("standing", Boolean, nullable=False),  # whether the finding still follows from what is held
    Column("count", Integer, nullable=False),
    Column("identity_id", Big, nullable=True),
    Column("first_number", BigInteger, nullable=True),
    Column("last_number", BigInteger, nullable=True),
    Column("values", JSON, nullable=False),  # {"code": …, values}: sentences are made where they are shown
    _ms("opened_ms"),
    _ms("changed_ms"),
    _ms("closed_ms", nullable=True),
    _ref("assignee_id", "users", nullable=True),
    Column("organisation_id", Big, nullable=False, index=True),
    Column("division_code", String(12), nullable=False, index=True),
    UniqueConstraint("rule", "scale_id", "what"),
    Index(None, "state", "severity"),
)

alert_events = Table(
    "alert_events",
    metadata,
    _key(),
    _ref("alert_id", "alerts", index=True),
    _ms("at_ms"),
    Column("actor", String(80), nullable=False),
    Column("from_state", String(20), nullable=True),
    Column("to_state", String(20), nullable=False),
    Column("reason", String(500), nullable=True),
    Column("values", JSON, nullable=False),
)

# ---- complaints ----------------------------------------------------------------------------------------------------

complaints = Table(  # of consumers, who say nothing of themselves
    "complaints",
    metadata,
    _key(),
    Column("reference", String(8), nullable=False, unique=True),  # by which the consumer can ask for it
    Column("public_code", String(16), nullable=False, index=True),
    _ref("scale_id", "scales", nullable=True, index=True),  # null for a code that is not on record
    Column("place", String(120), nullable=False),
    Column("bought", String(120), nullable=False),
    Column("weighed", String(40), nullable=False),
    Column("paid", String(40), nullable=False),
    Column("words", String(500), nullable=False),
    Column("photo", LargeBinary, nullable=True),  # JPEG without what the camera wrote beside the picture
    Column("state", String(10), nullable=False),  # open, closed
    Column("answer", String(500), nullable=True),
    _ms("received_ms"),
    _ms("closed_ms", nullable=True),
    Column("organisation_id", Big, nullable=True),
    Column("division_code", String(12), nullable=False, index=True),  # empty where no scale says it: the whole country
    Index(None, "received_ms"),
)

# ---- feeds: what happens after a commit ----------------------------------------------------------------------------

feeds = Table(  # the row lock on it makes positions of a feed and shard commit in order
    "feeds",
    metadata,
    Column("feed", String(10), primary_key=True),  # outbox (written by ingest), changes (written by the registry)
    Column("shard", String(1), primary_key=True),
    Column("position", BigInteger, nullable=False),
)

feed_entries = Table(
    "feed_entries",
    metadata,
    Column("feed", String(10), primary_key=True),
    Column("shard", String(1), primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("topic", String(20), nullable=False),
    Column("scale_id", BigInteger, nullable=True),
    Column("body", JSON, nullable=False),
    _ms("created_ms"),
)

cursors = Table(
    "cursors",
    metadata,
    Column("consumer", String(40), primary_key=True),
    Column("feed", String(10), primary_key=True),
    Column("shard", String(1), primary_key=True),
    Column("position", BigInteger, nullable=False),
)

due = Table(  # when a scale has to be judged again although nothing arrived
    "due",
    metadata,
    Column("scale_id", BigInteger, primary_key=True, autoincrement=False),
    Column("shard", String(1), nullable=False),
    _ms("due_ms"),
    _ms("leased_until_ms"),
    Index(None, "shard", "due_ms"),
)
