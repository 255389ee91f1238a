"""Software for the slots of scales, and which scale was sent it."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "software_images",
        sa.Column("id", BIG, primary_key=True, autoincrement=True),
        sa.Column("scale_type_id", BIG, sa.ForeignKey("scale_types.id"), nullable=False, index=True),
        sa.Column("hardware", sa.String(32), nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("version", sa.String(16), nullable=False),
        sa.Column("software_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("image_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("manifest", sa.LargeBinary, nullable=False),
        sa.Column("image", sa.LargeBinary, nullable=False),
        sa.Column("recorded_ms", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("scale_type_id", "image_hash"),
    )
    op.create_table(
        "updates",
        sa.Column("id", BIG, primary_key=True, autoincrement=True),
        sa.Column("scale_id", BIG, sa.ForeignKey("scales.id"), nullable=False, index=True),
        sa.Column("identity_id", BIG, sa.ForeignKey("identities.id"), nullable=False, index=True),
        sa.Column("image_id", BIG, sa.ForeignKey("software_images.id"), nullable=False),
        sa.Column("key_set", sa.LargeBinary, nullable=False),
        sa.Column("recorded_ms", sa.BigInteger, nullable=False),
        sa.Column("sent_ms", sa.BigInteger),
    )


def downgrade() -> None:
    for name in ("updates", "software_images"):
        op.drop_table(name)
