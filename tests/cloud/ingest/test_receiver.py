"""What a receiver makes of batches, good and bad, against real databases: held, quarantined, receipted, judged.

The broker is left out here, so that every batch is exactly the one that the test means.
"""

import itertools
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit.canonical import canonical
from kit.cloud_desk import Desk
from kit.signing_scale import SigningScale
from sqlalchemy import func, select, update
from steelyard_cloud.db import database
from steelyard_cloud.db.schema import identities, scales, statements, summaries
from steelyard_cloud.db.schema import quarantine as quarantine_table
from steelyard_cloud.errors import NotJudgedYet
from steelyard_cloud.ingest import later, receipts
from steelyard_cloud.ingest.limits import FAILURES
from steelyard_cloud.ingest.mqtt.broker import Message
from steelyard_cloud.ingest.receiver import Receiver
from steelyard_cloud.judge.chain import GRACE_MS
from steelyard_cloud.judge.facts import Clock
from steelyard_cloud.judge.judge import Judgement, judge
from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.judge.summary_parts import BOUNDS
from steelyard_cloud.scales import facts as scale_facts
from steelyard_cloud.settings import SHARDS
from steelyard_cloud.statements import quarantine
from steelyard_cloud.statements import summaries as summary_store
from steelyard_cloud.statements.keys import load_keys_of
from steelyard_protocol import cbor, downlink, p256
from steelyard_protocol.events import EventKind
from steelyard_protocol.statement import encode_batch, hash_of, parse

NOW = 1_800_000_000_000
SEEDS = itertools.count(1_000)  # a fresh scale for every example


def hand(receiver: Receiver, scale: SigningScale, *payloads: bytes, at_ms: int = NOW) -> list[downlink.Receipt]:
    """Hand one batch over; gives the receipts for the scale."""
    outgoing = receiver.handle([Message(scale.up, payload, (0, 0, 0)) for payload in payloads], at_ms)
    orders = [downlink.open_order(raw, receiver.online.public_key) for topic, raw in outgoing if topic == scale.down]
    return [order for order in orders if isinstance(order, downlink.Receipt)]


def judgement_of(desk: Desk, scale: SigningScale, at_ms: int = NOW) -> Judgement:
    """Judge from what the database holds, as a receiver that has just started would."""
    with database.reading(desk.engine) as connection:
        scale_id = connection.execute(select(scales.c.id).where(scales.c.public_code == scale.code)).scalar_one()
        facts = scale_facts.load(connection, scale_id)
        keys = load_keys_of(connection, facts.identity_ids)
        held = summary_store.load_summaries(connection, list(keys.values()))
        return judge([one.summary for one in held.values()], facts.facts, Clock(at_ms), facts.active_kid)


def count(desk: Desk, table: str = "statements") -> int:
    chosen = statements if table == "statements" else quarantine_table
    with database.reading(desk.engine) as connection:
        return connection.execute(select(func.count()).select_from(chosen)).scalar_one()


# ---- receipts --------------------------------------------------------------------------------------------------------


def test_receipt_names_the_end_of_the_unbroken_run(desk: Desk, receiver: Receiver) -> None:
    scale = SigningScale()
    desk.register(scale)
    raws = [scale.enrol(), scale.boot(), *(scale.snapshot() for _ in range(4))]
    (receipt,) = hand(receiver, scale, raws[0], raws[1], raws[4])
    assert (receipt.number, receipt.hash) == (2, hash_of(raws[1]))
    assert receipt.committed == NOW // 1000
    (receipt,) = hand(receiver, scale, raws[3], raws[2])
    assert (receipt.number, receipt.hash) == (5, hash_of(raws[4]))


def test_nothing_is_receipted_before_statement_one(desk: Desk, receiver: Receiver) -> None:
    scale = SigningScale()
    desk.register(scale)
    scale.enrol()
    assert hand(receiver, scale, scale.boot(), scale.snapshot()) == []
    assert count(desk) == 2


def test_what_comes_again_is_receipted_again_and_held_once(desk: Desk, receiver: Receiver) -> None:
    scale = SigningScale()
    desk.register(scale)
    raws = [scale.enrol(), scale.boot()]
    for _ in range(3):
        (receipt,) = hand(receiver, scale, *raws, raws[1])
        assert receipt.number == 2
    assert desk.held(scale) == raws


