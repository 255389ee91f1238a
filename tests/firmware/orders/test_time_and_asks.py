"""The time that the platform signs, and what it asks: each answer is believed once, each ask is done once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from kit.micropython import MicroPython
from kit.platform_side import Key, Platform
from kit.scale_process import ScaleProcess, scale_process
from steelyard_protocol import cbor, downlink, fresh, questions, statement
from steelyard_protocol.bodies import Parameters
from steelyard_protocol.downlink import Ask, Asked
from steelyard_protocol.enrolment import from_base64url, to_base64url

MALFORMED, ROLE, SIGNATURE, OTHER_IDENTITY, NOT_ASKED, OLD_ASK = 1, 4, 5, 6, 11, 12
TIME, ASK = 4, 5
NOW = 1_800_000_000
SIGNED = 3


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
def scale(micropython: MicroPython, tmp_path: Path, platform: Platform) -> Iterator[ScaleProcess]:
    """An enrolled scale that has taken the platform's answer; its network is unplugged."""
    with scale_process(micropython, tmp_path, platform) as scale:
        scale.call("unplug")
        scale.enrolment = scale.enrol()
        assert scale.call("accept", platform.answer(scale.enrolment, 1)) is None
        yield scale


def asked_time(scale: ScaleProcess) -> downlink.Time:
    """What answers the question that the scale has now."""
    question = questions.read(bytes.fromhex(scale.call("question")))
    assert isinstance(question, questions.TimeQuestion)
    assert question.identity == statement.parse(scale.enrolment).kid
    return downlink.Time(question.identity, question.nonce, NOW)


def newest(scale: ScaleProcess) -> statement.Statement:
    return statement.parse(from_base64url(scale.call("statement", scale.status["head"])))


def test_the_clock_takes_the_signed_time_and_half_of_what_the_answer_took(
    scale: ScaleProcess, platform: Platform
) -> None:
    answer = asked_time(scale)
    assert scale.call("question") == "", "one question at a time"
    scale.call("put_forward", 8_000)
    assert scale.offer(platform.online.sign(answer)) == []
    time_s, quality = scale.call("time")
    assert quality == SIGNED
    assert NOW + 4 <= time_s <= NOW + 6
    event = newest(scale).body
    assert (event.kind, event.facts[0], event.facts[2]) == (8, 0, 3)
    assert NOW + 4 <= event.facts[1] <= NOW + 6


def test_an_answer_is_believed_once_and_only_if_it_comes_at_once(scale: ScaleProcess, platform: Platform) -> None:
    first = platform.online.sign(asked_time(scale))
    scale.call("put_forward", 12_000)
    assert scale.offer(first) == [[NOT_ASKED, TIME]]
    scale.call("put_forward", 2**30 - 12_000)  # the ticks begin again after so many milliseconds
    assert scale.offer(first)[1:] == [[NOT_ASKED, TIME]]
    second = platform.online.sign(asked_time(scale))
    assert scale.offer(first)[2:] == [[NOT_ASKED, TIME]], "the question before"
    assert len(scale.offer(second)) == 3
    assert len(scale.offer(second)) == 4, "a second time it answers nothing"
    assert scale.call("time")[1] == SIGNED


def test_no_other_answer_sets_the_clock(scale: ScaleProcess, platform: Platform) -> None:
    answer = asked_time(scale)
    genuine = platform.online.sign(answer)
    broken = genuine[:-1] + bytes([genuine[-1] ^ 1])
    other = downlink.Time(answer.identity, bytes(16), NOW)
    cases = [
        (broken, [SIGNATURE, TIME]),
        (platform.authority.sign(answer), [ROLE, TIME]),
        (platform.online.sign(other), [NOT_ASKED, TIME]),
        (platform.online.sign(downlink.Time(bytes(10), answer.nonce, NOW)), [OTHER_IDENTITY, TIME]),
        (platform.online.sign(downlink.Time(answer.identity, answer.nonce, 1)), [MALFORMED, TIME]),
    ]
    for message, refusal in cases:
        assert scale.offer(message)[-1] == refusal
        assert scale.call("time") == [0, 0]
    scale.offer(genuine)
    assert scale.call("time")[1] == SIGNED, "what was forged meanwhile takes nothing from the genuine one"


