"""What is not authentic: quarantined with its reason, bounded, no scale changed by it."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit.cloud_desk import Desk
from kit.handing_over import NOW, count, hand, judgement_of
from kit.signing_scale import SigningScale
from steelyard_cloud.db import database
from steelyard_cloud.ingest.limits import FAILURES
from steelyard_cloud.ingest.mqtt.broker import Message
from steelyard_cloud.ingest.receiver import Receiver
from steelyard_cloud.settings import SHARDS
from steelyard_cloud.statements import quarantine
from steelyard_protocol import cbor
from steelyard_protocol.statement import encode_batch


def test_bad_input_is_quarantined_with_its_reason_and_changes_no_scale(desk: Desk, receiver: Receiver) -> None:
    scale, other, stranger = SigningScale(1), SigningScale(2), SigningScale(3)
    desk.register(scale, other)
    good = [scale.enrol(), scale.boot()]
    hand(receiver, scale, *good)
    before = judgement_of(desk, scale)
    foreign = other.enrol()
    wrong_shard = next(shard for shard in SHARDS if shard != scale.code[0])
    wrong_key = scale.branch()
    wrong_key.private_key = other.private_key
    cases: dict[str, tuple[str, bytes]] = {
        "malformed": (scale.up, b"garbage"),
        "oversized": (scale.up, bytes(9000)),
        "topic": (scale.up, foreign),
        "wrong-shard": (f"sy/1/{wrong_shard}/{scale.code}/up", good[1]),
        "unknown-identity": (stranger.up, stranger.enrol()),
        "signature": (scale.up, wrong_key.snapshot()),
    }
    for topic, payload in cases.values():
        receiver.handle([Message(topic, payload, (0, 0, 0))], NOW)
    assert desk.quarantined() == dict.fromkeys(cases, 1)
    more = [b"", good[1][:50], b"\x9f" * 4000, b"\x81" * 4000, cbor.encode([]), cbor.encode([b""]), b"\xff" * 300]
    more += [cbor.encode([good[1], b"x"]), cbor.encode(2**64 - 1), b"\xc2\x59\x1f\x40" + bytes(8000), good[1] + b"\0"]
    for payload in more:
        receiver.handle([Message(scale.up, payload, (0, 0, 0))], NOW)
    assert sum(desk.quarantined().values()) == len(cases) + len(more)
    assert desk.held(scale) == good
    assert judgement_of(desk, scale) == before
    assert desk.alerts() == []


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_bytes_break_a_receiver_or_change_a_scale(desk: Desk, receiver: Receiver, data: st.DataObject) -> None:
    scale = SigningScale(77)
    raws = [scale.enrol(), scale.boot(), scale.snapshot()]
    if not desk.held(scale):
        desk.register(scale)
        hand(receiver, scale, *raws)
    raw = bytearray(data.draw(st.sampled_from(raws)))
    for at, byte in data.draw(st.lists(st.tuples(st.integers(0, len(raw) - 1), st.integers(1, 255)), max_size=4)):
        raw[at] ^= byte
    payload = data.draw(st.one_of(st.just(bytes(raw)), st.binary(max_size=300), st.just(bytes(raw[: len(raw) // 2]))))
    hand(receiver, scale, payload, at_ms=NOW + data.draw(st.integers(0, 10**7)))
    assert [one for one in desk.held(scale) if one not in raws] == []
    assert not [alert for alert in desk.alerts(scale) if alert["rule"] != "silent"]


def test_one_bad_member_does_not_spoil_the_batch(desk: Desk, receiver: Receiver) -> None:
    scale = SigningScale()
    desk.register(scale)
    raws = [scale.enrol(), scale.boot(), scale.snapshot()]
    (receipt,) = hand(receiver, scale, encode_batch([*raws, b"x" * 100]))
    assert receipt.number == 3
    assert desk.quarantined() == {"malformed": 1}


def test_quarantine_is_bounded_and_the_flooded_topic_is_left_alone(desk: Desk, receiver: Receiver) -> None:
    scale, honest = SigningScale(1), SigningScale(2)
    desk.register(scale, honest)
    for start in range(0, 3 * FAILURES, 16):
        hand(receiver, scale, *(bytes([start % 256, at]) * 40 for at in range(16)))
    assert count(desk, "quarantine") == quarantine.PER_TOPIC
    assert desk.quarantined()["limited"] == 2 * FAILURES
    assert hand(receiver, scale, scale.enrol()) == []  # its own statements wait too: no receipt, so they come again
    (receipt,) = hand(receiver, honest, honest.enrol())
    assert receipt.number == 1
    scale = SigningScale(1)
    (receipt,) = hand(receiver, scale, scale.enrol(), at_ms=NOW + 10_000)
    assert receipt.number == 1


def test_what_came_too_early_is_judged_again_when_its_identity_is_registered(desk: Desk, receiver: Receiver) -> None:
    scale = SigningScale()
    raws = [scale.enrol(), scale.boot()]
    hand(receiver, scale, *raws)
    assert desk.quarantined() == {"unknown-identity": 2}
    desk.register(scale)
    with database.writing(desk.engine) as connection:
        again = receiver.identity_registered(connection, scale.code)
    receiver.handle(again, NOW)
    assert desk.held(scale) == raws
    assert count(desk, "quarantine") == 0
