"""Broker and ingest killed with SIGKILL under traffic: no receipt was ahead of its commit, and nothing is lost.

The scales here are many and fast (they only sign); that real agents survive the same is shown by the whole system.
"""

import functools
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from kit.cloud_desk import Desk, Wire, wait_for
from kit.servers import Server
from kit.signing_scale import SigningScale
from kit.whole_system import await_ingest
from steelyard_cloud import keys
from steelyard_protocol.statement import encode_batch, hash_of, parse

SCALES = 12
STATEMENTS = 40
ROUNDS = 4
FLOOD = 1_000
RESEND_S = 1.0
COMMAND = [sys.executable, "-c", "from steelyard_cloud.command import app; app(['ingest'])"]


class Killable:
    """Ingest as a process of its own."""

    def __init__(self, url: str, folder: Path, port: int) -> None:
        self.environment = {
            "STEELYARD_CLOUD_DATABASE_URL": url,
            "STEELYARD_CLOUD_DATA_DIR": str(folder),
            "STEELYARD_CLOUD_MQTT_PORT": str(port),
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; it connects by itself."""
        self.process = subprocess.Popen(COMMAND, env=self.environment, stderr=subprocess.DEVNULL)

    def kill(self) -> None:
        """SIGKILL."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    """A cloud with keys on disk, for an ingest process to find."""
    keys.create(tmp_path / "keys", tmp_path / "root")
    desk = Desk(database_url)
    desk.online = keys.read_online(tmp_path / "keys")
    yield desk
    desk.close()


def check_receipts(desk: Desk, wire: Wire, scale: SigningScale) -> int:
    """Everything that the receipts so far speak of is committed; gives the highest number receipted."""
    held = {one.number: one for one in map(parse, desk.held(scale))}
    highest = 0
    for receipt in wire.receipts(scale, desk.online):
        assert set(range(1, receipt.number + 1)) <= held.keys()
        assert held[receipt.number].hash == receipt.hash
        highest = max(highest, receipt.number)
    return highest


def test_nothing_is_lost_and_no_receipt_is_early(desk: Desk, mosquitto: Server, tmp_path: Path) -> None:
    chance = random.Random(7)
    some = [SigningScale(seed) for seed in range(1, SCALES + 1)]
    desk.register(*some)
    journals = {scale.kid: [scale.enrol(), scale.boot()] for scale in some}
    for scale in some:
        journals[scale.kid] += [scale.snapshot() for _ in range(STATEMENTS)]
    ingest = Killable(desk.url, tmp_path, mosquitto.port)
    wire = Wire(mosquitto.port, *some)
    receipted = dict.fromkeys(journals, 0)

    sent_s = 0.0

    def resend() -> None:
        """As a scale does after a while without its receipt: what is not receipted, in batches."""
        nonlocal sent_s
        if time.monotonic() < sent_s + RESEND_S:
            return
        sent_s = time.monotonic()
        for scale in some:
            waiting = journals[scale.kid][receipted[scale.kid] :]
            for start in range(0, len(waiting), 10):
                wire.send(scale, encode_batch(waiting[start : start + 10]))

    def receipts_came(enough: int) -> bool:
        resend()
        return len(wire.down) >= enough

    def all_receipted() -> bool:
        resend()
        receipted.update({scale.kid: check_receipts(desk, wire, scale) for scale in some})
        return all(receipted[kid] == len(journal) for kid, journal in journals.items())

    try:
        for round_ in range(ROUNDS):
            ingest.start()
            enough = len(wire.down) + chance.randrange(1, 2 * SCALES)
            wait_for(functools.partial(receipts_came, enough), f"receipts in round {round_}", 60)
            ingest.kill()
            if round_ == ROUNDS // 2:
                mosquitto.kill()
                mosquitto.restart()
            for scale in some:
                check_receipts(desk, wire, scale)
        ingest.start()
        wait_for(all_receipted, "the receipts for everything", 60)
    finally:
        ingest.kill()
        wire.close()
    for scale in some:
        assert [hash_of(raw) for raw in desk.held(scale)] == [hash_of(raw) for raw in journals[scale.kid]]
    assert desk.alerts() == []


def test_what_waits_behind_a_flood_when_ingest_is_killed_comes_again(
    desk: Desk, mosquitto: Server, tmp_path: Path
) -> None:
    """Nobody sends again here: all that was not committed must come from the broker."""
    flooding, *honest = [SigningScale(seed) for seed in range(1, 5)]
    desk.register(flooding, *honest)
    ingest = Killable(desk.url, tmp_path, mosquitto.port)
    wire = Wire(mosquitto.port, flooding, *honest)
    ingest.start()
    try:
        await_ingest(mosquitto)
        for scale in (flooding, *honest):
            wire.send(scale, scale.enrol(), scale.boot())
        wait_for(lambda: all(len(desk.held(scale)) == 2 for scale in honest), "the enrolments", 60)
        wire.send(flooding, *(flooding.snapshot() for _ in range(FLOOD)))
        for scale in honest:
            wire.send(scale, *(scale.snapshot() for _ in range(3)))
        for share in (0.1, 0.4):
            wait_for(lambda: desk.count(flooding) > share * FLOOD, "a part of the flood", 60)  # noqa: B023
            ingest.kill()
            assert len(desk.held(flooding)) < FLOOD
            ingest.start()
        wait_for(lambda: desk.count(flooding) == FLOOD + 2, "all of the flood", 60)
        wait_for(lambda: all(check_receipts(desk, wire, one) == one.number for one in (flooding, *honest)), "receipts")
    finally:
        ingest.kill()
        wire.close()
    for scale in (flooding, *honest):
        assert desk.held(scale) == scale.chain
