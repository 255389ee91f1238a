"""Whether a statement costs the same however many scales are on record: 1,000 of them send, among 1,000 and 100,000.

The receiver starts cold, so every key and summary is read from the database. Processor time counts, not the clock: the
ratio is what is asked for.
"""

import tempfile
import time
from pathlib import Path
from typing import Any

from kit.cloud_desk import Desk
from kit.signing_scale import SigningScale
from sqlalchemy import text
from steelyard_cloud.clock import now_ms
from steelyard_cloud.db import database
from steelyard_cloud.ingest.mqtt.broker import Message

SENDERS = 1_000
REGISTERED = 100_000
ROUNDS = 3


def rows() -> list[dict[str, Any]]:
    """One row: statements a second of processor time with many registered, against few."""
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(f"sqlite:///{Path(folder)}/cloud.sqlite")
        senders = [SigningScale(seed) for seed in range(1, SENDERS + 1)]
        desk.register(*senders)
        take(desk, [(scale, scale.enrol()) for scale in senders])
        few = min(cold(desk, senders) for _ in range(ROUNDS))
        register_copies(desk, REGISTERED - SENDERS)
        many = min(cold(desk, senders) for _ in range(ROUNDS))
        desk.close()
    value, reference = SENDERS / many, SENDERS / few
    return [
        {
            "name": "ingest flat",
            "value": value,
            "unit": "statements/s",
            "reference": reference,
            "ratio": value / reference,
        }
    ]


def cold(desk: Desk, senders: list[SigningScale]) -> float:
    """Seconds of processor time for one statement of each sender, with nothing at hand."""
    return take(desk, [(scale, scale.snapshot()) for scale in senders])


def take(desk: Desk, sent: list[tuple[SigningScale, bytes]]) -> float:
    """Seconds of processor time for one batch, by a new receiver."""
    messages = [Message(scale.up, raw, (0, 1, 1)) for scale, raw in sent]
    receiver = desk.receiver()
    start = time.process_time()
    receipts = receiver.handle(messages, now_ms())
    spent = time.process_time() - start
    receiver.close()
    assert len(receipts) == len(sent)
    return spent


def register_copies(desk: Desk, count: int) -> None:
    """Put so many scales on record that never send, each with an identity and a summary of its own."""
    with database.writing(desk.engine) as connection:
        for table, key, changed in (
            ("scales", "id", dict.fromkeys(("public_code", "serial_number", "production_code"), "printf('C%015d', n)")),
            (
                "identities",
                "id",
                {
                    "scale_id": "n",
                    "kid": "randomblob(10)",
                    "text": "printf('C%015d', n)",
                    "thumbprint": "randomblob(32)",
                },
            ),
            ("summaries", "identity_id", {"scale_id": "n"}),
        ):
            columns = [row[1] for row in connection.execute(text(f"PRAGMA table_info({table})"))]  # constants
            values = [{key: "n", **changed}.get(column, column) for column in columns]
            connection.execute(
                text(
                    f"WITH RECURSIVE more(n) AS (SELECT :first UNION ALL SELECT n + 1 FROM more WHERE n < :last) "
                    f"INSERT INTO {table} ({', '.join(columns)}) "
                    f"SELECT {', '.join(values)} FROM more, (SELECT * FROM {table} LIMIT 1)"  # constants
                ),
                {"first": SENDERS + 1, "last": SENDERS + count},
            )
