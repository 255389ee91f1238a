"""Whether a statement costs the same however many scales are on record: 1,000 send, among as many, 100,000, a million.

The receiver starts cold, so every key and summary is read from the database. Processor time counts, not the clock: the
ratio is what is asked for.
"""

import tempfile
import time
from pathlib import Path
from typing import Any

from kit.cloud_desk import Desk
from kit.signing_scale import SigningScale
from many_scales import register_copies
from steelyard_cloud.clock import now_ms
from steelyard_cloud.ingest.mqtt.broker import Message

SENDERS = 1_000
REGISTERED = {"ingest flat": 100_000, "ingest flat million": 1_000_000}
ROUNDS = 3


def rows() -> list[dict[str, Any]]:
    """Two rows: statements a second of processor time with many registered, against few."""
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(f"sqlite:///{Path(folder)}/cloud.sqlite")
        senders = [SigningScale(seed) for seed in range(1, SENDERS + 1)]
        desk.register(*senders)
        take(desk, [(scale, scale.enrol()) for scale in senders])
        reference = SENDERS / min(cold(desk, senders) for _ in range(ROUNDS))
        rates, there = {}, SENDERS
        for name, registered in REGISTERED.items():
            register_copies(desk, there + 1, registered)
            rates[name], there = SENDERS / min(cold(desk, senders) for _ in range(ROUNDS)), registered
        desk.close()
    unit = "statements/s of processor time"
    return [
        {"name": name, "value": rate, "unit": unit, "reference": reference, "ratio": rate / reference}
        for name, rate in rates.items()
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
