"""The event stream: at once, nothing lost over a reconnection, nothing of other regions, and never in the way."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit.world import World
from sqlalchemy.exc import OperationalError
from steelyard_cloud.db import database, feeds
from steelyard_cloud.people.roles import Role
from steelyard_cloud.settings import SHARDS
from steelyard_cloud.web import stream
from steelyard_cloud.web.stream import read_cursor, write_cursor

Event = dict[str, str]


class Listening:
    """A client that listens in a thread; `events` grows."""

    def __init__(self, client: httpx.Client, topics: str = "", last_id: str | None = None) -> None:
        self.events: list[Event] = []
        self.connected = threading.Event()
        self.ended = threading.Event()
        self._headers = {"Last-Event-ID": last_id} if last_id is not None else {}
        self._client, self._topics = client, topics
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        assert self.connected.wait(10)

    def _run(self) -> None:
        query = {"topics": self._topics} if self._topics else {}
        with self._client.stream("GET", "/api/v1/events", params=query, headers=self._headers) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            self.connected.set()
            event: Event = {}
            for line in answer.iter_lines():
                name, _, value = line.partition(": ")
                if not line:
                    if "data" in event:
                        self.events.append(event)
                    event = {}
                elif name:
                    event[name] = value
        self.ended.set()

    def of(self, topic: str) -> list[Event]:
        return [event for event in self.events if event["event"] == topic]


@pytest.fixture
def listening(world: World) -> Iterator[Callable[..., Listening]]:
    """Makes clients that listen; at the end the server ends their streams."""
    made: list[Listening] = []

    def listen(*arguments: object) -> Listening:
        made.append(Listening(*arguments))  # type: ignore[arg-type]
        return made[-1]

    yield listen
    world.app.state.context.hub.stop()
    for one in made:
        assert one.ended.wait(10)


SHARD = "Z"  # nothing of a type's life is told in it


def settle(world: World) -> None:
    """Wait until a listener of the hub is registered."""
    world.until(lambda: len(world.app.state.context.hub._listeners) > 0, "a listener")


def test_an_alert_is_told_to_who_listens(world: World, listening: Callable[..., Listening]) -> None:
    scale = world.in_use("HT-1")
    regulator = listening(world.client(Role.REGULATOR), "alert")
    settle(world)
    world.send(scale, scale.cheat())
    world.until(lambda: bool(regulator.events), "the alert told")
    told = json.loads(regulator.events[0]["data"])
    assert (told["scale"], told["rule"], told["status"], told["severity"]) == (
        scale.code,
        "parameter_change",
        "open",
        3,
    )
    assert set(told) == {"scale", "alert_id", "rule", "code", "status", "severity"}, "no organisation, no region"


def test_a_client_that_comes_back_misses_nothing_and_gets_nothing_twice(
    world: World, listening: Callable[..., Listening]
) -> None:
    first, second = world.in_use("HT-1"), world.in_use("HT-2")
    before = listening(world.client(Role.REGULATOR), "alert")
    settle(world)
    world.send(first, first.cheat())
    world.until(lambda: len(before.events) == 1, "the first alert told")
    last_id = before.events[0]["id"]
    world.send(second, second.cheat())
    world.send(first, first.cheat(200))
    world.until(lambda: len(before.events) == 3, "all told")
    again = listening(world.client(Role.REGULATOR), "alert", last_id)
    world.until(lambda: len(again.events) == 2, "what was missed")
    world.send(second, second.cheat(300))
    world.until(lambda: len(again.events) == 3, "what is new")

    def essence(events: list[Event]) -> list[int]:
        return sorted(json.loads(event["data"])["alert_id"] for event in events)

    world.until(lambda: len(before.events) == 4, "both")
    assert essence(again.events) == essence(before.events[1:]), "the same, once each"


@pytest.mark.parametrize("last_id", ["", "0.0", "0.01", "x.1", "0.1-0.1", "7.1-0.1", "0.999999", "0.1" * 2000])
def test_an_id_that_is_none_of_ours_starts_anew_and_replays_nothing(
    world: World, listening: Callable[..., Listening], last_id: str
) -> None:
    scale = world.in_use("HT-1")
    client = listening(world.client(Role.REGULATOR), "alert", last_id)
    world.until(lambda: bool(client.events), "the answer")
    assert [event["event"] for event in client.events] == ["resync"]
    world.send(scale, scale.cheat())
    world.until(lambda: len(client.events) == 2, "what is new")
    again = listening(world.client(Role.REGULATOR), "alert", client.events[0]["id"])
    world.until(lambda: bool(again.events), "the same, by the new id")
    assert again.events[0]["data"] == client.events[1]["data"]


def test_what_is_no_longer_kept_is_never_passed_over_in_silence(either: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world = either
    monkeypatch.setattr(feeds, "KEPT", 100)
    hub = world.app.state.context.hub

    def tell(count: int) -> None:
        with database.writing(world.engine) as connection:
            for _ in range(count):
                feeds.append(connection, feeds.OUTBOX, SHARD, "scale", None, {}, world.now)

    async def read(since: int) -> list[int | None]:
        heads = hub._heads()
        told = [one async for one in hub._since(write_cursor({**heads, SHARD: since}), heads)]
        return [one.news.entry.position if one.news else None for one in told]

    def missed(since: int) -> list[int | None]:
        return asyncio.run(read(since))

    tell(64)
    assert missed(1) == list(range(2, 65))
    tell(192)
    assert missed(156) == list(range(157, 257)), "the newest hundred are kept"
    assert missed(155) == [None]
    assert missed(256) == []
    monkeypatch.setattr(stream, "MOST_MISSED", 50)
    assert missed(200) == [None], "too much to send"
    assert missed(206) == list(range(207, 257))
    world.now += feeds.KEPT_MS
    tell(64)
    assert missed(280) == list(range(281, 321))
    monkeypatch.setattr(stream, "MOST_MISSED", 100)
    assert missed(255) == [None], "what is old goes too"


def test_what_ingest_has_not_read_is_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "KEPT", 10)
    world.ingest.stop()

    def change(count: int) -> int:
        with database.writing(world.engine) as connection:
            for _ in range(count):
                feeds.append(connection, feeds.CHANGES, "0", "place", None, {}, world.now)
        return len([entry for entry in world.entries(feeds.CHANGES) if entry.shard == "0"])

    assert change(256) == 256
    with database.writing(world.engine) as connection:
        feeds.save_cursor(connection, "ingest", feeds.CHANGES, {"0": 200})
    assert change(64) == 120


def test_one_caller_has_so_many_streams_and_the_next_is_told_why(
    world: World, listening: Callable[..., Listening], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "MOST_STREAMS", 2)
    hub = world.app.state.context.hub
    for _ in range(2):
        before = len(hub._listeners)
        listening(world.client(Role.REGULATOR))
        world.until(lambda before=before: len(hub._listeners) > before, "one more listener")
    refused = world.client(Role.REGULATOR).get("/api/v1/events")
    assert (refused.status_code, refused.json()["code"]) == (429, "too-many-streams")
    assert int(refused.headers["retry-after"]) > 0
    listening(world.client(Role.VERIFICATION))
    world.until(lambda: len(hub._listeners) == 3, "somebody else's")


def test_other_regions_and_roles_hear_nothing(world: World, listening: Callable[..., Listening]) -> None:
    scale = world.in_use("HT-1")
    token = world.token_for("Ningbo", "regulator", "330200", Role.REGULATOR)
    elsewhere = listening(world.client(None, token=token))
    maker = listening(world.client(Role.MANUFACTURER))
    here = listening(world.client(Role.REGULATOR))
    settle(world)
    world.send(scale, scale.cheat())
    world.until(lambda: bool(here.of("alert")) and bool(maker.of("scale")), "the alert told")
    assert elsewhere.events == []
    assert maker.of("alert") == []


def test_a_session_that_ended_is_found_out_when_the_stream_is_renewed(
    world: World, listening: Callable[..., Listening], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "LIFE_S", 0.3)
    client = listening(world.client(Role.REGULATOR))
    assert client.ended.wait(5), "the stream ends by itself, so that the client has to show its token again"


def test_a_client_that_does_not_keep_up_is_dropped_and_holds_nobody_up(world: World) -> None:
    hub = world.app.state.context.hub
    slow = stream.Listener()
    hub._listeners.add(slow)
    entry = feeds.Entry("0", 1, "alert", None, {}, 0)
    for _ in range(stream.QUEUE_LENGTH + 50):
        hub._tell(stream.Told(stream.News(entry, None), "0.1"))
    assert slow not in hub._listeners
    assert slow.queue.qsize() <= stream.QUEUE_LENGTH
    items = [slow.queue.get_nowait() for _ in range(slow.queue.qsize())]
    assert items[-1] is None, "it is told to try again"


def test_a_database_that_fails_for_a_moment_costs_no_listener_its_events(
    world: World, listening: Callable[..., Listening], monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = world.app.state.context.hub
    heard = listening(world.client(Role.REGULATOR))
    settle(world)
    scale = world.in_use("HT-1")
    failed = threading.Event()

    def fail_once(cursor: stream.Cursor) -> list[stream.News]:
        if not failed.is_set():
            failed.set()
            raise OperationalError("SELECT", None, Exception("the server closed the connection"))
        return stream.Hub._news(hub, cursor)

    monkeypatch.setattr(hub, "_news", fail_once)
    assert failed.wait(10)
    world.send(scale, scale.cheat())
    world.until(lambda: bool(heard.of("alert")), "the alert on the same connection")


def test_an_entry_of_no_scale_on_record_is_told_to_nobody(world: World, listening: Callable[..., Listening]) -> None:
    admin = listening(world.client(Role.ADMIN))
    settle(world)
    with database.writing(world.engine) as connection:
        feeds.append(connection, feeds.OUTBOX, "0", "alert", None, {"alert_id": 1}, world.now)
        feeds.append(connection, feeds.OUTBOX, "0", "alert", 12345, {"alert_id": 2}, world.now)
    scale = world.in_use("HT-1")
    world.send(scale, scale.cheat())
    world.until(lambda: bool(admin.of("alert")), "a real alert")
    assert [json.loads(event["data"])["alert_id"] for event in admin.of("alert")] == [1]
    assert json.loads(admin.of("alert")[0]["data"])["scale"] == scale.code


@given(st.dictionaries(st.sampled_from(SHARDS), st.integers(1, 2**53), min_size=1))
def test_a_cursor_survives_being_written(cursor: dict[str, int]) -> None:
    assert read_cursor(write_cursor(cursor)) == cursor


@given(st.text(max_size=60))
def test_any_other_event_id_is_no_cursor_and_no_error(text: str) -> None:
    cursor = read_cursor(text)
    assert cursor is None or all(len(shard) == 1 and position >= 0 for shard, position in cursor.items())
