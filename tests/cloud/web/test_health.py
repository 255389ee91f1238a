"""A database that is away or full, and an ingest that is dead: 503 with a sentence, and one line in the log."""

import logging
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from kit.servers import Database
from kit.signing_scale import SigningScale
from kit.world import World
from sqlalchemy import Engine, event, text, update
from sqlalchemy.exc import DBAPIError, OperationalError
from steelyard_cloud.db import database, heartbeats, schema
from steelyard_cloud.db.outage import Trouble, trouble_of
from steelyard_cloud.people.roles import Role
from steelyard_cloud.settings import SHARDS
from steelyard_cloud.web.http import health
from steelyard_cloud.web.http.health import Workers

SENTENCES = {
    "database-away": ("The platform's database does not answer at the moment.", "平台数据库暂时没有响应"),
    "database-full": ("The platform's database cannot store anything", "平台数据库暂时无法写入"),
    "nothing-received": ("The platform does not receive what scales report", "平台暂时收不到秤的上报"),
}


class Clock:
    """A monotonic clock that the test moves."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock(world: World) -> Clock:
    """The clock by which the world's web times heartbeats."""
    made = Clock()
    world.app.state.context.workers._clock_s = made
    return made


def state(world: World) -> tuple[int, str]:
    """What /health says: the status and the problem's code or "ok"."""
    answer = world.client(None).get("/api/v1/health")
    return answer.status_code, answer.json().get("code", answer.json().get("status"))


def says(client: httpx.Client, path: str, code: str) -> None:
    """The page answers 503 with the sentence, in both languages."""
    for language, sentence in zip(("en", "zh-CN"), SENTENCES[code], strict=True):
        answer = client.get(path, headers={"Accept-Language": language})
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "30"), (path, answer.text)
        assert sentence in answer.text.replace("&#39;", "'"), (path, answer.text)
        assert answer.headers["content-language"] == language


