"""SQLite's write-ahead log stays bounded although somebody reads at every moment."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from steelyard_cloud.db import database, sqlite

MIB = 2**20


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    monkeypatch.setattr(sqlite, "LOG_BYTES", 4 * MIB)
    monkeypatch.setattr(sqlite, "WAIT_MS", 200)
    engine = database.connect(f"sqlite:///{tmp_path}/log.db")
    with database.writing(engine) as connection:
        connection.execute(text("CREATE TABLE t (a INTEGER PRIMARY KEY, b BLOB)"))
    yield engine
    engine.dispose()


def log_bytes(engine: Engine) -> int:
    return Path(f"{engine.url.database}-wal").stat().st_size


def write(engine: Engine) -> None:
    with database.writing(engine) as connection:
        connection.execute(text("INSERT INTO t (b) VALUES (zeroblob(1000000))"))


def test_the_log_is_bounded_while_readers_overlap(engine: Engine) -> None:
    ended, turns = threading.Event(), threading.Semaphore(0)

    def read(other: threading.Barrier) -> None:
        while not ended.is_set():
            with database.reading(engine) as connection:
                connection.scalar(text("SELECT max(a) FROM t"))
                try:
                    other.wait(0.1)  # the other one has begun before this one ends
                except threading.BrokenBarrierError:
                    other.reset()
                turns.release()

    barrier = threading.Barrier(2)
    readers = [threading.Thread(target=read, args=(barrier,)) for _ in range(2)]
    for reader in readers:
        reader.start()
    longest = 0
    for _ in range(60):
        assert turns.acquire(timeout=20)
        write(engine)
        longest = max(longest, log_bytes(engine))
    ended.set()
    for reader in readers:
        reader.join()
    assert longest < 25 * MIB, "60 MB were written"
    with database.reading(engine) as connection:
        assert connection.scalar(text("SELECT count(*) FROM t")) == 60


def test_a_reader_that_stays_puts_it_off_and_holds_nobody_up_for_long(engine: Engine) -> None:
    with database.reading(engine) as connection:
        assert connection.scalar(text("SELECT count(*) FROM t")) == 0
        for _ in range(8):
            write(engine)
        assert log_bytes(engine) > 7 * MIB
        assert connection.scalar(text("SELECT count(*) FROM t")) == 0, "it still sees what it saw"
    sqlite._tried_s.clear()
    write(engine)
    assert log_bytes(engine) == 0


def test_connections_keep_what_they_are_set_to(engine: Engine) -> None:
    for _ in range(6):
        write(engine)
    with database.reading(engine) as connection:
        kept = (("busy_timeout", 30_000), ("synchronous", 2), ("foreign_keys", 1), ("journal_mode", "wal"))
        for pragma, value in kept:
            assert connection.scalar(text(f"PRAGMA {pragma}")) == value
        assert connection.scalar(text("PRAGMA journal_size_limit")) == 64 * MIB
