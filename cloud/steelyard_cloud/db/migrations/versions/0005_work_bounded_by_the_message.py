"""What a message costs does not depend on what is stored: copies under one number, and the quarantine's size."""

import cbor2
import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_STATEMENTS = sa.table(
    "statements",
    sa.column("scale_id", sa.BigInteger),
    sa.column("identity_id", sa.BigInteger),
    sa.column("number", sa.BigInteger),
    sa.column("content_hash", sa.LargeBinary),
    sa.column("raw", sa.LargeBinary),
)


def upgrade() -> None:
    copies = op.create_table(
        "copies",
        sa.Column("identity_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("content_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("link", sa.LargeBinary(length=16), nullable=False),
        sa.PrimaryKeyConstraint("identity_id", "number", "content_hash", name=op.f("pk_copies")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_copies_identity_id_number_link"), "copies", ["identity_id", "number", "link"])
    op.create_table(
        "quarantine_sizes",
        sa.Column("shard", sa.String(length=1), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("shard", name=op.f("pk_quarantine_sizes")),
    )
    op.execute("INSERT INTO quarantine_sizes SELECT shard, count(*), sum(length(raw)) FROM quarantine GROUP BY shard")
    op.drop_index(op.f("ix_quarantine_kid"), "quarantine")  # what is looked for is found by its topic
    _note_copies(copies)


def downgrade() -> None:
    op.create_index(op.f("ix_quarantine_kid"), "quarantine", ["kid"])
    op.drop_table("quarantine_sizes")
    op.drop_index(op.f("ix_copies_identity_id_number_link"), "copies")
    op.drop_table("copies")


def _note_copies(copies: sa.Table) -> None:
    """The numbers under which more than one statement is stored: a few, found in the order of the primary key."""
    connection, c = op.get_bind(), _STATEMENTS.c
    under = (c.scale_id, c.identity_id, c.number)
    several = sa.select(*under).where(c.number > 0).group_by(*under).having(sa.func.count() > 1)
    for scale_id, identity_id, number in connection.execute(several).all():
        one = sa.select(c.content_hash, c.raw).where(
            c.scale_id == scale_id, c.identity_id == identity_id, c.number == number
        )
        links = {content_hash: _link(raw) for content_hash, raw in connection.execute(one)}
        rows = [
            {"identity_id": identity_id, "number": number, "content_hash": content_hash, "link": link}
            for content_hash, link in links.items()
        ]
        connection.execute(copies.insert(), rows)


def _link(raw: bytes) -> bytes:
    """The link in a statement's head."""
    message = cbor2.loads(raw)
    payload = cbor2.loads((message.value if isinstance(message, cbor2.CBORTag) else message)[2])
    return bytes(payload[2])