def test_each_branch_of_a_fork_gets_its_own_receipt(desk: Desk, receiver: Receiver) -> None:
    scale = SigningScale()
    desk.register(scale)
    hand(receiver, scale, scale.enrol(), scale.boot())
    thief = scale.branch()
    own = [scale.snapshot() for _ in range(3)]
    stolen = [thief.snapshot(150_000) for _ in range(5)]
    hand(receiver, scale, *own)
    (receipt,) = hand(receiver, scale, *stolen)
    assert (receipt.number, receipt.hash) == (7, hash_of(stolen[4]))
    (receipt,) = hand(receiver, scale, own[2])
    assert (receipt.number, receipt.hash) == (5, hash_of(own[2]))
    (receipt,) = hand(receiver, scale, scale.snapshot())
    assert receipt.hash == scale.head_hash
    (alert,) = desk.alerts(scale)
    assert (alert["rule"], alert["what"], alert["count"], alert["severity"]) == ("continuity", "fork", 4, 3)


def test_branch_with_a_hole_gets_no_receipt_although_the_other_fills_the_number(desk: Desk, receiver: Receiver) -> None:
    scale = SigningScale()
    desk.register(scale)
    hand(receiver, scale, scale.enrol(), scale.boot())
    thief = scale.branch()
    hand(receiver, scale, *(scale.snapshot() for _ in range(3)))
    stolen = [thief.snapshot(150_000) for _ in range(3)]
    hand(receiver, scale, stolen[0])
    assert hand(receiver, scale, stolen[2]) == []
    (receipt,) = hand(receiver, scale, stolen[1], stolen[2])
    assert receipt.hash == hash_of(stolen[2])


def test_statement_that_links_to_what_is_not_held_gets_no_receipt(desk: Desk, receiver: Receiver) -> None:
    """A thief's statements fill the numbers; a receipt for the scale's own next one would trim what nobody holds."""
    scale = SigningScale()
    desk.register(scale)
    hand(receiver, scale, scale.enrol(), scale.boot())
    thief = scale.branch()
    hand(receiver, scale, *(thief.snapshot(150_000) for _ in range(3)))
    own = [scale.snapshot() for _ in range(4)]
    assert hand(receiver, scale, own[2]) == []  # another content under the thief's number
    assert hand(receiver, scale, own[3]) == []  # a number of its own
    *_, receipt = hand(receiver, scale, own[0], own[1], own[3])
    assert (receipt.number, receipt.hash) == (6, hash_of(own[3]))


def test_a_link_that_fits_nothing_holds_receipts_back_for_the_grace_only(desk: Desk, receiver: Receiver) -> None:
    """What it names may still come, so it is waited for; then it is a finding, and the journal may go on."""
    scale = SigningScale()
    desk.register(scale)
    hand(receiver, scale, scale.enrol(), scale.boot())
    thief = scale.branch()
    hand(receiver, scale, *(thief.snapshot(150_000) for _ in range(3)))
    scale.skip(3)
    scale.head_hash = bytes(32)
    own = [scale.snapshot() for _ in range(3)]
    assert hand(receiver, scale, own[0]) == []
    assert hand(receiver, scale, own[1], at_ms=NOW + GRACE_MS - 1) == []
    restarted = desk.receiver()
    (receipt,) = hand(restarted, scale, own[2], at_ms=NOW + GRACE_MS)
    restarted.close()
    assert (receipt.number, receipt.hash) == (8, hash_of(own[2]))
    assert "link" in {alert["what"] for alert in desk.alerts(scale)}


