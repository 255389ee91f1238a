"""A flood delays nobody but its own topic: counted in what is taken before a message of somebody else, not in time."""

import random
from itertools import count

import pytest
from kit.cloud_desk import Desk, wait_for
from kit.servers import Server
from kit.signing_scale import SigningScale
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import select
from steelyard_cloud.db import database
from steelyard_cloud.db.schema import quarantine
from steelyard_cloud.ingest.batch import SUSPECT_TOPICS
from steelyard_cloud.ingest.mqtt import inbox as inbox_module
from steelyard_cloud.ingest.mqtt.broker import Address, MqttBroker
from steelyard_cloud.ingest.mqtt.inbox import FEW_SHARES, MOST_SHARES, SHARE_BYTES, Inbox
from steelyard_cloud.ingest.mqtt.session import READ_BYTES, Ack, Message

LONGEST = 8_192


def message(topic: str, payload: bytes = b"", session: int = 0) -> Message:
    return Message(f"sy/1/0/{topic}/up", payload, Ack(session, 1, 0))


def taken_until(inbox: Inbox, topic: str) -> list[Message]:
    """All that is taken up to the batch that has a message of the topic."""
    taken: list[Message] = []
    while not any(topic in one.topic for one in taken):
        batch = inbox.take(1000, 0)
        assert batch
        taken += batch
    return taken


