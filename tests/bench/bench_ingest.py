"""Statements a second from Mosquitto to committed to receipt, each part a process of its own, on SQLite.

`ingest` is the steady state, the hardest case: many scales, one statement a message, so that every signature is
checked and nearly every statement asks for its own receipt. `ingest catching up` is what follows an outage: batches,
taken in by their last signature. The reference is a plain receiver in the same run; it sends no receipts.
"""

import pickle
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import servers
from cloud_desk import Desk
from signing_scale import SigningScale
from steelyard_cloud import keys
from steelyard_protocol.statement import encode_batch

HERE = Path(__file__).parent
SCALES = 1000
STATEMENTS = 10  # of each scale
CATCHING_UP = 20  # statements in one message
PLAIN = 1000  # messages that the reference has to take

Messages = list[tuple[str, bytes]]


def rows() -> list[dict[str, Any]]:
    """Two rows, both against the plain receiver."""
    some = [SigningScale(seed) for seed in range(1, SCALES + 1)]
    started = {scale.text: [scale.enrol(), scale.boot()] for scale in some}
    steady = [(scale.up, scale.snapshot()) for _ in range(STATEMENTS) for scale in some]
    behind = [(scale.up, encode_batch([scale.snapshot() for _ in range(CATCHING_UP)])) for scale in some]
    with tempfile.TemporaryDirectory() as folder:
        plain = run_plain(Path(folder), some, steady[:PLAIN])
        opening = [(scale.up, encode_batch(started[scale.text])) for scale in some]
        seconds = run_ingest(Path(folder), some, [opening, steady, behind])
    rates = {
        "ingest": len(steady) / seconds[1],
        "ingest catching up": len(behind) * CATCHING_UP / seconds[2],
    }
    return [
        {"name": name, "value": rate, "unit": "statements/s", "reference": plain, "ratio": rate / plain}
        for name, rate in rates.items()
    ]


def run_plain(folder: Path, some: list[SigningScale], messages: Messages) -> float:
    """Statements a second of the plain receiver."""
    (folder / "plain").mkdir()
    broker = servers.mosquitto(folder / "plain")
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


def run_ingest(folder: Path, some: list[SigningScale], loads: list[Messages]) -> list[float]:
    """Seconds for each load, from its first publication to the receipt of the last statement of every scale."""
    (folder / "broker").mkdir()
    broker = servers.mosquitto(folder / "broker")
    data = folder / "data"
    online = keys.create(data / "keys", data / "root")
    assert online
    desk = Desk(f"sqlite:///{data}/steelyard.sqlite")
    desk.register(*some)
    environment = {"STEELYARD_CLOUD_DATA_DIR": str(data), "STEELYARD_CLOUD_MQTT_PORT": str(broker.port)}
    command = [sys.executable, "-c", "from steelyard_cloud.command import app; app(['ingest'])"]
    process = subprocess.Popen(command, env=environment)
    try:
        wait_for_sessions(broker)
        return [publish(folder, broker.port, load, last_hashes(load)) for load in loads]
    finally:
        process.terminate()
        process.wait()
        desk.close()
        broker.stop()


def wait_for_sessions(broker: servers.Server) -> None:
    """Until every shard has its session."""
    servers.wait_until(lambda: broker.log.read_text().count("steelyard-ingest-") >= 32, 60, "the sessions of ingest")


def last_hashes(load: Messages) -> dict[str, bytes]:
    """What the last receipt of each scale must contain: the hash of its last statement."""
    from steelyard_protocol.statement import decode_message, hash_of

    return {f"{topic[:-2]}down": hash_of(decode_message(payload)[-1]) for topic, payload in load}


def publish(folder: Path, port: int, messages: Messages, awaited: dict[str, bytes]) -> float:
    """Publish from a process of its own; seconds until the awaited receipts are there."""
    given = folder / "load"
    given.write_bytes(pickle.dumps((messages, awaited)))
    done = subprocess.run(
        [sys.executable, str(HERE / "mqtt_load.py"), str(port), str(given)], capture_output=True, text=True, check=True
    )
    return float(done.stdout)