def test_one_copy_never_stops_the_receipts_of_a_long_life(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has the key can sign the same content again; the scale must still be receipted ever after."""
    monkeypatch.setattr(receipts, "MOST_READ", 30)
    monkeypatch.setattr(receipts, "LONGEST_STEP", 8)
    scale = SigningScale()
    desk.register(scale)
    first = [scale.enrol(), scale.boot()]
    hand(receiver, scale, *first, signed_again(scale, first[1]))
    hand(receiver, scale, *(scale.snapshot() for _ in range(100)))
    restarted = desk.receiver()
    try:
        for _ in range(7):
            found = hand(restarted, scale, scale.snapshot())
        assert [receipt.hash for receipt in found] == [scale.head_hash]
        scale.skip(1_000)
        lost = scale.event(EventKind.JOURNAL_LOST, 103, link=bytes(16))
        assert [receipt.hash for receipt in hand(restarted, scale, lost)] == [hash_of(lost)]
    finally:
        restarted.close()


def test_a_branch_is_not_called_complete_by_what_was_never_committed(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    scale = SigningScale()
    desk.register(scale)
    hand(receiver, scale, scale.enrol(), scale.boot())
    thief = scale.branch()
    hand(receiver, scale, *(scale.snapshot() for _ in range(3)))
    stolen = [thief.snapshot(150_000) for _ in range(3)]
    with monkeypatch.context() as broken:
        broken.setattr(summary_store, "write_summaries", fail)
        with pytest.raises(RuntimeError):
            hand(receiver, scale, *stolen)
    assert hand(receiver, scale, stolen[2]) == []


def fail(*_: object) -> None:
    """Stands for a database that goes away before the commit."""
    raise RuntimeError("gone")


def signed_again(scale: SigningScale, raw: bytes) -> bytes:
    """The same content under another signature of the same key, by a random nonce."""
    key = ec.derive_private_key(int.from_bytes(scale.private_key, "big"), ec.SECP256R1())
    r, s = utils.decode_dss_signature(key.sign(parse(raw).signed, ec.ECDSA(hashes.SHA256())))
    return raw[:-64] + p256.lower(r.to_bytes(32, "big") + s.to_bytes(32, "big"))


# ---- what this version does not know, and what breaks the format ----------------------------------------------------


@pytest.mark.parametrize(
    "head",
    [
        {"flags": 1 << 10 | 6},
        {"flags": 1 << 14 | 6},
        {"flags": 0xFC00 | 6},
        {"extra": [7, b"new", None]},
        {"extra": ({"new": [1]},), "flags": 1 << 15 | 2},
        {"kind": 99},
        {"kind": 0xFFFFFFFF, "extra": [1], "flags": 1 << 11 | 2},
    ],
)
def test_what_a_later_version_adds_is_stored_and_receipted_like_anything_else(
    desk: Desk, receiver: Receiver, head: dict[str, Any]
) -> None:
    scale = SigningScale()
    desk.register(scale)
    hand(receiver, scale, scale.enrol(), scale.boot())
    grown = scale.snapshot(**head)
    (receipt,) = hand(receiver, scale, grown)
    assert (receipt.number, receipt.hash) == (3, hash_of(grown))
    (receipt,) = hand(receiver, scale, scale.snapshot())
    assert receipt.number == 4
    assert numbers_of(desk, scale) == [1, 2, 3, 4]
    assert desk.alerts(scale) == []


@pytest.mark.parametrize(
    "head",
    [
        {"kind": 0},
        {"kind": None},
        {"time": 0},
        {"time": -1},
        {"time": 1 << 32},
        {"uptime": -1},
        {"flags": 0x10002},
        {"flags": -2},
        {"flags": None},
        {"flags": 0, "time": 5},
        {"boot": 0},
        {"boot": "1"},
        {"digest": b""},
        {"calibration_counter": 0x10000},
        {"configuration_counter": -1},
        {"kind": -3, "time": None, "uptime": b"", "flags": [], "boot": {}, "digest": 1},
    ],
    ids=repr,
)
def test_a_head_that_breaks_the_format_keeps_its_number_its_receipt_and_becomes_a_finding(
    desk: Desk, receiver: Receiver, head: dict[str, Any]
) -> None:
    scale = SigningScale()
    desk.register(scale)
    hand(receiver, scale, scale.enrol(), scale.boot())
    broken = scale.snapshot(**head)
    (receipt,) = hand(receiver, scale, broken)
    assert (receipt.number, receipt.hash) == (3, hash_of(broken))
    (receipt,) = hand(receiver, scale, scale.snapshot())
    assert receipt.number == 4
    assert numbers_of(desk, scale) == [1, 2, 3, 4]
    found = [one for one in desk.alerts(scale) if one["rule"] == "authenticity"]
    assert {one["first_number"] for one in found} == {3}
    assert not [one for one in desk.alerts(scale) if one["rule"] in ("parameter_change", "weight")]


@pytest.mark.parametrize("link", [b"short", 7, None])
def test_a_head_with_an_unreadable_link_keeps_its_number(desk: Desk, receiver: Receiver, link: Any) -> None:
    scale = SigningScale()
    desk.register(scale)
    hand(receiver, scale, scale.enrol(), scale.boot())
    hand(receiver, scale, scale.snapshot(link=link), scale.snapshot())
    assert numbers_of(desk, scale) == [1, 2, 3, 4]
    assert {one["rule"] for one in desk.alerts(scale)} == {"authenticity", "continuity"}


@pytest.mark.parametrize("number", [0, -1, 1 << 32, None, "3"])
def test_without_a_readable_number_a_statement_is_stored_and_shown_under_none(
    desk: Desk, receiver: Receiver, number: Any
) -> None:
    scale = SigningScale()
    desk.register(scale)
    hand(receiver, scale, scale.enrol(), scale.boot())
    (receipt,) = hand(receiver, scale, scale.snapshot(number=number))
    assert receipt.number == 2
    assert numbers_of(desk, scale) == [0, 1, 2]


def test_a_lost_journal_told_by_a_head_that_breaks_the_format_still_lets_receipts_go_on(
    desk: Desk, receiver: Receiver
) -> None:
    scale = SigningScale()
    desk.register(scale)
    hand(receiver, scale, scale.enrol(), scale.boot())
    scale.skip(100)
    (receipt,) = hand(receiver, scale, scale.event(EventKind.JOURNAL_LOST, 2, link=bytes(16), flags=1 << 20))
    assert receipt.number == 103


def numbers_of(desk: Desk, scale: SigningScale) -> list[int]:
    """Under which numbers the scale's statements are stored."""
    c = statements.c
    query = select(c.number).join(identities, identities.c.id == c.identity_id).where(identities.c.kid == scale.kid)
    with database.reading(desk.engine) as connection:
        return list(connection.scalars(query.order_by(c.number)))


# ---- what is not authentic -------------------------------------------------------------------------------------------


def damaged(raw: bytes) -> bytes:
    """The same statement with a signature that does not verify."""
    return raw[:-1] + bytes([raw[-1] ^ 1])


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


# ---- signatures and links --------------------------------------------------------------------------------------------


def authentic_by(desk: Desk, scale: SigningScale) -> list[int]:
    c = statements.c
    query = (
        select(c.authentic_by).join(identities, identities.c.id == c.identity_id).where(identities.c.kid == scale.kid)
    )
    with database.reading(desk.engine) as connection:
        return list(connection.scalars(query.order_by(c.number)))


def test_run_is_taken_in_by_its_last_signature_and_checked_later(desk: Desk, receiver: Receiver) -> None:
    scale = SigningScale()
    desk.register(scale)
    raws = [scale.enrol(), scale.boot(), *(scale.snapshot() for _ in range(4))]
    hand(receiver, scale, encode_batch(raws))
    assert authentic_by(desk, scale) == [1, 1, 2, 2, 2, 1]
    while receiver.check_signatures(NOW):
        pass
    assert judgement_of(desk, scale).findings == ()


def test_skipped_signature_that_is_bad_becomes_a_finding(desk: Desk, receiver: Receiver) -> None:
    scale = SigningScale()
    desk.register(scale)
    raws = [scale.enrol(), scale.boot()]
    bad = damaged(scale.snapshot())
    scale.head_hash = hash_of(bad)
    raws += [bad, scale.snapshot()]
    hand(receiver, scale, encode_batch(raws))
    assert desk.held(scale) == raws
    while receiver.check_signatures(NOW):
        pass
    assert authentic_by(desk, scale) == [1, 1, 3, 1]
    (alert,) = desk.alerts(scale)
    assert (alert["rule"], alert["values"]["code"], alert["first_number"]) == ("authenticity", "bad-signature", 3)


def test_skipped_signatures_of_many_scales_are_checked_in_few_goes(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(later, "AT_ONCE", 12)
    some = [SigningScale(seed) for seed in range(1, 9)]
    desk.register(*some)
    for at, scale in enumerate(some):
        raws = [scale.enrol(), scale.boot()]
        for number in range(3, 9):
            raw = scale.snapshot()
            if number == 3 + at % 5:
                raw = damaged(raw)
                scale.head_hash = hash_of(raw)
            raws.append(raw)
        hand(receiver, scale, encode_batch(raws))
    goes = 0
    while receiver.check_signatures(NOW):
        goes += 1
    assert goes < len(some)  # 40 signatures, 6 to 12 in a go, and one to see that all is done
    for at, scale in enumerate(some):
        assert authentic_by(desk, scale) == [1, 1, *(3 if number == 3 + at % 5 else 2 for number in range(3, 8)), 1]
        (alert,) = desk.alerts(scale)
        assert (alert["values"]["code"], alert["first_number"]) == ("bad-signature", 3 + at % 5)


@pytest.mark.parametrize("successor_first", [False, True])
def test_link_of_a_held_statement_vouches_for_what_was_refused(
    desk: Desk, receiver: Receiver, successor_first: bool
) -> None:
    scale = SigningScale()
    desk.register(scale)
    raws = [scale.enrol(), scale.boot()]
    bad = damaged(scale.snapshot())
    scale.head_hash = hash_of(bad)
    raws += [bad, scale.snapshot()]
    hand(receiver, scale, *raws[:2])
    for raw in reversed(raws[2:]) if successor_first else raws[2:]:
        receipts = hand(receiver, scale, raw)
    assert desk.held(scale) == raws
    assert receipts[-1].number == 4
    assert [alert["values"]["code"] for alert in desk.alerts(scale)] == ["bad-signature"]
    assert count(desk, "quarantine") == 0


def test_link_vouches_in_whatever_order_a_batch_stands(desk: Desk, receiver: Receiver) -> None:
    for order in itertools.permutations(range(4)):
        scale = SigningScale(next(SEEDS))
        desk.register(scale)
        raws = [scale.enrol(), scale.boot()]
        for _ in range(2):
            raws.append(damaged(scale.snapshot()))
            scale.head_hash = hash_of(raws[-1])
        raws += [scale.snapshot(), scale.snapshot()]
        hand(receiver, scale, *raws[:2])
        hand(receiver, scale, *(raws[2 + at] for at in order))
        assert desk.held(scale) == raws, order


def test_what_a_link_vouches_for_is_not_forgotten_by_a_failure(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    scale = SigningScale()
    desk.register(scale)
    hand(receiver, scale, scale.enrol(), scale.boot())
    bad = damaged(scale.snapshot())
    scale.head_hash = hash_of(bad)
    after = scale.snapshot()
    hand(receiver, scale, bad)
    with monkeypatch.context() as broken:
        broken.setattr(summary_store, "write_summaries", fail)
        with pytest.raises(RuntimeError):
            hand(receiver, scale, after)
    (receipt,) = hand(receiver, scale, after)
    assert receipt.number == 4


def test_topic_that_failed_before_has_only_its_budget_checked_in_one_batch(desk: Desk, receiver: Receiver) -> None:
    scale = SigningScale()
    desk.register(scale)
    bad = [damaged(scale.snapshot()) for _ in range(2 * FAILURES)]
    hand(receiver, scale, *bad)
    hand(receiver, scale, *bad, at_ms=NOW + 5_000)
    counted = desk.quarantined()
    assert (counted["signature"], counted["limited"]) == (2 * FAILURES + 5, 2 * FAILURES - 5)


def test_run_whose_last_signature_is_bad_stands_on_the_others(desk: Desk, receiver: Receiver) -> None:
    scale = SigningScale()
    desk.register(scale)
    raws = [scale.enrol(), scale.boot(), scale.snapshot(), scale.snapshot()]
    (receipt,) = hand(receiver, scale, *raws, damaged(scale.snapshot()))
    assert receipt.number == 4
    assert desk.quarantined() == {"signature": 1}


def test_replay_of_anothers_statement_under_ones_own_topic_is_refused(desk: Desk, receiver: Receiver) -> None:
    scale, other = SigningScale(1), SigningScale(2)
    desk.register(scale, other)
    receiver.handle([Message(scale.up, other.enrol(), (0, 0, 0))], NOW)
    assert desk.held(other) == []


def respelled(raw: bytes) -> list[bytes]:
    """Copies of a statement that anybody can make without the key."""
    protected, unprotected, payload, signature = cbor.decode(raw[1:])
    n_minus_s = (p256.ORDER - int.from_bytes(raw[-32:], "big")).to_bytes(32, "big")
    return [
        raw[:-32] + n_minus_s,
        raw[1:],
        cbor.encode(cbor.Tag(18, [protected, unprotected | {5: b"any"}, payload, signature])),
    ]


def test_copies_made_without_the_key_put_nothing_into_the_evidence(desk: Desk, receiver: Receiver) -> None:
    scale = SigningScale()
    desk.register(scale)
    raws = [scale.enrol(), scale.boot(), scale.snapshot()]
    (receipt,) = hand(receiver, scale, *raws, *(copy for raw in raws for copy in respelled(raw)))
    assert receipt.hash == scale.head_hash
    assert desk.held(scale) == raws
    assert desk.alerts(scale) == []
    assert desk.quarantined()["signature"] == 9


def test_holes_beyond_the_bound_are_refused_and_come_again(desk: Desk, receiver: Receiver) -> None:
    scale = SigningScale()
    desk.register(scale)
    raws = []
    for _ in range(BOUNDS.intervals + 2):
        raws.append(scale.snapshot())
        scale.skip(1)
    hand(receiver, scale, *raws)
    assert count(desk) == BOUNDS.intervals
    assert desk.quarantined() == {"too-many-holes": 2}


# ---- several receivers -----------------------------------------------------------------------------------------------


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_several_receivers_in_any_order_come_to_the_same_as_one(desk: Desk, data: st.DataObject) -> None:
    some = [SigningScale(next(SEEDS)) for _ in range(2)]
    desk.register(*some)
    judged = []
    for scale, shuffled in zip(some, (False, True), strict=True):
        receivers = [desk.receiver() for _ in range(3)]
        hand(receivers[0], scale, scale.enrol(), scale.boot())
        desk.verify(scale, 2)
        raws = [scale.snapshot()]
        permit = desk.permit(scale, [40])
        thief = scale.branch()
        raws += [scale.raise_span(permit=permit), scale.parameters(), scale.snapshot(lie=1), scale.boot()]
        raws += [scale.raise_span(), scale.snapshot(), thief.snapshot(99_000)]
        items = [*scale.chain[:2], *raws, *raws[:3]]
        if shuffled:
            items = data.draw(st.permutations(items))
        while items:
            size = data.draw(st.integers(1, len(items)))
            batch, items = items[:size], items[size:]
            hand(receivers[data.draw(st.integers(0, 2)) if shuffled else 0], scale, *batch)
        for receiver in receivers:
            receiver.close()
        desk.work_off(NOW + 2_000)
        judged.append(judgement_of(desk, scale))
    shapes = [
        {(one.rule, one.code, one.first_number, one.last_number, one.count) for one in judgement.findings}
        for judgement in judged
    ]
    assert shapes[0] == shapes[1]
    assert {(rule, code) for rule, code, *_ in shapes[0]} >= {
        ("parameter_change", "changed"),
        ("weight", "not-recomputable"),
        ("continuity", "fork"),
    }


def test_a_summary_of_another_version_is_made_again_from_the_stored_statements(desk: Desk, receiver: Receiver) -> None:
    scale = SigningScale()
    desk.register(scale)
    hand(receiver, scale, scale.enrol(), scale.boot())
    desk.verify(scale, 2)
    thief = scale.branch()
    raws = [scale.event(EventKind.CASE_OPENED, 0, flags=0), *scale.cheat(), scale.boot(), scale.snapshot(lie=2)]
    hand(receiver, scale, *raws, thief.snapshot())
    kept = summary_of(desk, scale)
    with database.writing(desk.engine) as connection:
        connection.execute(update(summaries).values(summary=cbor2.dumps([3, "what release 0.1.0 kept"])))
    again = summary_of(desk, scale)
    assert canonical(again) == canonical(kept)
    assert (again.unchecked, again.rereads) == (kept.unchecked, [])


def test_nothing_is_verified_while_its_summary_is_of_another_version(desk: Desk, receiver: Receiver) -> None:
    scale = SigningScale()
    desk.register(scale)
    hand(receiver, scale, scale.enrol(), scale.boot())
    with database.writing(desk.engine) as connection:
        connection.execute(update(summaries).values(summary=cbor2.dumps([3, "what release 0.1.0 kept"])))
    with pytest.raises(NotJudgedYet):
        desk.verify(scale, 2)


def summary_of(desk: Desk, scale: SigningScale) -> Summary:
    with database.reading(desk.engine) as connection:
        identity_id = connection.scalar(select(identities.c.id).where(identities.c.kid == scale.kid))
        key = load_keys_of(connection, [identity_id])[identity_id]
        return summary_store.load_summaries(connection, [key])[identity_id].summary
