"""What pages and operation need: kinds of events, the platform's root, ingest's heartbeats, unique production codes."""

import logging
from itertools import groupby

import cbor2
import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

log = logging.getLogger("steelyard_cloud.db.migrations")

EVENTS = "ix_statements_scale_id_identity_id_event_number"
CODES = "ix_scales_maker_production_code"
AT_ONCE = 500
EVENT_STATEMENT, PARAMETER_CHANGE, ROLLED_BACK = 5, 1, 18
STATEMENTS = sa.table(
    "statements",
    *(sa.column(name) for name in ("scale_id", "identity_id", "number", "hash", "kind", "event", "raw")),
)
SCALES = sa.table(
    "scales",
    *(sa.column(name) for name in ("maker", "production_code", "serial_number", "production_code_shared")),
)


def upgrade() -> None:
    op.add_column("statements", sa.Column("event", sa.SmallInteger(), nullable=True))
    _name_events()
    where = sa.text("event IS NOT NULL")
    columns = ["scale_id", "identity_id", "event", "number"]
    op.create_index(EVENTS, "statements", columns, sqlite_where=where, postgresql_where=where)
    op.alter_column("summaries", "receipted", new_column_name="receipt_sent")
    op.create_table(
        "platform",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(length=32), nullable=False),
        sa.Column("recorded_ms", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_platform_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_platform")),
    )
    op.create_table(
        "heartbeats",
        sa.Column("shard", sa.String(length=1), nullable=False),
        sa.Column("beat", sa.BigInteger(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("shard", name=op.f("pk_heartbeats")),
    )
    _mark_shared_codes()


def downgrade() -> None:
    op.drop_index(CODES, "scales")
    op.drop_column("scales", "production_code_shared")
    op.drop_table("heartbeats")
    op.drop_table("platform")
    op.alter_column("summaries", "receipt_sent", new_column_name="receipted")
    op.drop_index(EVENTS, "statements")
    op.drop_column("statements", "event")


def _name_events() -> None:
    """Note of each stored event which kind it is; one that cannot be read keeps none."""
    connection, c = op.get_bind(), STATEMENTS.c
    chains = connection.execute(sa.text("SELECT scale_id, identity_id FROM summaries")).all()
    for scale_id, identity_id in chains:
        of = (c.scale_id == scale_id, c.identity_id == identity_id, c.kind == EVENT_STATEMENT, sa.text("kind <> 3"))
        query = sa.select(c.number, c.hash, c.raw).where(*of).order_by(c.number, c.hash).limit(AT_ONCE)
        rows = connection.execute(query).all()
        while rows:
            for number, hash_, raw in rows:
                one = (c.scale_id == scale_id, c.identity_id == identity_id, c.number == number, c.hash == hash_)
                connection.execute(STATEMENTS.update().where(*one).values(event=_kind_of_event(raw)))
            last = sa.tuple_(c.number, c.hash) > sa.tuple_(*map(sa.literal, rows[-1][:2]))
            rows = connection.execute(query.where(last)).all() if len(rows) == AT_ONCE else []


def _kind_of_event(raw: bytes) -> int | None:
    try:
        kind = cbor2.loads(cbor2.loads(raw).value[2])[10][0]
    except (ValueError, LookupError, TypeError, AttributeError):
        return None
    return kind if isinstance(kind, int) and PARAMETER_CHANGE <= kind <= ROLLED_BACK else None


def _mark_shared_codes() -> None:
    """From now on a maker gives a production code once; scales that share one already are marked and reported."""
    op.add_column(
        "scales", sa.Column("production_code_shared", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    connection, c = op.get_bind(), SCALES.c
    named = (c.maker, c.production_code)
    twice = sa.select(*named).group_by(*named).having(sa.func.count() > 1).subquery()
    query = (
        sa.select(*named, c.serial_number)
        .join(twice, sa.and_(twice.c.maker == c.maker, twice.c.production_code == c.production_code))
        .order_by(*named, c.serial_number)
    )
    for (maker, code), rows in groupby(connection.execute(query).all(), key=lambda row: (row[0], row[1])):
        some = [row.serial_number for row in rows]
        of_code = (c.maker == maker, c.production_code == code)
        connection.execute(SCALES.update().where(*of_code).values(production_code_shared=True))
        numbers = ", ".join(some[:10]) + (", …" if len(some) > 10 else "")
        log.warning(
            "%d scales of %s share the production code %s (serial numbers %s); they stay, no further one gets it",
            len(some),
            maker,
            code,
            numbers,
        )
    where = sa.text("NOT production_code_shared")
    columns = ["maker", "production_code"]
    op.create_index(CODES, "scales", columns, unique=True, sqlite_where=where, postgresql_where=where)
