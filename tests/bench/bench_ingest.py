"""Statements a second from Mosquitto to committed to receipt, each part a process of its own, on SQLite.

`ingest` is the steady state, the hardest case: one statement a message and so many scales that a batch hardly ever has
two of one, so that every statement asks for its own signature check, its own summary and its own receipt. It is an
error if a signature was not checked; `ingest receipts` tells how many receipts came for a statement. There is an ingest
process for each of two cores; `ingest, one process` has all shards to itself. `ingest` checks signatures by the
extension where it can be used, `ingest openssl` without it. `ingest catching up` is what follows an outage: batches,
taken in by their last signature; `catching up, checked` goes on until the other signatures are checked too. The
reference is a plain receiver in the same run, the better of one before and one after, as whatever else the machine
does slows it down more; it sends no receipts.

`core time` is what a statement of `ingest` takes of the processor in all processes, in µs, against the 100 that 20,000
a second on two cores leave; the rows with a part's name say where it goes. What else the machine does hardly moves it.
"""

import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from kit import servers
from kit.cloud_desk import Desk
from kit.signing_scale import SigningScale
from sqlalchemy import func, select
from steelyard_cloud import keys
from steelyard_cloud.db import database, feeds
from steelyard_cloud.db.schema import statements, summaries
from steelyard_cloud.judge import summary_bytes
from steelyard_cloud.settings import SHARDS
from steelyard_cloud.statements.stored import BY_SIGNATURE
from steelyard_protocol import verifiers
from steelyard_protocol.statement import encode_batch

HERE = Path(__file__).parent
PROCESSES = 2
SCALES = 4000  # more than two batches of each process hold
STATEMENTS = 4  # of each scale
BEHIND = 1000  # scales that catch up
CATCHING_UP = 20  # statements in one message
BUDGET_US = 100.0  # of core time a statement: two cores, 20,000 a second
PLAIN = 1000  # messages that the reference has to take

Messages = list[tuple[str, bytes]]


def rows() -> list[dict[str, Any]]:
    """Rates, all against the plain receiver; the receipts for a statement; processor time for a statement."""
    some = [SigningScale(seed) for seed in range(1, SCALES + 1)]
    opening = [(scale.up, encode_batch([scale.enrol(), scale.boot()])) for scale in some]
    steady = [(scale.up, scale.snapshot()) for _ in range(STATEMENTS) for scale in some]
    behind = [(scale.up, encode_batch([scale.snapshot() for _ in range(CATCHING_UP)])) for scale in some[:BEHIND]]
    rates = {}
    best = best_verifier()
    with tempfile.TemporaryDirectory() as folder:
        before = run_plain(Path(folder) / "before", some, steady[:PLAIN])
        with Cloud(Path(folder) / "one", some, 1, best) as cloud:
            cloud.take(opening)
            rates["ingest, one process"] = cloud.take(steady, singly=True).rate
        if best != "openssl":
            with Cloud(Path(folder) / "openssl", some, PROCESSES) as cloud:
                cloud.take(opening)
                rates["ingest openssl"] = cloud.take(steady, singly=True).rate
        with Cloud(Path(folder) / "two", some, PROCESSES, best) as cloud:
            cloud.take(opening)
            before_bytes = cloud.size_bytes()
            taken = cloud.take(steady, singly=True)
            rates["ingest"] = taken.rate
            stored_bytes = cloud.size_bytes() - before_bytes
            start = time.perf_counter()
            rates["ingest catching up"] = CATCHING_UP * cloud.take(behind).rate
            cloud.wait_for_signatures()
            rates["ingest catching up, checked"] = len(behind) * CATCHING_UP / (time.perf_counter() - start)
        plain = max(before, run_plain(Path(folder) / "after", some, steady[:PLAIN]))
    return [
        *(row(name, rate, "statements/s", plain) for name, rate in rates.items()),
        row("ingest receipts", taken.receipts / len(steady), "for a statement"),
        row("bytes per statement", stored_bytes / len(steady), "on disk, with indexes"),
        row("core time", sum(taken.spent_us.values()), "µs a statement", BUDGET_US, BUDGET_US),
        *(row(f"core time, {part}", us, "µs a statement") for part, us in taken.spent_us.items()),
    ]


def row(
    name: str, value: float, unit: str, reference: float | None = None, best: float | None = None
) -> dict[str, Any]:
    """One row of the table; of what is the better the less there is of it, `best` is the reference."""
    ratio = None if reference is None else best / value if best else value / reference
    return {"name": name, "value": value, "unit": unit, "reference": reference, "ratio": ratio}


def best_verifier() -> str:
    """The setting for whatever checks signatures fastest here."""
    try:
        verifiers.ifma()
    except verifiers.VerifierUnavailable:
        return "openssl"
    return "ifma"


class Taken(NamedTuple):
    """What came of a load: messages a second, receipts, and processor time a message in µs of each part."""

    rate: float
    receipts: int
    spent_us: dict[str, float]


