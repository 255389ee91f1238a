"""What the platform asks of scales."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "asks",
        sa.Column("id", BIG, primary_key=True, autoincrement=True),
        sa.Column("scale_id", BIG, sa.ForeignKey("scales.id"), nullable=False, index=True),
        sa.Column("identity_id", BIG, sa.ForeignKey("identities.id"), nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("what", sa.SmallInteger, nullable=False),
        sa.Column("value", sa.BigInteger),
        sa.Column("nonce", sa.LargeBinary(16)),
        sa.Column("answer", sa.LargeBinary(150)),
        sa.Column("recorded_ms", sa.BigInteger, nullable=False),
        sa.Column("sent_ms", sa.BigInteger),
        sa.Column("answered_ms", sa.BigInteger),
        sa.UniqueConstraint("identity_id", "number"),
    )


def downgrade() -> None:
    op.drop_table("asks")