@contextmanager
def away(engine: Engine) -> Iterator[None]:
    """The database refuses connections, those in the pool too."""

    def refuse(*_: object) -> None:
        raise OperationalError("connect", None, sqlite3.OperationalError("unable to open database file"))

    event.listen(engine, "engine_connect", refuse)
    try:
        yield
    finally:
        event.remove(engine, "engine_connect", refuse)


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def test_a_database_that_is_away_is_said_on_every_page_and_logged_once(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    scale = world.in_use("HT-1")
    desk, public = world.signed_in(Role.REGULATOR), world.client(None)
    assert state(world) == (200, "ok")
    caplog.clear()
    with away(world.engine):
        assert state(world) == (503, "database-away")
        for path in ("/alerts", "/scales", f"/scales/{scale.code}", "/complaints"):
            says(desk, path, "database-away")
        for path in (f"/s/{scale.code}", f"/s/{scale.code}/complaint"):
            says(public, path, "database-away")
        answer = world.client(Role.REGULATOR).get("/api/v1/alerts")
        assert (answer.status_code, answer.json()["code"]) == (503, "database-away")
        stream = world.client(Role.REGULATOR).get("/api/v1/events")
        assert (stream.status_code, stream.json()["code"]) == (503, "database-away")
        assert desk.get("/nowhere").status_code == 404
        assert public.get("/static/public.css").status_code == 200
        assert len(lines(caplog)) == 1, lines(caplog)
        assert "does not answer" in lines(caplog)[0]
    world.until(lambda: state(world) == (200, "ok"), "the database")
    assert public.get(f"/s/{scale.code}").status_code == 200
    assert len(lines(caplog)) == 2, lines(caplog)
    assert "works again" in lines(caplog)[1]
    world.send(scale, [scale.snapshot()])


def test_a_database_that_stores_nothing_is_said_and_reads_go_on(world: World, caplog: pytest.LogCaptureFixture) -> None:
    scale = world.in_use("HT-1")
    desk = world.signed_in(Role.REGULATOR)
    world.ingest.stop()

    def refuse(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA query_only = ON")

    event.listen(world.engine, "connect", refuse)
    world.engine.dispose()
    caplog.clear()
    for _ in range(3):
        assert state(world) == (503, "database-full")
    says(desk, f"/scales/{scale.code}", "database-full")
    assert world.client(None).get(f"/s/{scale.code}").status_code == 200
    assert [line for line in lines(caplog) if "can store nothing" in line] == lines(caplog)
    assert len(lines(caplog)) == 1
    event.remove(world.engine, "connect", refuse)
    world.engine.dispose()
    assert state(world) == (200, "ok")
    assert [line for line in lines(caplog) if "works again" in line] == lines(caplog)[1:]
    assert len(lines(caplog)) == 2


def test_sqlite_that_is_full_or_no_database_is_told_apart(tmp_path: Path) -> None:
    engine = database.connect(f"sqlite:///{tmp_path}/small.db")
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA max_page_count = 2"))
    with pytest.raises(DBAPIError) as full, database.writing(engine) as connection:
        connection.execute(text("CREATE TABLE t AS SELECT hex(randomblob(90000))"))
    assert trouble_of(full.value) is Trouble.FULL
    engine.dispose()
    (tmp_path / "text.db").write_text("this is no database, and long enough to be sure of it" * 100)
    engine = database.connect(f"sqlite:///{tmp_path}/text.db")
    with pytest.raises(DBAPIError) as no_database, database.reading(engine):
        pass
    assert trouble_of(no_database.value) is Trouble.AWAY
    engine.dispose()


def test_postgresql_that_is_read_only_or_gone_is_told_apart(postgresql: Database) -> None:
    engine = database.connect(postgresql.url)
    with engine.connect() as connection:
        connection.execute(text("SET default_transaction_read_only = on"))
        connection.commit()
        with pytest.raises(DBAPIError) as read_only:
            connection.execute(text("CREATE TABLE t (a int)"))
        connection.rollback()
        with pytest.raises(DBAPIError) as wrong:
            connection.execute(text("SELECT nothing"))
    engine.dispose()
    assert trouble_of(read_only.value) is Trouble.FULL
    assert trouble_of(wrong.value) is None
    gone = database.connect("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(DBAPIError) as refused, database.reading(gone):
        pass
    assert trouble_of(refused.value) is Trouble.AWAY
    gone.dispose()


def test_ingest_that_is_dead_is_said_by_health_and_pages(world: World, clock: Clock) -> None:
    scale = world.in_use("HT-1")
    desk, public = world.signed_in(Role.REGULATOR), world.client(None)
    assert state(world) == (200, "ok")
    world.ingest.stop()
    state(world)
    clock.now_s += health.DEAD_S - 1
    assert state(world) == (200, "ok")
    clock.now_s += 2
    answer = world.client(None).get("/api/v1/health")
    assert (answer.status_code, answer.json()["values"]) == (503, {"shards": SHARDS})
    for path in ("/alerts", f"/scales/{scale.code}", "/scales"):
        says(desk, path, "nothing-received")
    for path in (f"/s/{scale.code}", f"/s/{scale.code.lower()}."):
        says(public, path, "nothing-received")
    assert world.client(Role.REGULATOR).get("/api/v1/alerts").status_code == 200, "programs still get the evidence"
    assert public.get("/sign-in").status_code == 200
    assert public.post(f"/s/{scale.code}/complaint", data={"words": "too heavy"}).status_code == 303
    with database.writing(world.engine) as connection:
        heartbeats.beat(connection, SHARDS)
    assert state(world) == (200, "ok")
    clock.now_s += health.LOOK_S + 1
    assert public.get(f"/s/{scale.code}").status_code == 200


def test_only_the_scales_of_a_dead_shard_cannot_be_told(world: World, clock: Clock) -> None:
    scale = world.in_use("HT-1")
    other = next(one for one in (world.scale(f"HT-{n}") for n in range(2, 99)) if one.code[0] != scale.code[0])
    assert world.enrol(other).status_code == 201
    world.ingest.stop()
    state(world)
    clock.now_s += health.DEAD_S + 1
    with database.writing(world.engine) as connection:
        heartbeats.beat(connection, SHARDS.replace(scale.code[0], ""))
    answer = world.client(None).get("/api/v1/health")
    assert (answer.status_code, answer.json()["values"]) == (503, {"shards": scale.code[0]})
    says(world.client(None), f"/s/{scale.code}", "nothing-received")
    assert world.client(None).get(f"/s/{other.code}").status_code == 200
    listed = world.signed_in(Role.REGULATOR).get("/scales")
    assert listed.status_code == 200
    assert f"begins with one of {scale.code[0]} at the moment" in listed.text


@pytest.mark.parametrize("ahead_ms", [-(10**12), 10**12])
def test_a_wall_clock_that_is_set_hides_no_dead_worker(world: World, ahead_ms: int) -> None:
    world.ingest.stop()
    clock = Clock()
    workers = Workers(lambda: database.reading(world.engine), clock)
    assert workers.look() == frozenset()
    with database.writing(world.engine) as connection:  # the last beat came from a clock that was wrong
        connection.execute(update(schema.heartbeats).values(at_ms=schema.heartbeats.c.at_ms + ahead_ms))
    clock.now_s += health.DEAD_S + 1
    assert workers.look() == frozenset(SHARDS)


def test_a_process_that_has_just_started_sees_that_a_worker_died_long_ago(world: World) -> None:
    world.ingest.stop()
    with database.writing(world.engine) as connection:
        connection.execute(update(schema.heartbeats).values(at_ms=schema.heartbeats.c.at_ms - 31_000))
    assert Workers(lambda: database.reading(world.engine)).look() == frozenset(SHARDS)


def test_beats_are_few_and_stop_while_nothing_can_be_committed(either: World, monkeypatch: pytest.MonkeyPatch) -> None:
    scale: SigningScale = either.in_use("HT-1")

    def counted() -> int:
        with database.reading(either.engine) as connection:
            return heartbeats.read(connection)[scale.code[0]].counted

    first = counted()
    for _ in range(50):
        either.send(scale, [scale.snapshot()])
    assert counted() - first <= 2, "not with every batch"
    either.ingest._beats.period_s = either.ingest._beats._next_s = 0.0
    either.until(lambda: counted() > first + 2, "beats")
    failed = threading.Semaphore(0)

    def fail() -> None:
        failed.release()
        raise RuntimeError("nothing can be committed")

    monkeypatch.setattr(either.ingest, "_receive", fail)
    assert failed.acquire(timeout=20)
    still = counted()
    assert failed.acquire(timeout=20), "it tries again"
    assert counted() == still


def test_health_gives_up_on_a_database_that_hangs(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "PATIENCE_S", 0.2)
    with database.writing(world.engine):  # SQLite lets one write at a time
        world.app.state.context.health._stored_s = None
        assert state(world) == (503, "database-away")
    world.until(lambda: state(world) == (200, "ok"), "the database")
