"""Scales on record that never send, by the hundred thousand: copies of one that did, made by the database itself."""

from kit.cloud_desk import Desk
from sqlalchemy import text
from steelyard_cloud.db import database
from steelyard_cloud.settings import SHARDS

CODE, SHARD = "printf('C%015d', n)", f"substr('{SHARDS}', n % {len(SHARDS)} + 1, 1)"
COPIED = (
    (
        "scales",
        {"id": "n", "shard": SHARD, **dict.fromkeys(("public_code", "serial_number", "production_code"), CODE)},
    ),
    (
        "identities",
        {
            "id": "n",
            "scale_id": "n",
            "shard": SHARD,
            "kid": "randomblob(10)",
            "text": CODE,
            "thumbprint": "randomblob(32)",
        },
    ),
    ("summaries", {"identity_id": "n", "scale_id": "n", "shard": SHARD}),
    ("standings", {"scale_id": "n", "shard": SHARD}),
    ("due", {"scale_id": "n", "identity_id": "n", "shard": SHARD}),
)


def register_copies(desk: Desk, first: int, last: int) -> None:
    """Put scales with the ids from `first` to `last` on record, each with an identity, a summary and a timer."""
    with database.writing(desk.engine) as connection:
        for table, changed in COPIED:
            columns = [row[1] for row in connection.execute(text(f"PRAGMA table_info({table})"))]  # constants
            values = [changed.get(column, f"one.{column}") for column in columns]
            connection.execute(
                text(
                    f"WITH RECURSIVE more(n) AS (SELECT :first UNION ALL SELECT n + 1 FROM more WHERE n < :last) "
                    f"INSERT INTO {table} ({', '.join(columns)}) "  # constants
                    f"SELECT {', '.join(values)} FROM more, (SELECT * FROM {table} LIMIT 1) AS one"
                ),
                {"first": first, "last": last},
            )