def test_the_time_is_asked_for_again_each_day_and_after_somebody_has_set_the_clock(
    scale: ScaleProcess, platform: Platform
) -> None:
    scale.offer(platform.online.sign(asked_time(scale)))
    head = scale.status["head"]
    scale.call("put_forward", 80_000_000)
    assert scale.call("question") == ""
    scale.call("put_forward", 7_000_000)
    answer = asked_time(scale)
    right = downlink.Time(answer.identity, answer.nonce, NOW + 87_000)
    scale.offer(platform.online.sign(right))
    assert scale.status["head"] == head, "a clock that is right is left alone, without an event"
    scale.call("set_clock", NOW)
    assert scale.call("time")[1] == 1
    scale.offer(platform.online.sign(asked_time(scale)))
    assert scale.call("time")[1] == SIGNED
    scale.call("set_clock", NOW)
    asked_time(scale)
    scale.call("put_forward", 599_000)
    assert scale.call("question") == "", "without an answer it asks every ten minutes"
    scale.call("put_forward", 2_000)
    asked_time(scale)


def ask(scale: ScaleProcess, number: int, what: int, value: object = None, **other: bytes) -> Ask:
    kid = statement.parse(scale.enrolment).kid
    return Ask(**{"identity": kid, "number": number, "what": what, "value": value, **other})


def test_asks_for_statements_are_answered_by_statements(scale: ScaleProcess, platform: Platform) -> None:
    assert scale.offer(platform.online.sign(ask(scale, 5, Asked.SNAPSHOT))) == []
    assert newest(scale).kind == 3
    assert scale.offer(platform.online.sign(ask(scale, 6, Asked.PARAMETERS))) == []
    body = newest(scale)
    assert body.kind == 4
    assert isinstance(body.body, Parameters) or body.breaches, "the desk's map is none of a scale"


def test_an_ask_may_set_the_period(scale: ScaleProcess, platform: Platform) -> None:
    scale.offer(platform.online.sign(ask(scale, 1, Asked.PERIOD, 60)))
    assert scale.status["period_s"] == 60
    assert scale.status["broker"] == ["127.0.0.1", 1, False, None]


def test_an_ask_is_done_once_also_after_a_restart(micropython: MicroPython, tmp_path: Path, platform: Platform) -> None:
    with scale_process(micropython, tmp_path, platform) as scale:
        scale.call("unplug")
        scale.enrolment = scale.enrol()
        scale.call("accept", platform.answer(scale.enrolment, 1))
        snapshot = platform.online.sign(ask(scale, 7, Asked.SNAPSHOT))
        assert scale.offer(snapshot, snapshot) == [[OLD_ASK, ASK]]
        head = scale.status["head"]
    with scale_process(micropython, tmp_path, platform) as scale:
        scale.call("unplug")
        scale.enrolment = scale.enrol()
        older = platform.online.sign(ask(scale, 6, Asked.SNAPSHOT))
        assert scale.offer(snapshot, older) == [[OLD_ASK, ASK]] * 2
        assert scale.status["head"] == head
        assert len(scale.offer(platform.online.sign(ask(scale, 8, Asked.SNAPSHOT)))) == 2
        assert scale.status["head"] == head + 1


def test_an_ask_that_breaks_the_definition_or_is_not_the_platforms_does_nothing(
    scale: ScaleProcess, platform: Platform
) -> None:
    head = scale.status["head"]
    good = ask(scale, 1, Asked.SNAPSHOT)
    cases = [
        (platform.authority.sign(good), [ROLE, ASK]),
        (Key().sign(good), [3, ASK]),
        (platform.online.sign(ask(scale, 1, 1, identity=bytes(10))), [OTHER_IDENTITY, ASK]),
        *[
            (platform.online.sign(ask(scale, number, what, value)), [MALFORMED, ASK])
            for number, what, value in [
                (0, 1, None), (1 << 32, 1, None), (1, 0, None), (1, 6, None), (1, 1, 0), (1, 2, 7),
                (1, 3, None), (1, 3, 0), (1, 4, 0), (1, 4, 86_401), (1, 4, True), (1, 5, 1), (1, 5, bytes(15)),
            ]
        ],
    ]  # fmt: skip
    for message, refusal in cases:
        assert scale.offer(message)[-1] == refusal, message
    status = scale.status
    assert (status["head"], status["period_s"]) == (head, 600)
    assert len(scale.offer(platform.online.sign(good))) == len(cases)


def test_a_fresh_code_is_signed_with_the_nonce_that_was_asked_for(scale: ScaleProcess, platform: Platform) -> None:
    nonce = bytes(range(16))
    assert scale.offer(platform.online.sign(ask(scale, 9, Asked.FRESH, nonce))) == []
    answer = questions.read(from_base64url(scale.call("waiting")))
    assert isinstance(answer, questions.FreshAnswer)
    code = fresh.parse(answer.code)
    first = statement.parse(scale.enrolment)
    assert (answer.number, code.nonce, code.identity) == (9, nonce, first.kid)
    assert code.verifies(first.body.signing_point)
    assert to_base64url(cbor.encode([5, first.kid, 9, answer.code])) == scale.call("waiting")
