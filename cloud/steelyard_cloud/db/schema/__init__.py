"""Every table of the cloud, as SQLAlchemy Core: one file for each domain, one metadata for all of them.

Times are UTC integers with their unit in the name: `_ms` is the platform's clock in Unix milliseconds, `_s` is what a
scale signed, in Unix seconds; measured and received time are never mixed. What people read carries an organisation
and an administrative division code, so that one scoping function can narrow every query.
"""

from steelyard_cloud.db.schema._alerts import alert_events, alerts
from steelyard_cloud.db.schema._asks import asks
from steelyard_cloud.db.schema._codes import check_questions, fresh_codes
from steelyard_cloud.db.schema._columns import metadata
from steelyard_cloud.db.schema._complaints import complaints
from steelyard_cloud.db.schema._divisions import divisions, organisation_divisions
from steelyard_cloud.db.schema._feeds import clocks, cursors, due, feed_entries, feeds, set_backs
from steelyard_cloud.db.schema._life import certificates, life_steps, moves, reference_masses, scale_codes, sheets
from steelyard_cloud.db.schema._people import (
    audit_log,
    idempotency_keys,
    organisations,
    passkey_challenges,
    passkeys,
    sessions,
    sign_in_links,
    tokens,
    users,
)
from steelyard_cloud.db.schema._platform import heartbeats, platform
from steelyard_cloud.db.schema._scales import (
    approved_software,
    decisions,
    factory_orders,
    identities,
    permits,
    scale_types,
    scales,
    verifications,
)
from steelyard_cloud.db.schema._statements import (
    EVIDENCE_PARTITIONS,
    NOT_SNAPSHOT,
    copies,
    quarantine,
    quarantine_counts,
    quarantine_sizes,
    standings,
    statements,
    summaries,
)
from steelyard_cloud.db.schema._updates import software_images, updates

__all__ = [
    "EVIDENCE_PARTITIONS",
    "NOT_SNAPSHOT",
    "alert_events",
    "alerts",
    "approved_software",
    "asks",
    "audit_log",
    "certificates",
    "check_questions",
    "clocks",
    "complaints",
    "copies",
    "cursors",
    "decisions",
    "divisions",
    "due",
    "factory_orders",
    "feed_entries",
    "feeds",
    "fresh_codes",
    "heartbeats",
    "idempotency_keys",
    "identities",
    "life_steps",
    "metadata",
    "moves",
    "organisation_divisions",
    "organisations",
    "passkey_challenges",
    "passkeys",
    "permits",
    "platform",
    "quarantine",
    "quarantine_counts",
    "quarantine_sizes",
    "reference_masses",
    "scale_codes",
    "scale_types",
    "scales",
    "sessions",
    "set_backs",
    "sheets",
    "sign_in_links",
    "software_images",
    "standings",
    "statements",
    "summaries",
    "tokens",
    "updates",
    "users",
    "verifications",
]
