"""The verdict is a proof: verifications name statements by hash; decisions, registered periods, dates, set-backs.

A verification of before names the statement that the rules took then: of copies under its number the one with the
lowest content hash. The registered period is the one that the scale reports now. Summaries are made again from the
stored statements when they are first read.
"""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ZONE = ZoneInfo("Asia/Shanghai")  # the only one that there was
LONGEST_VALIDITY_DAYS = 1461
PERIOD_S = 600
BOOT = 2
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

SCALES = sa.table("scales", sa.column("id"), sa.column("period_s"), sa.column("life_stage"))
STANDINGS = sa.table("standings", sa.column("scale_id"), sa.column("standing", sa.JSON))
VERIFICATIONS = sa.table(
    "verifications",
    *(sa.column(name) for name in ("id", "scale_id", "identity_id", "number", "hash", "start_hash", "expires_ms")),
    sa.column("valid_until", sa.Date),
)
STATEMENTS = sa.table(
    "statements",
    *(sa.column(name) for name in ("scale_id", "identity_id", "number", "hash", "content_hash", "kind")),
)


def upgrade() -> None:
    op.add_column(
        "scale_types",
        sa.Column("longest_validity_days", sa.Integer, nullable=False, server_default=str(LONGEST_VALIDITY_DAYS)),
    )
    op.add_column("scales", sa.Column("period_s", sa.Integer, nullable=False, server_default=str(PERIOD_S)))
    op.add_column("verifications", sa.Column("hash", sa.LargeBinary(32), nullable=True))
    op.add_column("verifications", sa.Column("start_hash", sa.LargeBinary(32), nullable=True))
    op.add_column("verifications", sa.Column("expires_ms", sa.BigInteger, nullable=False, server_default="0"))
    for name in ("dated_ms", "undated_ms"):
        op.add_column("summaries", sa.Column(name, sa.BigInteger, nullable=True))
    op.add_column("statements", sa.Column("set_backs", sa.Integer, nullable=False, server_default="0"))
    op.create_table(
        "decisions",
        sa.Column("id", BIG, primary_key=True, autoincrement=True),
        sa.Column("scale_id", BIG, sa.ForeignKey("scales.id"), nullable=False, index=True),
        sa.Column("identity_id", BIG, sa.ForeignKey("identities.id"), nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("organisation_id", BIG, sa.ForeignKey("organisations.id"), nullable=False),
        sa.Column("division_code", sa.String(12), nullable=False),
        sa.Column("recorded_ms", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("identity_id", "hash"),
    )
    op.create_table(
        "clocks",
        sa.Column("shard", sa.String(1), primary_key=True),
        sa.Column("latest_ms", sa.BigInteger, nullable=False),
        sa.Column("set_backs", sa.Integer, nullable=False),
    )
    op.create_table(
        "set_backs",
        sa.Column("shard", sa.String(1), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("from_ms", sa.BigInteger, nullable=False),
        sa.Column("to_ms", sa.BigInteger, nullable=False),
    )
    # Of a clock that was ahead before there was this table: the receiver finds that it was set back.
    op.execute("INSERT INTO clocks SELECT shard, max(received_ms), 0 FROM summaries GROUP BY shard")
    _name_by_hash()
    _register_periods()
    op.execute(SCALES.update().where(SCALES.c.life_stage == "verified").values(life_stage="in use"))
    # Every scale is judged again by the new conditions; until then its verdict cannot be told.
    op.execute("DELETE FROM due")
    op.execute("INSERT INTO due (scale_id, shard, due_ms, leased_until_ms) SELECT id, shard, 0, 0 FROM scales")


def downgrade() -> None:
    op.execute(SCALES.update().where(SCALES.c.life_stage == "in use").values(life_stage="verified"))
    for name in ("set_backs", "clocks", "decisions"):
        op.drop_table(name)
    for table, names in {
        "summaries": ("undated_ms", "dated_ms"),
        "statements": ("set_backs",),
        "verifications": ("expires_ms", "start_hash", "hash"),
        "scales": ("period_s",),
        "scale_types": ("longest_validity_days",),
    }.items():
        for name in names:
            op.drop_column(table, name)


def _name_by_hash() -> None:
    connection, v, s = op.get_bind(), VERIFICATIONS.c, STATEMENTS.c
    for row in connection.execute(sa.select(VERIFICATIONS)).all():
        of_chain = sa.select(s.hash).where(s.scale_id == row.scale_id, s.identity_id == row.identity_id)
        named = of_chain.where(s.number == row.number).order_by(s.content_hash).limit(1)
        start = (
            of_chain.where(s.kind == BOOT, sa.text("kind <> 3"), s.number <= row.number)
            .order_by(s.number.desc(), s.content_hash)
            .limit(1)
        )
        end = datetime.combine(row.valid_until + timedelta(days=1), time(), ZONE).astimezone(UTC)
        values = {
            "hash": connection.scalar(named),
            "start_hash": connection.scalar(start),
            "expires_ms": int(end.timestamp()) * 1000,
        }
        connection.execute(VERIFICATIONS.update().where(v.id == row.id).values(values))


def _register_periods() -> None:
    connection = op.get_bind()
    for scale_id, standing in connection.execute(sa.select(STANDINGS.c.scale_id, STANDINGS.c.standing)).all():
        period_s = standing.get("period_s")
        if period_s:
            connection.execute(SCALES.update().where(SCALES.c.id == scale_id).values(period_s=period_s))
