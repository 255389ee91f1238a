"""What a timer waits for where that is only a scale's silence: those are put off without judging anybody."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("due") as table:
        table.add_column(sa.Column("identity_id", sa.BigInteger))
        table.add_column(sa.Column("patience_ms", sa.BigInteger))


def downgrade() -> None:
    with op.batch_alter_table("due") as table:
        table.drop_column("patience_ms")
        table.drop_column("identity_id")