class Cloud:
    """Mosquitto, a database in which the scales are on record, and ingest processes that share the shards."""

    def __init__(self, folder: Path, some: list[SigningScale], processes: int, verifier: str = "openssl") -> None:
        folder.mkdir()
        self.folder, self.broker = folder, servers.mosquitto(folder)
        data = folder / "data"
        online = keys.create(data / "keys", data / "root")
        assert online
        self.desk = Desk(f"sqlite:///{data}/steelyard.sqlite")
        self.desk.register(*some)
        command = [sys.executable, "-c", "from steelyard_cloud.command import app; app(['ingest'])"]
        given = {
            "STEELYARD_CLOUD_DATA_DIR": str(data),
            "STEELYARD_CLOUD_MQTT_PORT": str(self.broker.port),
            "STEELYARD_CLOUD_VERIFIER": verifier,
        }
        self.processes = [
            subprocess.Popen(command, env=os.environ | given | {"STEELYARD_CLOUD_SHARDS": SHARDS[at::processes]})
            for at in range(processes)
        ]

    def __enter__(self) -> "Cloud":
        """Wait until every shard has its session, and what the registry told has been read."""
        log = self.broker.log
        servers.wait_until(lambda: log.read_text().count("steelyard-ingest-") >= len(SHARDS), 60, "the sessions")
        servers.wait_until(self._registry_is_read, 120, "the reading of the registry's changes")
        return self

    def __exit__(self, *_: object) -> None:
        """Stop everything."""
        for process in self.processes:
            process.terminate()
            process.wait()
        self.desk.close()
        self.broker.stop()

    def _registry_is_read(self) -> bool:
        with database.reading(self.desk.engine) as connection:
            read = feeds.load_cursor(connection, "ingest", feeds.CHANGES, SHARDS)
            return read == feeds.heads(connection, feeds.CHANGES, SHARDS)

    def _authentic_by(self) -> dict[int, int]:
        c = statements.c.authentic_by
        with database.reading(self.desk.engine) as connection:
            return {row[0]: row[1] for row in connection.execute(select(c, func.count()).group_by(c))}

    def take(self, load: Messages, *, singly: bool = False) -> Taken:
        """Publish a load, until the receipt of the last statement of every scale is there.

        With `singly` it is an error if the signature of a statement was not checked.
        """
        before = self._authentic_by()
        assert self.broker.process
        parts = {"broker": [self.broker.process.pid], "ingest": [one.pid for one in self.processes]}
        start_s = {part: spent_s(pids) for part, pids in parts.items()}
        seconds, receipts, loading_s = publish(self.folder, self.broker.port, load, last_hashes(load))
        spent_us = {part: (spent_s(pids) - start_s[part]) / len(load) * 1e6 for part, pids in parts.items()}
        if singly:
            taken = {by: count - before.get(by, 0) for by, count in self._authentic_by().items()}
            if {by: count for by, count in taken.items() if count} != {BY_SIGNATURE: len(load)}:
                raise RuntimeError(f"{len(load)} statements were sent, and taken (how authentic, how many): {taken}")
        return Taken(len(load) / seconds, receipts, spent_us | {"load": loading_s / len(load) * 1e6})

    def size_bytes(self) -> int:
        """What the database has of pages that are in use."""
        with database.reading(self.desk.engine) as connection:
            pages, free, size = (
                connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
                for name in ("page_count", "freelist_count", "page_size")
            )
        return int((pages - free) * size)

    def wait_for_signatures(self) -> None:
        """Until no signature of any scale is unchecked."""
        with database.reading(self.desk.engine) as connection:
            waiting = list(connection.scalars(select(summaries.c.identity_id)))

        def checked() -> bool:
            with database.reading(self.desk.engine) as connection:
                while waiting:
                    of = summaries.c.identity_id == waiting[-1]
                    state = connection.scalars(select(summaries.c.summary).where(of)).one()
                    if summary_bytes.load(b"", state).unchecked:
                        return False
                    waiting.pop()
            return True

        servers.wait_until(checked, 120, "the check of all signatures")


def run_plain(folder: Path, some: list[SigningScale], messages: Messages) -> float:
    """Statements a second of the plain receiver."""
    folder.mkdir()
    broker = servers.mosquitto(folder)
    points = folder / "points"
    points.write_bytes(pickle.dumps({scale.kid: scale.public_key for scale in some}))
    arguments = [str(broker.port), str(points), str(folder / "plain.db"), str(len(messages))]
    receiver = subprocess.Popen(
        [sys.executable, str(HERE / "plain_receiver.py"), *arguments], stdout=subprocess.PIPE, text=True
    )
    assert receiver.stdout is not None
    try:
        receiver.stdout.readline()
        publish(folder, broker.port, messages, {})
        return len(messages) / float(receiver.stdout.readline())
    finally:
        receiver.kill()
        receiver.wait()
        broker.stop()


def last_hashes(load: Messages) -> dict[str, bytes]:
    """What the last receipt of each scale must contain: the hash of its last statement."""
    from steelyard_protocol.statement import decode_message, hash_of

    return {f"{topic[:-2]}down": hash_of(decode_message(payload)[-1]) for topic, payload in load}


def publish(folder: Path, port: int, messages: Messages, awaited: dict[str, bytes]) -> tuple[float, int, float]:
    """Publish from a process of its own: seconds until the awaited receipts came, how many came, its processor time."""
    given = folder / "load"
    given.write_bytes(pickle.dumps((messages, awaited)))
    done = subprocess.run(
        [sys.executable, str(HERE / "mqtt_load.py"), str(port), str(given)], capture_output=True, text=True, check=True
    )
    seconds, receipts, spent = done.stdout.split()
    return float(seconds), int(receipts), float(spent)


def spent_s(pids: Iterable[int]) -> float:
    """Processor time of processes so far, user and system; 0 where the system does not tell."""
    ticks = 0
    for pid in pids:
        file = Path(f"/proc/{pid}/stat")
        if file.exists():
            ticks += sum(map(int, file.read_text().rpartition(")")[2].split()[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")