@pytest.mark.parametrize("size", [0, 180, LONGEST])
def test_who_comes_after_a_flood_waits_for_no_more_than_two_of_its_shares(size: int) -> None:
    inbox = Inbox()
    for _ in range(2000):
        inbox.add(message("flood", bytes(size)))
    inbox.take(1, 0)  # the worker is in the middle of a round
    inbox.add(message("honest"))
    before = [one for one in taken_until(inbox, "honest") if "flood" in one.topic and not one.skipped]
    assert sum(len(one.payload) for one in before) <= 2 * (SHARE_BYTES + LONGEST)
    assert len(before) <= 2 * (SHARE_BYTES // 500 + 1)


def test_of_many_floods_each_has_its_share_and_a_message_waits_for_one_of_each() -> None:
    inbox = Inbox()
    for _ in range(200):
        for flood in range(30):
            inbox.add(message(f"flood{flood}", bytes(LONGEST)))
    inbox.take(1, 0)
    inbox.add(message("honest"))
    before = taken_until(inbox, "honest")
    for flood in range(30):
        of_it = sum(len(one.payload) for one in before if f"/flood{flood}/" in one.topic)
        assert 0 < of_it <= 2 * (SHARE_BYTES + LONGEST)


def test_a_steady_stream_of_others_does_not_hold_up_what_waits_for_the_next_round() -> None:
    inbox = Inbox()
    for at in range(20):
        inbox.add(message("much", bytes([at]) * LONGEST))
    for turn in range(40):
        inbox.add(message(f"other{turn}"))
        taken = inbox.take(1000, 0)
        if any(one.payload[:1] == b"\x13" for one in taken):
            return
    pytest.fail("the last message of the topic that has much was not taken")


def test_each_topic_keeps_its_order_and_nothing_is_lost() -> None:
    chance = random.Random(5)
    inbox, sent, got = Inbox(), [], []
    for at in range(20_000):
        one = message(f"t{chance.randrange(40) ** 2 // 80}", at.to_bytes(4, "big") * chance.choice((1, 50, 1000)))
        inbox.add(one)
        sent.append(one)
        if chance.random() < 0.02:
            got += inbox.take(chance.randrange(1, 300), 0)
    while batch := inbox.take(1000, 0):
        got += batch
    assert len(got) == len(sent)
    for topic in {one.topic for one in sent}:
        assert [one for one in got if one.topic == topic] == [one for one in sent if one.topic == topic]
    assert inbox._waiting == 0
    assert not any(inbox._of_session.values())
    assert not inbox._last  # nothing is remembered of topics of which nothing waits


def test_without_a_flood_it_is_taken_as_it_came() -> None:
    inbox = Inbox()
    sent = [message(f"scale{at % 700}", at.to_bytes(2, "big")) for at in range(2_000)]
    for one in sent:
        inbox.add(one)
    assert inbox.take(1000, 0) + inbox.take(1000, 0) == sent


def test_a_session_that_floods_leaves_room_for_the_others_and_all_are_bounded() -> None:
    inbox, most, turn = Inbox(), inbox_module.MOST_BYTES, count()
    for session in range(8):
        assert not inbox.blocks(session)
        while not inbox.blocks(session):
            inbox.add(message(f"flood{session}-{next(turn) % 4}", bytes(LONGEST), session))
        assert not inbox.blocks(99)
    assert most <= inbox._waiting < 2 * most
    alone = Inbox()
    while not alone.blocks(0):
        alone.add(message(f"flood{next(turn) % 4}", bytes(LONGEST)))
    assert most <= alone._waiting < most + 2 * LONGEST


def test_of_a_topic_of_which_too_much_waits_the_rest_is_skipped_in_bounded_memory() -> None:
    inbox, sent = Inbox(), 5_000
    for at in range(sent):
        inbox.add(message("flood", at.to_bytes(2, "big") * (LONGEST // 2)))
        assert inbox._waiting < 12_000_000
    inbox.add(message("honest", b"kept"))
    got: list[Message] = []
    while batch := inbox.take(1000, 0):
        got += batch
    kept = [int.from_bytes(one.payload[:2], "big") for one in got if not one.skipped and "flood" in one.topic]
    assert kept == list(range(len(kept)))  # what waited, in its order
    assert len(kept) * (LONGEST + 600) >= MOST_SHARES * SHARE_BYTES
    assert len(kept) * LONGEST <= MOST_SHARES * (SHARE_BYTES + LONGEST)
    assert [one.payload for one in got if one.skipped] == [b""] * (sent - len(kept))
    assert [one.payload for one in got if "honest" in one.topic] == [b"kept"]
    inbox.add(message("flood", b"later"))
    assert [one.payload for one in inbox.take(1000, 0)] == [b"later"]


def test_an_honest_scale_is_far_from_having_anything_skipped() -> None:
    ahead = 8 * LONGEST  # what a scale sends before it waits for a receipt: docs/uplink.md
    assert 100 * ahead <= MOST_SHARES * SHARE_BYTES
    assert 2 * (ahead + 32 * 1_200) <= FEW_SHARES * SHARE_BYTES


def test_several_floods_together_do_not_fill_the_inbox() -> None:
    """Whoever floods with a few keys would else hold up the whole shard, and of nobody too much would wait."""
    inbox, floods = Inbox(), 20
    for _ in range(200):
        for flood in range(floods):
            assert not inbox.blocks(0)
            inbox.add(message(f"flood{flood}", bytes(LONGEST)))
    ahead = [message("honest", at.to_bytes(1, "big") * LONGEST) for at in range(8)]
    for one in ahead:
        inbox.add(one)
    got: list[Message] = []
    while batch := inbox.take(1000, 0):
        got += batch
        assert not inbox._skipped, "what was skipped takes no room for long"
    assert [one for one in got if "honest" in one.topic] == ahead
    assert len(got) == 200 * floods + len(ahead)
    for flood in range(floods):
        kept = [one for one in got if f"/flood{flood}/" in one.topic and not one.skipped]
        assert len(kept) * LONGEST >= FEW_SHARES * SHARE_BYTES


def test_what_was_skipped_is_counted_and_acknowledged_after_that(desk: Desk) -> None:
    scale = SigningScale(1)
    desk.register(scale)
    receiver = desk.receiver()
    skipped = Message(scale.up, b"", None, skipped=True)
    receiver.handle([Message(scale.up, scale.enrol(), None), skipped, skipped], 1_800_000_000_000)
    receiver.close()
    assert desk.quarantined() == {"limited": 2}
    assert desk.held(scale) == scale.chain


def test_a_flood_in_one_shard_that_fills_the_inbox_stops_no_other_shard(
    mosquitto: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_module, "MOST_BYTES", 1_000_000)
    monkeypatch.setattr(inbox_module, "FEW_SHARES", MOST_SHARES)
    scales = [SigningScale(seed) for seed in range(1, 30)]
    flooding, honest = scales[0], next(one for one in scales if one.code[0] != scales[0].code[0])
    shards = flooding.code[0] + honest.code[0]
    broker = MqttBroker(Address("127.0.0.1", mosquitto.port), shards)
    client = Client(CallbackAPIVersion.VERSION2)
    client.max_inflight_messages_set(0)
    client.connect("127.0.0.1", mosquitto.port)
    client.loop_start()
    try:
        wait_for(lambda: all(broker.connected_since_ms(shard) for shard in shards), "the subscription")
        sent = [at.to_bytes(2, "big") * (LONGEST // 2) for at in range(500)]
        for payload in sent:
            client.publish(flooding.up, payload, qos=1)
        wait_for(lambda: broker._inbox.blocks(0), "the flood to fill its part")
        client.publish(honest.up, b"honest", qos=1)
        got: list[Message] = []
        wait_for(lambda: broker._inbox._of_session.get(1, 0) > 0, "the honest message beside it")
        while not any(one.topic == honest.up for one in got):
            got += broker.receive(1000, 20)
        assert sum(len(one.payload) for one in got) <= 2 * (SHARE_BYTES + LONGEST)
        broker.acknowledge(got)
        while len(got) < len(sent) + 1:
            assert broker._inbox._waiting < 2_000_000 + len(shards) * READ_BYTES
            arrived = broker.receive(1000, 20)
            assert arrived
            broker.acknowledge(arrived)
            got += arrived
        assert [one.payload for one in got if one.topic == flooding.up] == sent
    finally:
        client.disconnect()
        client.loop_stop()
        broker.close()


def test_of_a_flood_that_names_a_new_topic_each_time_little_is_kept_and_all_is_counted(desk: Desk) -> None:
    """Each topic costs the quarantine some SQL; a thousand of them took seconds, before anybody else had a turn."""
    scale = SigningScale(1)
    desk.register(scale)
    receiver = desk.receiver()
    flood = [Message(f"sy/1/{scale.code[0]}/T{at % 400}/up", at.to_bytes(2, "big"), None) for at in range(800)]
    receiver.handle([*flood, Message(scale.up, scale.enrol(), None)], 1_800_000_000_000)
    receiver.close()
    assert sum(desk.quarantined().values()) == len(flood)
    with database.reading(desk.engine) as connection:
        rows = connection.execute(select(quarantine.c.topic)).all()
    assert len(rows) == 2 * SUSPECT_TOPICS
    assert len(set(rows)) == SUSPECT_TOPICS
    assert desk.held(scale) == scale.chain
