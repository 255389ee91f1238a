"""The fixtures give real, working servers, and say plainly when one is missing."""

import subprocess
from pathlib import Path

import pytest
import sqlalchemy
from paho.mqtt import publish

from kit import servers


def deliver(broker: servers.Server) -> None:
    publish.single("sy/test", b"x", qos=1, hostname="127.0.0.1", port=broker.port)


def test_mosquitto_takes_messages_and_comes_back_on_its_port_after_a_kill(mosquitto: servers.Server) -> None:
    deliver(mosquitto)
    mosquitto.kill()
    with pytest.raises(OSError, match="refused"):
        deliver(mosquitto)
    mosquitto.restart()
    deliver(mosquitto)
    assert str(mosquitto.port) in mosquitto.log.read_text()


@pytest.mark.parametrize("nth", [1, 2])
def test_each_test_gets_an_empty_database(postgresql: servers.Database, nth: int) -> None:
    engine = sqlalchemy.create_engine(postgresql.url)
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("CREATE TABLE only_here (id int)"))
    with engine.connect() as connection:
        assert sqlalchemy.inspect(connection).get_table_names() == ["only_here"]
    engine.dispose()


def test_chromium_runs(chromium_path: Path) -> None:
    words = subprocess.run([chromium_path, "--version"], capture_output=True, text=True, check=True).stdout
    assert "Chrom" in words


@pytest.mark.parametrize(("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_a_missing_server_is_an_error_in_ci_and_a_skip_elsewhere(
    monkeypatch: pytest.MonkeyPatch, ci: str, outcome: type[BaseException]
) -> None:
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="Debian package nosuch"):
        servers.missing("No such server", "nosuch")
