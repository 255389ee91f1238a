"""An index on the few statements that are not snapshots, so that a page costs the same however long a chain is."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INDEX = "ix_statements_scale_id_identity_id_kind_number"
TELLING = sa.text("kind <> 3")


def upgrade() -> None:
    op.create_index(
        INDEX,
        "statements",
        ["scale_id", "identity_id", "kind", "number"],
        sqlite_where=TELLING,
        postgresql_where=TELLING,
    )


def downgrade() -> None:
    op.drop_index(INDEX, "statements")
