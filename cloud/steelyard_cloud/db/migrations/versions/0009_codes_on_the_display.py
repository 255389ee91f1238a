"""Codes on the display: fresh codes that were seen, questions for check codes; unlock codes are orders of their scale.

The order number of an unlock code is made of the question that its scale has drawn, so it is unique for a scale only.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ORDER_OF_CODES = 0x80000000
PERMITS = sa.table("permits", sa.column("order_number"))
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "fresh_codes",
        sa.Column("identity_id", BIG, sa.ForeignKey("identities.id"), primary_key=True),
        sa.Column("hash", sa.LargeBinary(16), primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("signed_s", sa.BigInteger, nullable=False),
        sa.Column("first_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "check_questions",
        sa.Column("id", BIG, primary_key=True, autoincrement=True),
        sa.Column("scale_id", BIG, sa.ForeignKey("scales.id"), nullable=False, index=True),
        sa.Column("question", sa.Integer, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("asked_ms", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("scale_id", "question"),
    )
    with op.batch_alter_table("permits") as permits:
        permits.drop_constraint("uq_permits_order_number", type_="unique")
        permits.create_unique_constraint("uq_permits_identity_id_order_number", ["identity_id", "order_number"])


def downgrade() -> None:
    op.execute(PERMITS.delete().where(PERMITS.c.order_number >= ORDER_OF_CODES))
    with op.batch_alter_table("permits") as permits:
        permits.drop_constraint("uq_permits_identity_id_order_number", type_="unique")
        permits.create_unique_constraint("uq_permits_order_number", ["order_number"])
    for name in ("check_questions", "fresh_codes"):
        op.drop_table(name)
