"""The whole scale and the codes on its display: it is unlocked by code, answers check questions, signs fresh codes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from kit.chain import exported
from kit.platform_side import Platform
from kit.scale_codes import answer, enrolment
from steelyard_protocol import cbor, fresh, identity, statement
from steelyard_protocol.agreement import Purpose
from steelyard_protocol.codes import ORDER_OF_CODES, check_digit, key_number
from steelyard_protocol.events import Event, EventKind
from steelyard_protocol.head import Flag
from steelyard_protocol.parameters import KEYS
from steelyard_simulator.flashing import factory_file
from steelyard_simulator.scale import SimulatedScale

ADDRESS = "https://scales.example.org"
SILENT_PORT = 9
QUESTION = "48151623"

Simulate = Callable[..., SimulatedScale]


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
def scale(simulate: Simulate, platform: Platform) -> SimulatedScale:
    """An enrolled scale that knows its platform's keys."""
    scale = simulate(factory=factory_file(platform.root.point, address=ADDRESS))
    scale.console("enrol maker=M model=one serial=1 code=P-1")
    assert "accepted" in scale.console("enrol accept " + platform.answer(scale, SILENT_PORT))
    return scale


def events(scale: SimulatedScale) -> list[tuple[int, tuple[Any, ...]]]:
    bodies = [statement.parse(raw).body for raw in exported(scale)]
    return [(body.kind, body.facts) for body in bodies if isinstance(body, Event) and isinstance(body.facts, tuple)]


def locked(scale: SimulatedScale) -> bool:
    return bool(scale.console_json("status")["locked"])


def lock(scale: SimulatedScale) -> None:
    scale.open_case()
    scale.advance(1)
    scale.close_case()
    scale.advance(1)
    assert locked(scale)


def test_a_locked_scale_opens_by_the_platforms_code_and_says_so(scale: SimulatedScale, platform: Platform) -> None:
    lock(scale)
    shown = scale.console_json("unlock")
    assert shown["key"] == key_number(identity.kid(platform.unlock.point))
    assert shown["check_digit"] == check_digit(shown["key"] + shown["question"])
    code = answer(scale, platform, Purpose.UNLOCK, shown["question"])
    scale.power_off()
    scale.power_on()
    scale.advance(5)
    assert scale.console_json("unlock")["question"] == shown["question"], "it survives the power"
    assert scale.console_json(f"unlock {code}") == {"locked": False}
    assert not locked(scale)
    assert scale.console("status").count("LOCKED") == 0
    assert (EventKind.UNLOCKED, (2, ORDER_OF_CODES + int(shown["question"]))) in events(scale)
    assert scale.console_json(f"unlock {code}")["error"] == "no-code"
    lock(scale)
    again = scale.console_json("unlock")["question"]
    assert again != shown["question"]
    assert scale.console_json(f"unlock {code}")["error"] == "wrong"
    assert locked(scale)


def test_wrong_codes_are_an_event_and_after_five_each_doubles_the_wait(
    scale: SimulatedScale, platform: Platform
) -> None:
    lock(scale)
    question = scale.console_json("unlock")["question"]
    code = answer(scale, platform, Purpose.UNLOCK, question)
    wrong = f"{(int(code) + 1) % 10**8:08d}"
    for _ in range(5):
        assert scale.console_json(f"unlock {wrong}")["error"] == "wrong"
    assert scale.console_json(f"unlock {code}")["error"] == "wait"
    scale.power_off()
    scale.power_on()
    scale.advance(5)
    assert 30 < scale.console_json("unlock")["wait_s"] <= 60
    scale.advance(61)
    assert scale.console_json(f"unlock {wrong}")["error"] == "wrong"
    assert 60 < scale.console_json("unlock")["wait_s"] <= 120
    scale.advance(125)
    assert EventKind.WRONG_CODE in [kind for kind, _ in events(scale)]
    assert scale.console_json(f"unlock {code}") == {"locked": False}


def test_a_question_lasts_for_half_an_hour(scale: SimulatedScale, platform: Platform) -> None:
    lock(scale)
    question = scale.console_json("unlock")["question"]
    scale.advance(1700)
    assert scale.console_json("unlock")["question"] == question
    scale.advance(200)
    code = answer(scale, platform, Purpose.UNLOCK, question)
    assert scale.console_json(f"unlock {code}")["error"] == "no-question"
    assert scale.console_json("unlock")["question"] != question


def test_an_open_case_and_a_scale_that_is_not_locked_take_no_code(scale: SimulatedScale, platform: Platform) -> None:
    assert scale.console_json("unlock")["error"] == "no-code"
    scale.open_case()
    scale.advance(2)
    question = scale.console_json("unlock")["question"]
    code = answer(scale, platform, Purpose.UNLOCK, question)
    assert scale.console_json(f"unlock {code}")["error"] == "case-open"
    for typed in ("1234567", "123456789", "1234567x"):
        scale.close_case()
        scale.advance(1)
        assert scale.console_json(f"unlock {typed}")["error"] == "answer"
    assert locked(scale)


def test_without_an_unlock_key_there_is_no_question(simulate: Simulate) -> None:
    scale = simulate()
    assert scale.console_json("unlock")["error"] == "no-unlock-key"
    assert scale.console_json(f"check {QUESTION}")["error"] == "no-unlock-key"
    assert scale.console_json("fresh")["error"] == "not-enrolled"


def test_a_check_question_is_answered_for_software_and_parameters(scale: SimulatedScale, platform: Platform) -> None:
    named = scale.console_json("parameters")["parameters"]
    parameters = cbor.encode({KEYS[name]: value for name, value in named.items()})
    software = bytes.fromhex(scale.console_json("status")["software"]["hash"])
    session = software + hashlib.sha256(parameters).digest()
    expected = answer(scale, platform, Purpose.CHECK, QUESTION, session=session)
    assert scale.console_json(f"check {QUESTION}") == {"answer": expected}
    assert scale.console_json("check 1234567")["error"] == "question"
    assert scale.console_json("check")["error"] == "usage"


def test_a_fresh_code_is_this_moment_signed(scale: SimulatedScale) -> None:
    scale.place(kg=1.0)
    scale.advance(5)
    status = scale.console_json("status")
    shown = scale.console_json("fresh 00001234")
    address, digits = shown["segments"]
    assert (address, shown["code"]) == ("HTTPS://SCALES.EXAMPLE.ORG/F/", address + digits)
    code = fresh.parse(fresh.from_digits(digits))
    assert code.verifies(enrolment(scale).signing_point)
    assert (code.head_number, code.gross, code.nonce) == (status["number"], status["gross"], 1234)
    assert code.software == bytes.fromhex(status["software"]["hash"])[:16]
    assert (code.digest.hex(), code.flags & Flag.STABLE) == (status["digest"], Flag.STABLE)
    assert scale.console_json("fresh 1234")["error"] == "nonce"
    lock(scale)
    again = fresh.parse(fresh.from_digits(scale.console_json("fresh")["segments"][1]))
    assert again.flags & Flag.LOCKED
    assert again.nonce is None
