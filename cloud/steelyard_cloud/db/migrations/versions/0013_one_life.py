"""One life, one table of steps: stages, steps that were taken, sheets, reference masses, moves, codes, certificates.

Serial numbers are unique as people read them from now on. Scales that have one twice already stay and are reported.
"""

import logging

import sqlalchemy as sa
from alembic import op
from steelyard_protocol.plate import reading_key

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

log = logging.getLogger("steelyard_cloud.db.migrations")

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NAMES = ("id", "maker", "model", "serial_number", "reading_key", "life_stage", "new_stage")
SCALES = sa.table("scales", *(sa.column(name) for name in NAMES))
STAGES = {"in use": "verified", "retired": "scrapped"}
NEW = ("certificates", "scale_codes", "moves", "reference_masses", "sheets", "life_steps")


def upgrade() -> None:
    _make_tables()
    for table, stage in (("scale_types", "in force"), ("approved_software", "approved")):
        op.add_column(table, sa.Column("stage", sa.String(20), nullable=False, server_default=stage))
        op.add_column(table, sa.Column("life_version", sa.Integer, nullable=False, server_default="0"))
    op.add_column("scale_types", sa.Column("envelope", sa.JSON, nullable=True))
    op.add_column("scales", sa.Column("life_version", sa.Integer, nullable=False, server_default="0"))
    op.add_column("scales", sa.Column("returns_to", sa.String(24), nullable=True))
    op.add_column("scales", sa.Column("reading_key", sa.String(400), nullable=True))
    _reference("scales", "owner_id", "organisations")
    op.create_index("ix_scales_owner_id", "scales", ["owner_id"])
    _reference("verifications", "sheet_id", "sheets")
    _widen_stages()
    _read_serial_numbers()
    op.create_index("ix_scales_reading_key", "scales", ["reading_key"], unique=True)


def downgrade() -> None:
    op.drop_index("ix_scales_reading_key", "scales")
    op.drop_index("ix_scales_owner_id", "scales")
    op.drop_column("verifications", "sheet_id")
    for name in ("owner_id", "reading_key", "returns_to", "life_version"):
        op.drop_column("scales", name)
    for name in ("envelope", "life_version", "stage"):
        op.drop_column("scale_types", name)
    for name in ("life_version", "stage"):
        op.drop_column("approved_software", name)
    for name in NEW:
        op.drop_table(name)
    op.execute(SCALES.update().where(SCALES.c.life_stage != "produced").values(life_stage="in use"))


def _reference(table: str, name: str, target: str) -> None:
    """Add a column that refers to another table: SQLite takes that only as part of the column."""
    kind = "BIGINT" if op.get_bind().dialect.name == "postgresql" else "INTEGER"
    named = f"CONSTRAINT fk_{table}_{name}_{target} REFERENCES {target} (id)"
    op.execute(f"ALTER TABLE {table} ADD COLUMN {name} {kind} {named}")


def _widen_stages() -> None:
    """The names of stages are longer; a scale in use is one that passed its verification."""
    op.add_column("scales", sa.Column("new_stage", sa.String(24), nullable=False, server_default="produced"))
    renamed = sa.case(STAGES, value=SCALES.c.life_stage, else_=SCALES.c.life_stage)
    op.execute(SCALES.update().values(new_stage=renamed))
    verified = SCALES.c.id.in_(sa.select(sa.column("scale_id")).select_from(sa.table("verifications")))
    op.execute(SCALES.update().where(SCALES.c.new_stage == "produced", verified).values(new_stage="verified"))
    op.drop_column("scales", "life_stage")
    op.alter_column("scales", "new_stage", new_column_name="life_stage")


def _read_serial_numbers() -> None:
    connection, c, known = op.get_bind(), SCALES.c, set[str]()
    query = sa.select(c.id, c.maker, c.model, c.serial_number).order_by(c.id)
    for id_, maker, model, serial_number in connection.execute(query).all():
        key = reading_key(maker, model, serial_number)
        if key in known:
            log.warning("the serial number %s of %s %s reads like another; it stays", serial_number, maker, model)
            continue
        known.add(key)
        connection.execute(SCALES.update().where(c.id == id_).values(reading_key=key))


def _make_tables() -> None:
    op.create_table(
        "life_steps",
        sa.Column("id", BIG, primary_key=True, autoincrement=True),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("object_id", BIG, nullable=False),
        sa.Column("step", sa.String(40), nullable=False),
        sa.Column("from_stage", sa.String(24), nullable=True),
        sa.Column("to_stage", sa.String(24), nullable=False),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("organisation_id", BIG, nullable=True),
        sa.Column("division_code", sa.String(12), nullable=True),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("evidence", sa.JSON, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_life_steps_kind_object_id_id", "life_steps", ["kind", "object_id", "id"])
    op.create_table(
        "sheets",
        sa.Column("id", BIG, primary_key=True, autoincrement=True),
        sa.Column("scale_id", BIG, sa.ForeignKey("scales.id"), nullable=False, index=True),
        sa.Column("organisation_id", BIG, sa.ForeignKey("organisations.id"), nullable=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
        sa.Column("raw", sa.LargeBinary, nullable=False),
        sa.Column("tested_on", sa.Date, nullable=True),
        sa.Column("passed", sa.Boolean, nullable=False),
        sa.Column("recorded_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "reference_masses",
        sa.Column("id", BIG, primary_key=True, autoincrement=True),
        sa.Column("organisation_id", BIG, sa.ForeignKey("organisations.id"), nullable=False, index=True),
        sa.Column("number", sa.String(40), nullable=False),
        sa.Column("mass_class", sa.String(4), nullable=False),
        sa.Column("certificate", sa.String(60), nullable=False),
        sa.Column("from_day", sa.Date, nullable=False),
        sa.Column("until_day", sa.Date, nullable=False),
        sa.Column("recorded_ms", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("organisation_id", "number", "certificate"),
    )
    op.create_table(
        "moves",
        sa.Column("id", BIG, primary_key=True, autoincrement=True),
        sa.Column("scale_id", BIG, sa.ForeignKey("scales.id"), nullable=False, index=True),
        sa.Column("organisation_id", BIG, sa.ForeignKey("organisations.id"), nullable=False),
        sa.Column("division_code", sa.String(12), nullable=False, index=True),
        sa.Column("place", sa.String(120), nullable=False),
        sa.Column("new_owner_id", BIG, sa.ForeignKey("organisations.id"), nullable=True),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("asked_ms", sa.BigInteger, nullable=False),
        sa.Column("decided_ms", sa.BigInteger, nullable=True),
    )
    op.create_table(
        "scale_codes",
        sa.Column("id", BIG, primary_key=True, autoincrement=True),
        sa.Column("scale_id", BIG, sa.ForeignKey("scales.id"), nullable=False, index=True),
        sa.Column("scheme", sa.String(20), nullable=False),
        sa.Column("code", sa.String(200), nullable=False),
        sa.Column("read_as", sa.String(200), nullable=False),
        sa.UniqueConstraint("read_as"),
    )
    op.create_table(
        "certificates",
        sa.Column("verification_id", BIG, sa.ForeignKey("verifications.id"), primary_key=True),
        sa.Column("raw", sa.LargeBinary, nullable=False),
    )
