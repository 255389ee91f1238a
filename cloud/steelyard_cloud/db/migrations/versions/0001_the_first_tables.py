"""The first tables, the 32 partitions of the evidence on PostgreSQL, and an audit log that only grows."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


REFUSAL = "the audit log is append-only"
AUDIT_TRIGGERS = {
    "sqlite": [
        f"CREATE TRIGGER audit_log_no_{verb} BEFORE {verb} ON audit_log BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        for verb in ("UPDATE", "DELETE")
    ],
    "postgresql": [
        "CREATE FUNCTION audit_log_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$",
        "CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_log_refuse()",
    ],
}


def upgrade() -> None:
    op.create_table(
        "audit_log",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("object", sa.String(length=80), nullable=False),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("division_code", sa.String(length=12), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    with op.batch_alter_table("audit_log", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_log_object_id"), ["object", "id"], unique=False)

    op.create_table(
        "cursors",
        sa.Column("consumer", sa.String(length=40), nullable=False),
        sa.Column("feed", sa.String(length=10), nullable=False),
        sa.Column("shard", sa.String(length=1), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("consumer", "feed", "shard", name=op.f("pk_cursors")),
    )
    op.create_table(
        "due",
        sa.Column("scale_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("shard", sa.String(length=1), nullable=False),
        sa.Column("due_ms", sa.BigInteger(), nullable=False),
        sa.Column("leased_until_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scale_id", name=op.f("pk_due")),
    )
    with op.batch_alter_table("due", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_due_shard_due_ms"), ["shard", "due_ms"], unique=False)

    op.create_table(
        "feed_entries",
        sa.Column("feed", sa.String(length=10), nullable=False),
        sa.Column("shard", sa.String(length=1), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("topic", sa.String(length=20), nullable=False),
        sa.Column("scale_id", sa.BigInteger(), nullable=True),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("feed", "shard", "position", name=op.f("pk_feed_entries")),
    )
    op.create_table(
        "feeds",
        sa.Column("feed", sa.String(length=10), nullable=False),
        sa.Column("shard", sa.String(length=1), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("feed", "shard", name=op.f("pk_feeds")),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("response", sa.JSON(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("actor", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_table(
        "organisations",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("division_code", sa.String(length=12), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisations")),
        sa.UniqueConstraint("name", "kind", name=op.f("uq_organisations_name_kind")),
    )
    with op.batch_alter_table("organisations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_organisations_division_code"), ["division_code"], unique=False)

    op.create_table(
        "quarantine",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("shard", sa.String(length=1), nullable=False),
        sa.Column("topic", sa.String(length=80), nullable=False),
        sa.Column("kid", sa.LargeBinary(length=10), nullable=True),
        sa.Column("reason", sa.String(length=30), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
        sa.UniqueConstraint("topic", "hash", name=op.f("uq_quarantine_topic_hash")),
    )
    with op.batch_alter_table("quarantine", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_quarantine_kid"), ["kid"], unique=False)
        batch_op.create_index(batch_op.f("ix_quarantine_shard"), ["shard"], unique=False)
        batch_op.create_index(batch_op.f("ix_quarantine_topic"), ["topic"], unique=False)

    op.create_table(
        "quarantine_counts",
        sa.Column("shard", sa.String(length=1), nullable=False),
        sa.Column("reason", sa.String(length=30), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("shard", "reason", name=op.f("pk_quarantine_counts")),
    )
    op.create_table(
        "standings",
        sa.Column("scale_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("shard", sa.String(length=1), nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.Column("gaps", sa.Integer(), nullable=False),
        sa.Column("forks", sa.Integer(), nullable=False),
        sa.Column("judged_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scale_id", name=op.f("pk_standings")),
    )
    op.create_table(
        "statements",
        sa.Column("scale_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("identity_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("kind", sa.BigInteger(), nullable=False),
        sa.Column("measured_s", sa.BigInteger(), nullable=True),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
        sa.Column("authentic_by", sa.SmallInteger(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("scale_id", "identity_id", "number", "hash", name=op.f("pk_statements")),
        postgresql_partition_by="HASH (scale_id)",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "summaries",
        sa.Column("identity_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("scale_id", sa.BigInteger(), nullable=False),
        sa.Column("shard", sa.String(length=1), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.Column("head", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("receipted", sa.BigInteger(), nullable=False),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("identity_id", name=op.f("pk_summaries")),
    )
    with op.batch_alter_table("summaries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_summaries_scale_id"), ["scale_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_summaries_shard"), ["shard"], unique=False)

    op.create_table(
        "scale_types",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("maker", sa.String(length=32), nullable=False),
        sa.Column("model", sa.String(length=32), nullable=False),
        sa.Column("type_approval", sa.String(length=40), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_scale_types_organisation_id_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scale_types")),
        sa.UniqueConstraint("maker", "model", name=op.f("uq_scale_types_maker_model")),
    )
    with op.batch_alter_table("scale_types", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_scale_types_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "tokens",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=True),
        sa.Column("revoked_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_tokens_organisation_id_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_tokens_token_hash")),
    )
    with op.batch_alter_table("tokens", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tokens_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "users",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_users_organisation_id_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
    )
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_users_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "approved_software",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("scale_type_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("software_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("version", sa.String(length=16), nullable=False),
        sa.Column("recorded_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["scale_type_id"], ["scale_types.id"], name=op.f("fk_approved_software_scale_type_id_scale_types")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approved_software")),
        sa.UniqueConstraint(
            "scale_type_id", "software_hash", name=op.f("uq_approved_software_scale_type_id_software_hash")
        ),
    )
    with op.batch_alter_table("approved_software", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_approved_software_scale_type_id"), ["scale_type_id"], unique=False)

    op.create_table(
        "factory_orders",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("scale_type_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("division_code", sa.String(length=12), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("used >= 0 AND used <= quantity", name=op.f("ck_factory_orders_used")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_factory_orders_organisation_id_organisations")
        ),
        sa.ForeignKeyConstraint(
            ["scale_type_id"], ["scale_types.id"], name=op.f("fk_factory_orders_scale_type_id_scale_types")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_factory_orders")),
        sa.UniqueConstraint("number", name=op.f("uq_factory_orders_number")),
    )
    with op.batch_alter_table("factory_orders", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_factory_orders_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("csrf_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id_users")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sessions")),
    )
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sessions_user_id"), ["user_id"], unique=False)

    op.create_table(
        "sign_in_links",
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("used_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sign_in_links_user_id_users")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sign_in_links")),
    )
    op.create_table(
        "scales",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("public_code", sa.String(length=16), nullable=False),
        sa.Column("shard", sa.String(length=1), nullable=False),
        sa.Column("maker", sa.String(length=32), nullable=False),
        sa.Column("model", sa.String(length=32), nullable=False),
        sa.Column("serial_number", sa.String(length=32), nullable=False),
        sa.Column("production_code", sa.String(length=32), nullable=False),
        sa.Column("scale_type_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("factory_order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("division_code", sa.String(length=12), nullable=False),
        sa.Column("place", sa.String(length=120), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("enrolled_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["factory_order_id"], ["factory_orders.id"], name=op.f("fk_scales_factory_order_id_factory_orders")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_scales_organisation_id_organisations")
        ),
        sa.ForeignKeyConstraint(
            ["scale_type_id"], ["scale_types.id"], name=op.f("fk_scales_scale_type_id_scale_types")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scales")),
        sa.UniqueConstraint("maker", "model", "serial_number", name=op.f("uq_scales_maker_model_serial_number")),
        sa.UniqueConstraint("public_code", name=op.f("uq_scales_public_code")),
    )
    with op.batch_alter_table("scales", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_scales_division_code"), ["division_code"], unique=False)
        batch_op.create_index(batch_op.f("ix_scales_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_scales_scale_type_id"), ["scale_type_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_scales_shard"), ["shard"], unique=False)

    op.create_table(
        "alerts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("rule", sa.String(length=40), nullable=False),
        sa.Column("scale_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("what", sa.String(length=160), nullable=False),
        sa.Column("severity", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("standing", sa.Boolean(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("identity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("first_number", sa.BigInteger(), nullable=True),
        sa.Column("last_number", sa.BigInteger(), nullable=True),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("opened_ms", sa.BigInteger(), nullable=False),
        sa.Column("changed_ms", sa.BigInteger(), nullable=False),
        sa.Column("closed_ms", sa.BigInteger(), nullable=True),
        sa.Column("assignee_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("division_code", sa.String(length=12), nullable=False),
        sa.ForeignKeyConstraint(["assignee_id"], ["users.id"], name=op.f("fk_alerts_assignee_id_users")),
        sa.ForeignKeyConstraint(["scale_id"], ["scales.id"], name=op.f("fk_alerts_scale_id_scales")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
        sa.UniqueConstraint("rule", "scale_id", "what", name=op.f("uq_alerts_rule_scale_id_what")),
    )
    with op.batch_alter_table("alerts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_alerts_division_code"), ["division_code"], unique=False)
        batch_op.create_index(batch_op.f("ix_alerts_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_alerts_scale_id"), ["scale_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_alerts_state_severity"), ["state", "severity"], unique=False)

    op.create_table(
        "identities",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("scale_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kid", sa.LargeBinary(length=10), nullable=False),
        sa.Column("text", sa.String(length=16), nullable=False),
        sa.Column("shard", sa.String(length=1), nullable=False),
        sa.Column("thumbprint", sa.LargeBinary(length=32), nullable=False),
        sa.Column("public_key", sa.LargeBinary(length=65), nullable=False),
        sa.Column("agreement_key", sa.LargeBinary(length=65), nullable=False),
        sa.Column("key_store_class", sa.SmallInteger(), nullable=False),
        sa.Column("enrolment", sa.LargeBinary(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("enrolled_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["scale_id"], ["scales.id"], name=op.f("fk_identities_scale_id_scales")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identities")),
        sa.UniqueConstraint("kid", name=op.f("uq_identities_kid")),
        sa.UniqueConstraint("text", name=op.f("uq_identities_text")),
        sa.UniqueConstraint("thumbprint", name=op.f("uq_identities_thumbprint")),
    )
    with op.batch_alter_table("identities", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_identities_scale_id"), ["scale_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_identities_shard"), ["shard"], unique=False)

    op.create_table(
        "alert_events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("alert_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("from_state", sa.String(length=20), nullable=True),
        sa.Column("to_state", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_alert_events_alert_id_alerts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_events")),
    )
    with op.batch_alter_table("alert_events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_alert_events_alert_id"), ["alert_id"], unique=False)

    op.create_table(
        "permits",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("scale_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("identity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("permit_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("what", sa.SmallInteger(), nullable=False),
        sa.Column("order_number", sa.BigInteger(), nullable=False),
        sa.Column("by_number", sa.BigInteger(), nullable=False),
        sa.Column("not_before_s", sa.BigInteger(), nullable=False),
        sa.Column("not_after_s", sa.BigInteger(), nullable=False),
        sa.Column("calibration_counter", sa.Integer(), nullable=False),
        sa.Column("configuration_counter", sa.Integer(), nullable=False),
        sa.Column("locked_at", sa.BigInteger(), nullable=True),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("division_code", sa.String(length=12), nullable=False),
        sa.Column("recorded_ms", sa.BigInteger(), nullable=False),
        sa.Column("sent_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["identity_id"], ["identities.id"], name=op.f("fk_permits_identity_id_identities")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_permits_organisation_id_organisations")
        ),
        sa.ForeignKeyConstraint(["scale_id"], ["scales.id"], name=op.f("fk_permits_scale_id_scales")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_permits")),
        sa.UniqueConstraint("order_number", name=op.f("uq_permits_order_number")),
        sa.UniqueConstraint("permit_hash", name=op.f("uq_permits_permit_hash")),
    )
    with op.batch_alter_table("permits", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_permits_scale_id"), ["scale_id"], unique=False)

    op.create_table(
        "verifications",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("scale_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("identity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("seal", sa.String(length=40), nullable=False),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("division_code", sa.String(length=12), nullable=False),
        sa.Column("recorded_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["identity_id"], ["identities.id"], name=op.f("fk_verifications_identity_id_identities")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_verifications_organisation_id_organisations")
        ),
        sa.ForeignKeyConstraint(["scale_id"], ["scales.id"], name=op.f("fk_verifications_scale_id_scales")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verifications")),
        sa.UniqueConstraint("identity_id", "number", "kind", name=op.f("uq_verifications_identity_id_number_kind")),
    )
    with op.batch_alter_table("verifications", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_verifications_scale_id"), ["scale_id"], unique=False)

    dialect = op.get_bind().dialect.name
    if dialect == "postgresql":
        for part in range(32):
            op.execute(
                f"CREATE TABLE statements_{part:02d} PARTITION OF statements "
                f"FOR VALUES WITH (MODULUS 32, REMAINDER {part})"
            )
    for trigger in AUDIT_TRIGGERS[dialect]:
        op.execute(trigger)


def downgrade() -> None:
    with op.batch_alter_table("verifications", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_verifications_scale_id"))

    op.drop_table("verifications")
    with op.batch_alter_table("permits", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_permits_scale_id"))

    op.drop_table("permits")
    with op.batch_alter_table("alert_events", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_alert_events_alert_id"))

    op.drop_table("alert_events")
    with op.batch_alter_table("identities", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_identities_shard"))
        batch_op.drop_index(batch_op.f("ix_identities_scale_id"))

    op.drop_table("identities")
    with op.batch_alter_table("alerts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_alerts_state_severity"))
        batch_op.drop_index(batch_op.f("ix_alerts_scale_id"))
        batch_op.drop_index(batch_op.f("ix_alerts_organisation_id"))
        batch_op.drop_index(batch_op.f("ix_alerts_division_code"))

    op.drop_table("alerts")
    with op.batch_alter_table("scales", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_scales_shard"))
        batch_op.drop_index(batch_op.f("ix_scales_scale_type_id"))
        batch_op.drop_index(batch_op.f("ix_scales_organisation_id"))
        batch_op.drop_index(batch_op.f("ix_scales_division_code"))

    op.drop_table("scales")
    op.drop_table("sign_in_links")
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sessions_user_id"))

    op.drop_table("sessions")
    with op.batch_alter_table("factory_orders", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_factory_orders_organisation_id"))

    op.drop_table("factory_orders")
    with op.batch_alter_table("approved_software", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_approved_software_scale_type_id"))

    op.drop_table("approved_software")
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_users_organisation_id"))

    op.drop_table("users")
    with op.batch_alter_table("tokens", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_tokens_organisation_id"))

    op.drop_table("tokens")
    with op.batch_alter_table("scale_types", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_scale_types_organisation_id"))

    op.drop_table("scale_types")
    with op.batch_alter_table("summaries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_summaries_shard"))
        batch_op.drop_index(batch_op.f("ix_summaries_scale_id"))

    op.drop_table("summaries")
    op.drop_table("statements")
    op.drop_table("standings")
    op.drop_table("quarantine_counts")
    with op.batch_alter_table("quarantine", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_quarantine_topic"))
        batch_op.drop_index(batch_op.f("ix_quarantine_shard"))
        batch_op.drop_index(batch_op.f("ix_quarantine_kid"))

    op.drop_table("quarantine")
    with op.batch_alter_table("organisations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_organisations_division_code"))

    op.drop_table("organisations")
    op.drop_table("idempotency_keys")
    op.drop_table("feeds")
    op.drop_table("feed_entries")
    with op.batch_alter_table("due", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_due_shard_due_ms"))

    op.drop_table("due")
    op.drop_table("cursors")
    with op.batch_alter_table("audit_log", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_log_object_id"))

    op.drop_table("audit_log")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_log_refuse")
