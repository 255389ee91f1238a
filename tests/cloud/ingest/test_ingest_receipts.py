"""Which receipts a receiver gives for what it was handed."""

import pytest
from kit.cloud_desk import Desk
from kit.handing_over import NOW, count, fail, hand, signed_again
from kit.signing_scale import SigningScale
from steelyard_cloud.ingest import receipts
from steelyard_cloud.ingest.receiver import Receiver
from steelyard_cloud.judge.chain import GRACE_MS
from steelyard_cloud.statements import summaries as summary_store
from steelyard_protocol.events import EventKind
from steelyard_protocol.statement import hash_of


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
