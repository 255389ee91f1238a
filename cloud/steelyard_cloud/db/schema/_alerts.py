"""Alerts, and what happened to each."""

from sqlalchemy import JSON, BigInteger, Boolean, Column, Index, Integer, SmallInteger, String, Table, UniqueConstraint

from steelyard_cloud.db.schema._columns import Big, key, metadata, reference, unix_ms

alerts = Table(
    "alerts",
    metadata,
    key(),
    Column("rule", String(40), nullable=False),
    reference("scale_id", "scales", index=True),
    Column("what", String(160), nullable=False),  # what was found; with rule and scale it is the alert's key
    Column("severity", SmallInteger, nullable=False),  # 1 notice, 2 warning, 3 tamper
    Column("status", String(20), nullable=False),
    Column("still_found", Boolean, nullable=False),  # whether the stored statements still support the finding
    Column("count", Integer, nullable=False),
    Column("identity_id", Big, nullable=True),
    Column("first_number", BigInteger, nullable=True),
    Column("last_number", BigInteger, nullable=True),
    Column("values", JSON, nullable=False),  # {"code": …, values}: sentences are made where they are shown
    unix_ms("opened_ms"),
    unix_ms("changed_ms"),
    unix_ms("closed_ms", nullable=True),
    reference("assignee_id", "users", nullable=True),
    Column("organisation_id", Big, nullable=False, index=True),
    Column("division_code", String(12), nullable=False, index=True),
    UniqueConstraint("rule", "scale_id", "what"),
    Index(None, "status", "severity"),
)

alert_events = Table(
    "alert_events",
    metadata,
    key(),
    reference("alert_id", "alerts", index=True),
    unix_ms("at_ms"),
    Column("actor", String(80), nullable=False),
    Column("from_status", String(20), nullable=True),
    Column("to_status", String(20), nullable=False),
    Column("reason", String(500), nullable=True),
    Column("values", JSON, nullable=False),
)
