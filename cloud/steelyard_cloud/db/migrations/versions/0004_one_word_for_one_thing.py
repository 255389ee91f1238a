"""One word for one thing: an alert's status, a scale's life stage, what is stored; in columns and in the outbox."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# table → {name before: name now}
COLUMNS = {
    "alerts": {"state": "status", "standing": "still_found"},
    "alert_events": {"from_state": "from_status", "to_state": "to_status"},
    "complaints": {"state": "status"},
    "scales": {"state": "life_stage"},
    "standings": {"state": "standing"},
    "summaries": {"state": "summary", "held": "stored"},
}
ENTRIES = sa.table(
    "feed_entries",
    sa.column("feed", sa.String),
    sa.column("shard", sa.String),
    sa.column("position", sa.BigInteger),
    sa.column("topic", sa.String),
    sa.column("body", sa.JSON),
)


def upgrade() -> None:
    op.drop_index("ix_alerts_state_severity", "alerts")
    for table, names in COLUMNS.items():
        for before, now in names.items():
            op.alter_column(table, before, new_column_name=now)
    op.create_index("ix_alerts_status_severity", "alerts", ["status", "severity"])
    _rename_in_outbox("state", "status")


def downgrade() -> None:
    op.drop_index("ix_alerts_status_severity", "alerts")
    for table, names in COLUMNS.items():
        for before, now in names.items():
            op.alter_column(table, now, new_column_name=before)
    op.create_index("ix_alerts_state_severity", "alerts", ["state", "severity"])
    _rename_in_outbox("status", "state")


def _rename_in_outbox(before: str, now: str) -> None:
    """In the news of alerts that are kept for readers of the event stream."""
    connection, c = op.get_bind(), ENTRIES.c
    news = sa.select(c.feed, c.shard, c.position, c.body).where(c.topic == "alert")
    for feed, shard, position, body in connection.execute(news).all():
        body[now] = body.pop(before)
        one = (c.feed == feed, c.shard == shard, c.position == position)
        connection.execute(ENTRIES.update().where(*one).values(body=body))
