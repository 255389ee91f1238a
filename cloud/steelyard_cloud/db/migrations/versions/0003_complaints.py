"""Complaints of consumers."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INDEXED = ("public_code", "scale_id", "received_ms", "division_code")


def upgrade() -> None:
    op.create_table(
        "complaints",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("reference", sa.String(length=8), nullable=False),
        sa.Column("public_code", sa.String(length=16), nullable=False),
        sa.Column("scale_id", BIG, nullable=True),
        sa.Column("place", sa.String(length=120), nullable=False),
        sa.Column("bought", sa.String(length=120), nullable=False),
        sa.Column("weighed", sa.String(length=40), nullable=False),
        sa.Column("paid", sa.String(length=40), nullable=False),
        sa.Column("words", sa.String(length=500), nullable=False),
        sa.Column("photo", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("answer", sa.String(length=500), nullable=True),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
        sa.Column("closed_ms", sa.BigInteger(), nullable=True),
        sa.Column("organisation_id", BIG, nullable=True),
        sa.Column("division_code", sa.String(length=12), nullable=False),
        sa.ForeignKeyConstraint(["scale_id"], ["scales.id"], name=op.f("fk_complaints_scale_id_scales")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaints")),
        sa.UniqueConstraint("reference", name=op.f("uq_complaints_reference")),
    )
    for column in INDEXED:
        op.create_index(op.f(f"ix_complaints_{column}"), "complaints", [column])


def downgrade() -> None:
    for column in INDEXED:
        op.drop_index(op.f(f"ix_complaints_{column}"), "complaints")
    op.drop_table("complaints")
