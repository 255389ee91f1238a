"""`steelyard cloud` as an operator uses it: set up once, serve, give out tokens, end in order."""

import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from kit.cloud_desk import Desk, Wire, wait_for
from kit.servers import Server, free_port
from kit.signing_scale import SigningScale
from steelyard_cloud import keys
from steelyard_protocol import downlink

COMMAND = [sys.executable, "-m", "steelyard_gateway", "cloud"]


@pytest.fixture
def environment(tmp_path: Path, mosquitto: Server) -> dict[str, str]:
    """Settings of a cloud in the test's folder."""
    return {
        **os.environ,
        "STEELYARD_CLOUD_DATA_DIR": str(tmp_path / "data"),
        "STEELYARD_CLOUD_MQTT_PORT": str(mosquitto.port),
        "STEELYARD_CLOUD_LISTEN_PORT": str(free_port()),
    }


def run(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *words], env=environment, capture_output=True, text=True, timeout=60)


@pytest.fixture
def running(environment: dict[str, str]) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Processes that the test starts; whatever still runs is killed in the end."""
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()


def healthy(environment: dict[str, str]) -> bool:
    try:
        with urllib.request.urlopen(
            f"http://127.0.0.1:{environment['STEELYARD_CLOUD_LISTEN_PORT']}/api/v1/health", timeout=2
        ) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_init_keeps_what_is_there(environment: dict[str, str], tmp_path: Path) -> None:
    first = run(environment, "init")
    assert first.returncode == 0, first.stderr
    folder, root_folder = tmp_path / "data" / "keys", tmp_path / "data" / "root"
    online, root = keys.read_online(folder), keys.read(root_folder / "root.pem")
    assert keys.read_root_public(folder) == root.public_key
    key_set = downlink.open_order(keys.read_key_set(folder), root.public_key)
    assert isinstance(key_set, downlink.KeySet)
    assert dict(key_set.keys)[online.public_key] == downlink.Role.ONLINE
    assert run(environment, "init").returncode == 0
    assert keys.read_online(folder) == online


def test_half_a_key_folder_is_refused_and_named(environment: dict[str, str], tmp_path: Path) -> None:
    run(environment, "init")
    (tmp_path / "data" / "keys" / "root.pub").unlink()
    failed = run(environment, "init")
    assert failed.returncode == 1
    assert "The database belongs to the root key" in failed.stderr
    assert f"there is no root.pub in {tmp_path / 'data' / 'keys'}" in failed.stderr
    (tmp_path / "data" / "steelyard.sqlite").unlink()
    failed = run(environment, "init")
    assert failed.returncode == 1
    assert "root.pem already exists" in failed.stderr


def test_serve_takes_statements_answers_and_ends_in_order(
    environment: dict[str, str], tmp_path: Path, mosquitto: Server, running: list[subprocess.Popen[bytes]]
) -> None:
    assert run(environment, "init").returncode == 0
    assert run(environment, "token", "create", "--role", "admin").stdout.startswith("sy_")
    assert "/sign-in?token=" in run(environment, "sign-in-link").stdout
    assert "no organisation" in run(environment, "token", "create", "--role", "admin", "--organisation", "X").stderr
    served = subprocess.Popen([*COMMAND, "serve"], env=environment)
    running.append(served)
    wait_for(lambda: healthy(environment), "the server's answer", 30)
    desk = Desk(f"sqlite:///{tmp_path}/data/steelyard.sqlite")
    desk.online = keys.read_online(tmp_path / "data" / "keys")
    scale = SigningScale()
    desk.register(scale)
    wire = Wire(mosquitto.port, scale)
    wire.send(scale, scale.enrol(), scale.boot())
    wait_for(lambda: any(one.number == 2 for one in wire.receipts(scale, desk.online)), "the receipt")
    served.send_signal(signal.SIGTERM)
    assert served.wait(timeout=15) in (0, -signal.SIGTERM)
    wire.close()
    desk.close()


def test_ingest_runs_apart_from_the_web(
    environment: dict[str, str], tmp_path: Path, mosquitto: Server, running: list[subprocess.Popen[bytes]]
) -> None:
    assert run(environment, "init").returncode == 0
    desk = Desk(f"sqlite:///{tmp_path}/data/steelyard.sqlite")
    scale = SigningScale()
    desk.register(scale)
    ingest = subprocess.Popen([*COMMAND, "ingest"], env=environment)
    web = subprocess.Popen([*COMMAND, "web"], env=environment)
    running += [ingest, web]
    wait_for(lambda: healthy(environment), "the web's answer", 30)
    wire = Wire(mosquitto.port, scale)
    raws = [scale.enrol(), scale.boot()]

    def receipted() -> bool:
        wire.send(scale, *raws)  # as a scale does until it has its receipt
        return desk.receipted(scale) == 2

    wait_for(receipted, "the statements of the scale", 30)
    for process in (ingest, web):
        process.send_signal(signal.SIGTERM)
    assert ingest.wait(timeout=15) == 0
    assert web.wait(timeout=15) in (0, -signal.SIGTERM)
    wire.close()
    desk.close()
