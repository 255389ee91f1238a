"""What is read ahead is bounded in bytes, and two receivers with one client id do not fight; on a real Mosquitto."""

import logging
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from kit.cloud_desk import wait_for
from kit.servers import Server
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from steelyard_cloud.ingest.mqtt import inbox as inbox_module
from steelyard_cloud.ingest.mqtt import session as session_module
from steelyard_cloud.ingest.mqtt.broker import Address, MqttBroker
from steelyard_cloud.ingest.mqtt.inbox import Inbox
from steelyard_cloud.ingest.mqtt.session import READ_BYTES, STEADY_S, WAITING_BYTES, Message, Session
from steelyard_cloud.settings import SHARDS

UP = "sy/1/0/0000000000000000/up"


def message(size: int) -> Message:
    return Message(UP, bytes(size), None)


def test_a_batch_is_bounded_in_messages_and_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox_module, "BATCH_BYTES", 10_000)
    inbox = Inbox()
    for size in (3_000, 3_000, 3_000, 20_000, 10, 10, 10, 10):
        inbox.add(message(size))
    taken = [[len(one.payload) for one in inbox.take(3, 0)] for _ in range(5)]
    assert taken == [[3_000, 3_000], [3_000], [20_000], [10, 10, 10], [10]]
    assert inbox.take(3, 0) == []


def test_it_is_full_by_bytes_and_has_room_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox_module, "MOST_BYTES", 10_000)
    inbox = Inbox()
    for _ in range(3):
        assert not inbox.full
        inbox.add(message(4_000))
    assert inbox.full
    inbox.take(1, 0)
    assert not inbox.full


def test_small_messages_count_with_what_python_keeps_for_them() -> None:
    inbox = Inbox()
    for _ in range(1 + inbox_module.MOST_BYTES // 400):
        inbox.add(message(0))
    assert inbox.full


@pytest.fixture
def flood(mosquitto: Server) -> Iterator[Client]:
    """Somebody who publishes as fast as the broker takes it."""
    client = Client(CallbackAPIVersion.VERSION2)
    client.max_inflight_messages_set(0)
    client.connect("127.0.0.1", mosquitto.port)
    client.loop_start()
    yield client
    client.disconnect()
    client.loop_stop()


def test_of_a_flood_only_so_many_bytes_are_read_ahead_and_nothing_is_lost(
    mosquitto: Server, flood: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_module, "MOST_BYTES", 1_000_000)
    monkeypatch.setattr(inbox_module, "FEW_SHARES", inbox_module.MOST_SHARES)  # nothing is skipped here
    broker = MqttBroker(Address("127.0.0.1", mosquitto.port), "0")
    wait_for(lambda: broker.connected_since_ms("0") is not None, "the subscription")
    sent = [at.to_bytes(2, "big") * 30_000 for at in range(200)]
    for payload in sent:
        flood.publish(UP, payload, qos=1)
    inbox = broker._inbox
    wait_for(lambda: inbox.full, "the inbox to be full")
    got: list[bytes] = []
    while len(got) < len(sent):
        assert inbox._waiting <= 1_000_000 + READ_BYTES + 100_000
        arrived = broker.receive(1000, 20)
        assert arrived
        assert sum(len(one.payload) for one in arrived) <= max(inbox_module.BATCH_BYTES, 60_000)
        broker.acknowledge(arrived)
        got += [one.payload for one in arrived]
    assert got == sent
    broker.close()


def test_publications_that_wait_for_a_broker_are_bounded_in_bytes_the_oldest_go() -> None:
    session = Session(0, "0", Address("127.0.0.1", 1), lambda _: None, lambda _: None)
    for at in range(2 * WAITING_BYTES // 1_000):
        session.publish("down", at.to_bytes(4, "big") * 250)
    assert sum(len(payload) for _, payload in session._waiting) <= WAITING_BYTES
    assert session._waiting[-1][1][:4] == at.to_bytes(4, "big")
    assert len(session._waiting) == WAITING_BYTES // 1_000


def test_a_session_that_is_taken_over_again_and_again_waits_longer_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second short life in a row is told and waits 5 s, and so on up to a minute; one that lasts ends that."""
    now, told = [1_000.0], []
    monkeypatch.setattr(session_module.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(session_module.random, "uniform", lambda low, high: high if low == 0.5 else 0)
    session = Session(0, "0", Address("127.0.0.1", 1), lambda _: None, told.append)

    def pause_after(lived_s: float) -> float:
        session.retry_at_s = now[0]
        session._granted_s = now[0] - lived_s
        session._ended()
        return session.retry_at_s - now[0]

    assert [pause_after(STEADY_S - 1) for _ in range(7)] == [0, 5, 10, 20, 40, 60, 60]
    assert told == ["steelyard-ingest-0"] * 6
    for _ in range(2_000):
        assert pause_after(0) == 60, "however often"
    assert [pause_after(lived_s) for lived_s in (STEADY_S, 1, 1)] == [0, 0, 5]


def test_two_receivers_with_one_client_id_back_off_and_say_why_once(
    mosquitto: Server, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_module, "TAKEN_OVER_S", (0.5, 4.0))
    address = Address("127.0.0.1", mosquitto.port)
    with caplog.at_level(logging.ERROR), ExitStack() as stack:
        first = MqttBroker(address, SHARDS)
        stack.callback(first.close)
        wait_for(lambda: all(first.connected_since_ms(shard) for shard in SHARDS), "the subscription of all shards")
        second = MqttBroker(address, SHARDS)
        until_s = time.monotonic() + 6
        wait_for(lambda: time.monotonic() > until_s, "six seconds of the fight", 20)
        connections = [session.connection for broker in (first, second) for session in broker._sessions]
        assert sum(connections) < 2 * len(SHARDS) * 6  # without waiting they are dozens of each
        said = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
        assert 1 <= len(said) <= 2  # each of the two says it once, if it came to that
        assert all("another ingest runs with the same client id and shards" in one for one in said)
        second.close()
        wait_for(lambda: all(first.connected_since_ms(shard) for shard in SHARDS), "the first to have them again", 30)


def test_a_broker_that_goes_and_comes_back_is_no_takeover(mosquitto: Server, caplog: pytest.LogCaptureFixture) -> None:
    broker = MqttBroker(Address("127.0.0.1", mosquitto.port), "01")
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            wait_for(lambda: broker.connected_since_ms("0") is not None, "the subscription")
            mosquitto.kill()
            wait_for(lambda: broker.connected_since_ms("0") is None, "the end")
            wait_for(lambda: broker._sessions[0]._short_lives == 0, "the broker to be found away")
            mosquitto.restart()
        wait_for(lambda: broker.connected_since_ms("0") is not None, "the subscription", 15)
    broker.close()
    assert [record for record in caplog.records if record.levelno == logging.ERROR] == []
