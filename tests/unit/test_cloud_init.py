"""What setting the platform up prints: never a secret."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine
from steelyard_cloud import command
from steelyard_cloud.store import database
from typer.testing import CliRunner


def test_the_database_s_password_is_not_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = f"sqlite:///{tmp_path}/cloud.db"
    database.migrate(here)

    @contextmanager
    def elsewhere(_settings: object) -> Iterator[Engine]:
        engine = database.connect(here)
        yield engine
        engine.dispose()

    monkeypatch.setattr(command, "_engine", elsewhere)
    monkeypatch.setattr(database, "migrate", lambda _url: None)
    monkeypatch.setenv("STEELYARD_CLOUD_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("STEELYARD_CLOUD_DATABASE_URL", "postgresql://steelyard:hunter2@db.example/steelyard")
    result = CliRunner().invoke(command.app, ["init"])
    assert result.exit_code == 0, result.output
    assert "db.example" in result.output
    assert "hunter2" not in result.output
