"""What scales ask beside their chains: answered on the scale's own topic, few in a time, and never stored."""

from __future__ import annotations

import pytest
from kit.cloud_desk import Desk
from kit.handing_over import NOW, count, send
from kit.registry import EVERYWHERE, NOBODY
from kit.signing_scale import SigningScale
from steelyard_cloud.db import database
from steelyard_cloud.ingest.changes import Changes
from steelyard_cloud.ingest.pending import PendingBatches
from steelyard_cloud.ingest.receiver import Receiver
from steelyard_cloud.scales import asks
from steelyard_cloud.scales.queries import scale_by_code
from steelyard_protocol import cbor, downlink, fresh
from steelyard_protocol.downlink import Asked, Time

NONCE = bytes(range(16))


@pytest.fixture
def scale(desk: Desk) -> SigningScale:
    scale = SigningScale()
    desk.register(scale)
    return scale


def times(receiver: Receiver, scale: SigningScale, *nonces: bytes, at_ms: int = NOW, topic: str = "") -> list[Time]:
    """The times that come down for questions with these nonces, sent in one batch."""
    asked = [cbor.encode([4, scale.kid, nonce]) for nonce in nonces]
    found = []
    for down, raw in send(receiver, scale, *asked, at_ms=at_ms, topic=topic):
        assert down == scale.down
        order = downlink.open_order(raw, receiver.online.public_key)
        assert isinstance(order, Time)
        found.append(order)
    return found


def test_the_time_is_signed_for_the_newest_nonce(desk: Desk, receiver: Receiver, scale: SigningScale) -> None:
    assert times(receiver, scale, bytes(16), NONCE) == [Time(scale.kid, NONCE, NOW // 1000)]
    assert (count(desk), count(desk, "quarantine")) == (0, 0)


def test_a_flood_of_questions_is_answered_once_a_second(receiver: Receiver, scale: SigningScale) -> None:
    given = sum(len(times(receiver, scale, NONCE)) for _ in range(100))
    assert given == 64
    assert times(receiver, scale, NONCE, at_ms=NOW + 999) == []
    assert len(times(receiver, scale, NONCE, at_ms=NOW + 1_000)) == 1


def test_who_asks_for_somebody_else_gets_nothing(desk: Desk, receiver: Receiver, scale: SigningScale) -> None:
    stranger = SigningScale(99)
    assert times(receiver, scale, NONCE, topic=stranger.up) == []
    assert times(receiver, stranger, NONCE) == []
    assert desk.quarantined() == {"topic": 1, "unknown-identity": 1}
    assert count(desk, "quarantine") == 0


def test_a_question_beside_statements_holds_nothing_up(desk: Desk, receiver: Receiver, scale: SigningScale) -> None:
    outgoing = send(receiver, scale, scale.enrol(), cbor.encode([4, scale.kid, NONCE]), scale.boot())
    kinds = {type(downlink.open_order(raw, receiver.online.public_key)) for _, raw in outgoing}
    assert kinds == {Time, downlink.Receipt}
    assert count(desk) == 2


class Collected:
    """In place of a sender: keeps what is published."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes]] = []

    def publish(self, outgoing: list[tuple[str, bytes]]) -> None:
        self.sent += outgoing


def asked(
    desk: Desk, receiver: Receiver, scale: SigningScale, what: Asked, value: int | bytes | None = None
) -> downlink.Ask:
    """The order that the scale gets for what somebody asks."""
    with database.writing(desk.engine) as connection:
        in_scope = scale_by_code(connection, EVERYWHERE, scale.code)
        number = asks.ask(connection, NOBODY, in_scope, asks.Wanted(what, value), NOW)
    sender = Collected()
    Changes(receiver, PendingBatches(receiver, sender, lambda: NOW), lambda: NOW).read()  # type: ignore[arg-type]
    [(topic, raw)] = [one for one in sender.sent if one[0] == scale.down]
    order = downlink.open_order(raw, receiver.online.public_key)
    assert (topic, order) == (scale.down, downlink.Ask(scale.kid, number, what, value))
    return downlink.Ask(scale.kid, number, what, value)


def test_numbers_of_asks_rise_and_are_never_below_the_time(desk: Desk, receiver: Receiver, scale: SigningScale) -> None:
    numbers = [
        asked(desk, receiver, scale, Asked.PERIOD, 60).number,
        asked(desk, receiver, scale, Asked.SNAPSHOT).number,
    ]
    assert numbers == [NOW // 1000, NOW // 1000 + 1]


def answered(desk: Desk, scale: SigningScale, number: int) -> str | None:
    with database.reading(desk.engine) as connection:
        return asks.recorded(connection, scale_by_code(connection, EVERYWHERE, scale.code), number).code


def test_a_fresh_code_answers_its_ask_once(desk: Desk, receiver: Receiver, scale: SigningScale) -> None:
    order = asked(desk, receiver, scale, Asked.FRESH, NONCE)
    stranger = SigningScale(99)
    digits = scale.fresh_code(nonce=NONCE)

    def answer(code: str, number: int = order.number) -> str | None:
        message = cbor.encode([5, scale.kid, number, fresh.from_digits(code)])
        assert send(receiver, scale, message) == []
        return answered(desk, scale, order.number)

    assert answer(scale.fresh_code()) is None, "without the nonce"
    assert answer(scale.fresh_code(nonce=bytes(16))) is None, "with another"
    assert answer(stranger.fresh_code(nonce=NONCE)) is None
    assert answer(stranger.fresh_code(nonce=NONCE, identity=scale.kid)) is None, "signed by another key"
    assert answer(digits, order.number + 1) is None, "another ask"
    assert answer(digits) == digits
    assert answer(scale.fresh_code(nonce=NONCE, gross=1)) == digits, "the first one stays"
    assert count(desk) == 0
