"""Setting the platform up: it prints no secret, and nothing runs on a database that was not set up for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import alembic.command
import pytest
from kit.cli import steelyard
from sqlalchemy import Engine
from steelyard_cloud import command
from steelyard_cloud.db import database


def test_the_database_s_password_is_not_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = f"sqlite:///{tmp_path}/cloud.db"
    database.migrate(here)

    @contextmanager
    def elsewhere(_settings: object) -> Iterator[Engine]:
        engine = database.connect(here)
        yield engine
        engine.dispose()

    monkeypatch.setattr(command, "_database", elsewhere)
    monkeypatch.setattr(database, "migrate", lambda _url: None)
    monkeypatch.setenv("STEELYARD_CLOUD_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("STEELYARD_CLOUD_DATABASE_URL", "postgresql://steelyard:hunter2@db.example/steelyard")
    result = steelyard("cloud", "init")
    assert result.exit_code == 0, result.output
    assert "db.example" in result.output
    assert "hunter2" not in result.output


@pytest.mark.parametrize("process", ["serve", "web", "ingest"])
@pytest.mark.parametrize(("to", "found"), [("0001", "0001"), ("base", "none")])
def test_nothing_runs_on_a_schema_of_another_program(
    process: str, to: str, found: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path}/cloud.db"
    database.migrate(url)
    engine = database.connect(url)
    with engine.connect() as connection:
        config = database._migrations()
        config.attributes["connection"] = connection
        alembic.command.downgrade(config, to)
        connection.commit()
    engine.dispose()
    monkeypatch.setenv("STEELYARD_CLOUD_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("STEELYARD_CLOUD_DATABASE_URL", url)
    result = steelyard("cloud", process)
    assert result.exit_code == 1
    assert f"has schema {found}" in result.output
    assert "steelyard cloud init" in result.output
    assert steelyard("cloud", "init").exit_code == 0
    engine = database.connect(url)
    database.check(engine)
    engine.dispose()
