"""Ingest and web on one PostgreSQL at the same time: they wake each other and never deadlock."""

import threading
from collections.abc import Callable, Iterator

import pytest
from kit import servers
from kit.cloud_desk import Desk, wait_for
from kit.signing_scale import SigningScale
from sqlalchemy import Connection, select, text
from steelyard_cloud.alerts import store as alert_store
from steelyard_cloud.db import database, feeds, notices
from steelyard_cloud.db.schema import alerts as table
from steelyard_cloud.db.schema import scales
from steelyard_cloud.ingest.mqtt.broker import Message

NOW_MS = 1_800_000_000_000


@pytest.fixture
def desk(postgresql: servers.Database) -> Iterator[Desk]:
    """A cloud on PostgreSQL."""
    desk = Desk(postgresql.url)
    yield desk
    desk.close()


def lying(desk: Desk) -> SigningScale:
    """A scale with an open alert on a weight that cannot be recomputed."""
    scale = SigningScale()
    desk.register(scale)
    receiver = desk.receiver()
    for raw in (scale.enrol(), scale.boot(), scale.snapshot(lie=5)):
        receiver.handle([Message(scale.up, raw, (0, 0, 0))], NOW_MS)
    receiver.close()
    return scale


def somebody_waits_for_a_lock(desk: Desk) -> bool:
    with database.reading(desk.engine) as connection:
        return bool(connection.scalar(text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")))


def test_decision_on_an_alert_does_not_deadlock_with_its_judgement(desk: Desk) -> None:
    scale = lying(desk)
    alert_id = desk.alerts(scale)[0]["id"]
    failed: list[Exception] = []

    def decide() -> None:
        try:
            with database.writing(desk.engine) as connection:
                alert_store.transition(connection, alert_id, "acknowledged", "user:1", "seen", NOW_MS)
        except Exception as error:
            failed.append(error)

    person = threading.Thread(target=decide)
    with database.writing(desk.engine) as connection:  # ingest, in a batch that has told of another scale before
        shard = connection.scalar(select(scales.c.shard))
        feeds.append(connection, feeds.OUTBOX, shard, "scale", None, {}, NOW_MS)
        person.start()
        wait_for(lambda: somebody_waits_for_a_lock(desk), "the person waiting for ingest")
        connection.execute(table.update().where(table.c.id == alert_id).values(count=2))
    person.join(20)
    assert failed == []
    assert desk.alerts(scale)[0]["status"] == "acknowledged"


def tell(connection: Connection, feed: str) -> None:
    feeds.append(connection, feed, "0", "scale", None, {}, NOW_MS)


def counting(woken: list[str], name: str) -> Callable[[], None]:
    return lambda: woken.append(name)


def test_commit_wakes_who_reads_the_feed_in_another_process(desk: Desk) -> None:
    woken: list[str] = []
    wakes = {feed: counting(woken, feed) for feed in (feeds.CHANGES, feeds.OUTBOX)}
    with notices.listening(desk.engine, wakes):
        wait_for(lambda: len(woken) == 2, "the start of listening")
        with database.writing(desk.engine) as connection:
            tell(connection, feeds.CHANGES)
            tell(connection, feeds.CHANGES)
            assert woken[2:] == [], "nothing is committed yet"
        wait_for(lambda: woken[2:] == [feeds.CHANGES], "being woken")
        with database.writing(desk.engine) as connection:
            tell(connection, feeds.OUTBOX)
        wait_for(lambda: woken[3:] == [feeds.OUTBOX], "being woken")


def test_listening_goes_on_after_the_connection_is_lost(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices, "RETRY_S", 0.05)
    woken: list[str] = []
    with notices.listening(desk.engine, {feeds.OUTBOX: counting(woken, feeds.OUTBOX)}):
        wait_for(lambda: len(woken) == 1, "the start of listening")
        with database.writing(desk.engine) as connection:
            listeners = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
            assert connection.scalars(text(listeners)).all() == [True]
        wait_for(lambda: len(woken) == 2, "the second start of listening")
