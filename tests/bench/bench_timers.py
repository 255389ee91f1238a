"""What time brings when a province is on record, and whether anybody waits for it.

`timers per second` is a day like any other: a million scales that report every ten minutes make 555 timers due a
second, and each is put off. `timers per second, silent`: nobody reported, so each scale is judged and alerted. Both by
processor time, against the 555. `receipt during a backlog p99` is how long a statement waits for its receipt while the
timers work off a national outage, in seconds; the reference is the same when nothing is due.
"""

import tempfile
import time
from pathlib import Path
from typing import Any

from bench_attack import waits
from kit import servers
from kit.cloud_desk import Desk, Wire
from kit.signing_scale import SigningScale
from many_scales import register_copies
from sqlalchemy import func, select
from steelyard_cloud.clock import now_ms
from steelyard_cloud.db import database
from steelyard_cloud.db.schema import alerts, due, summaries
from steelyard_cloud.ingest.mqtt.broker import Message
from steelyard_cloud.ingest.timers import judge_due

REPORTING, SILENT = 100_000, 5_000
OUTAGE = 400_000
NEEDED = 1_000_000 / 1_800  # a second: each scale is looked at once in three periods
HONEST, SECONDS = 20, 15.0


def rows() -> list[dict[str, Any]]:
    """Three rows."""
    with tempfile.TemporaryDirectory() as folder:
        reporting = rate(Path(folder) / "reporting", REPORTING, reported=True)
        silent = rate(Path(folder) / "silent", SILENT, reported=False)
        calm, backlog = (waits_with(Path(folder) / str(late), late) for late in (0, OUTAGE))
    return [
        row("timers per second", reporting, "of processor time", NEEDED),
        row("timers per second, silent", silent, "of processor time", NEEDED),
        row("receipt during a backlog p99", backlog, "s", calm),
    ]


def row(name: str, value: float, unit: str, reference: float) -> dict[str, Any]:
    """One row of the table."""
    return {"name": name, "value": value, "unit": unit, "reference": reference, "ratio": value / reference}


def prepared(folder: Path, count: int, *some: SigningScale, reported: bool) -> Desk:
    """A database in which so many scales are due that have reported now, or a day ago."""
    desk = Desk(f"sqlite:///{folder}/cloud.sqlite")
    desk.register(*some)
    receiver, day_before_ms = desk.receiver(), now_ms() - 86_400_000
    for scale in some:
        receiver.handle([Message(scale.up, raw, None) for raw in (scale.enrol(), scale.boot())], day_before_ms)
    receiver.close()
    if count:
        register_copies(desk, len(some) + 1, len(some) + count)
    with database.writing(desk.engine) as connection:
        if reported:
            connection.execute(summaries.update().values(received_ms=now_ms()))
        else:
            connection.execute(due.delete().where(due.c.scale_id <= len(some)))
    return desk


def rate(folder: Path, count: int, *, reported: bool) -> float:
    """How many of the due scales are done in a second of processor time."""
    desk = prepared(folder, count, SigningScale(1), reported=reported)
    receiver, at_ms = desk.receiver(), now_ms()
    start_s = time.process_time()
    while judge_due(receiver, at_ms):
        pass
    spent_s = time.process_time() - start_s
    receiver.close()
    with database.reading(desk.engine) as connection:
        left = connection.scalar(select(func.count()).where(due.c.due_ms <= at_ms))
        alerted = connection.scalar(select(func.count()).select_from(alerts))
    desk.close()
    if left or alerted != (0 if reported else count):
        raise RuntimeError(f"of {count} scales {left} are still due, and {alerted} are alerted")
    return count / spent_s


def waits_with(folder: Path, count: int) -> list[float]:
    """Seconds that scales wait for their receipts while so many others are due and silent."""
    folder.mkdir()
    honest = [SigningScale(seed) for seed in range(1, HONEST + 1)]
    desk = prepared(folder, count, *honest, reported=False)
    broker = servers.mosquitto(folder)
    ingest = desk.ingest(broker.port)
    wire = Wire(broker.port, *honest)
    found = waits(wire, honest, SECONDS)
    wire.close()
    ingest.stop()
    desk.close()
    broker.stop()
    return found
