"""Which signatures are checked at once, which later, and what a link vouches for."""

import itertools

import pytest
from kit.cloud_desk import Desk
from kit.handing_over import NOW, SEEDS, count, damaged, fail, hand, judgement_of
from kit.signing_scale import SigningScale
from sqlalchemy import select
from steelyard_cloud.db import database
from steelyard_cloud.db.schema import identities, statements
from steelyard_cloud.ingest import later
from steelyard_cloud.ingest.limits import FAILURES
from steelyard_cloud.ingest.mqtt.broker import Message
from steelyard_cloud.ingest.receiver import Receiver
from steelyard_cloud.judge.summary_parts import BOUNDS
from steelyard_cloud.statements import summaries as summary_store
from steelyard_protocol import cbor, p256
from steelyard_protocol.statement import encode_batch, hash_of


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
