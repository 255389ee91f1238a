"""A database knows its root: other keys are refused, and an old database learns it when it is brought up to date."""

from collections.abc import Callable
from pathlib import Path

import pytest
from kit.cli import steelyard
from sqlalchemy import delete, select, text
from steelyard_cloud import keys
from steelyard_cloud.db import database, root
from steelyard_cloud.db.schema import platform

Run = Callable[..., tuple[int, str]]
COMMANDS = (("serve",), ("web",), ("ingest",), ("token", "create", "--role", "admin"), ("sign-in-link",), ("init",))


@pytest.fixture
def run(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`steelyard cloud` on one database, with the keys in a folder that the test names."""
    monkeypatch.setenv("STEELYARD_CLOUD_DATABASE_URL", database_url)

    def command(folder: str, *words: str) -> tuple[int, str]:
        monkeypatch.setenv("STEELYARD_CLOUD_DATA_DIR", str(tmp_path / folder))
        result = steelyard("cloud", *words)
        return result.exit_code, " ".join(result.output.split())

    return command


def recorded(url: str) -> bytes | None:
    engine = database.connect(url)
    try:
        with database.reading(engine) as connection:
            return root.recorded(connection)
    finally:
        engine.dispose()


def test_processes_with_another_root_are_refused(run: Run, database_url: str, tmp_path: Path) -> None:
    assert run("mine", "init")[0] == 0
    mine = keys.root_thumbprint(tmp_path / "mine" / "keys")
    assert mine is not None
    assert recorded(database_url) == mine
    keys.create(tmp_path / "other" / "keys", tmp_path / "other" / "root")
    for words in COMMANDS:
        code, output = run("other", *words)
        assert code == 1, words
        assert f"belongs to the root key {mine.hex()}" in output, output
        assert str(tmp_path / "other" / "keys") in output.replace(" ", "")
    assert recorded(database_url) == mine
    assert run("mine", "token", "create", "--role", "admin")[0] == 0


def test_no_new_keys_are_made_for_a_database_that_has_a_root(run: Run, tmp_path: Path) -> None:
    assert run("mine", "init")[0] == 0
    code, output = run("empty", "init")
    assert (code, "Put the platform's keys back there" in output) == (1, True)
    assert not (tmp_path / "empty" / "keys").exists()
    assert run("mine", "init")[0] == 0


def test_an_old_database_learns_its_root_at_its_next_init(run: Run, database_url: str, tmp_path: Path) -> None:
    assert run("mine", "init")[0] == 0
    engine = database.connect(database_url)
    with database.writing(engine) as connection:
        connection.execute(delete(platform))
    engine.dispose()
    assert run("mine", "token", "create", "--role", "admin")[0] == 0
    assert recorded(database_url) is None, "only init records it"
    assert run("mine", "init")[0] == 0
    assert recorded(database_url) == keys.root_thumbprint(tmp_path / "mine" / "keys")


def test_a_database_that_was_exchanged_is_refused_at_its_next_connection(database_url: str, tmp_path: Path) -> None:
    database.migrate(database_url)
    engine = database.connect(database_url)
    root.guard(engine, b"m" * 32, tmp_path)
    with database.writing(engine) as connection:
        root.record(connection, b"m" * 32, 1)
        root.record(connection, b"x" * 32, 2)
        assert connection.scalars(select(platform.c.root)).all() == [b"m" * 32]
        connection.execute(text("UPDATE platform SET root = :other"), {"other": b"x" * 32})
    engine.dispose()
    with pytest.raises(root.OtherRoot), database.reading(engine):
        pass
    engine.dispose()


def test_a_database_holds_one_root(database_url: str) -> None:
    database.migrate(database_url)
    engine = database.connect(database_url)
    with pytest.raises(database.IntegrityError), database.writing(engine) as connection:
        connection.execute(platform.insert().values(id=2, root=b"x" * 32, recorded_ms=1))
    engine.dispose()
