"""What a fact settles: each statement with its place among those of its key, and each fact with how many there were.

Of what is stored already the places are not known: all of it counts as stored before every fact, as it did.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

COLUMNS = {"statements": "arrival", "verifications": "settled", "decisions": "settled"}


def upgrade() -> None:
    for table, name in COLUMNS.items():
        op.add_column(table, sa.Column(name, sa.BigInteger, nullable=False, server_default="0"))


def downgrade() -> None:
    for table, name in COLUMNS.items():
        op.drop_column(table, name)
