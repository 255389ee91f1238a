"""OCRA, ECDH and HKDF of the firmware in real MicroPython, held to vectors of others and to the host."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import oath
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit import third_party
from kit.micropython import Conversation, MicroPython
from kit.ocra_vectors import VECTORS, Vector
from steelyard_protocol import agreement, cbor, identity, p256
from steelyard_protocol.agreement import Purpose

GIVEN = ("counter", "pin_hash", "session", "time_steps")
SHA256 = [vector for vector in VECTORS if "SHA256" in vector.suite]
POINT = p256.public_key((7).to_bytes(32, "big"))

one_process = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture(scope="module")
def firmware(micropython: MicroPython) -> Iterator[Conversation]:
    with micropython.start("codes_answers.py") as conversation:
        yield conversation


def ask(firmware: Conversation, *words: Any) -> str:
    return firmware.ask(json.dumps([word.hex() if isinstance(word, bytes) else word for word in words]), timeout=60)


def respond(firmware: Conversation, suite: str, key: bytes, question: str, **given: Any) -> str:
    return ask(firmware, "ocra", suite, key, question, *[given.get(name) for name in GIVEN])


@pytest.mark.parametrize("vector", SHA256, ids=lambda vector: f"{vector.suite} {vector.question}")
def test_the_vectors_of_the_rfc_hold(firmware: Conversation, vector: Vector) -> None:
    assert respond(firmware, vector.suite, vector.key, vector.question, **vector.given) == vector.answer


def test_of_the_rfc_all_with_sha_256_were_taken() -> None:
    assert len(SHA256) == 30


@one_process
@given(st.binary(min_size=1, max_size=100), st.from_regex(r"\A[0-9]{8}\Z"), st.binary(min_size=64, max_size=64))
def test_another_implementation_gives_the_same(
    firmware: Conversation, key: bytes, question: str, session: bytes
) -> None:
    for suite in ("OCRA-1:HOTP-SHA256-8:QN08-S064", "OCRA-1:HOTP-SHA256-0:QN08"):
        other = oath.str2ocrasuite(suite)(key, Q=question, S=session)
        assert respond(firmware, suite, key, question, session=session if "S064" in suite else None) == other


@pytest.mark.parametrize(
    ("suite", "question", "given"),
    [
        ("OCRA-1:HOTP-SHA512-8:QN08", "12345678", {}),
        ("OCRA-2:HOTP-SHA256-8:QN08", "12345678", {}),
        ("OCRA-1:HOTP-SHA256-11:QN08", "12345678", {}),
        ("OCRA-1:HOTP-SHA256-8:QN08", "1234567a", {}),
        ("OCRA-1:HOTP-SHA256-8:QN08", "", {}),
        ("OCRA-1:HOTP-SHA256-8:QN08", "1" * 17, {}),
        ("OCRA-1:HOTP-SHA256-8:QN08", "12345678", {"session": bytes(64)}),
        ("OCRA-1:HOTP-SHA256-8:QN08-S064", "12345678", {}),
        ("OCRA-1:HOTP-SHA256-8:QN08-S064", "12345678", {"session": bytes(63)}),
    ],
)
def test_what_does_not_fit_is_refused(firmware: Conversation, suite: str, question: str, given: dict[str, Any]) -> None:
    assert respond(firmware, suite, bytes(32), question, **given).startswith("!")


def test_agreements_of_wycheproof(firmware: Conversation) -> None:
    cases = third_party.wycheproof_ecdh()
    wrong = [
        case.name
        for case in cases
        if (ask(firmware, "agree", case.private_key, case.public_key) == case.shared.hex()) != case.accepted
    ]
    assert wrong == []
    assert (len(cases), sum(case.accepted for case in cases)) == (354, 330)


@one_process
@given(st.integers(1, p256.ORDER - 1) | st.integers(1, 40) | st.integers(1, 40).map(lambda d: p256.ORDER - d))
def test_scale_and_platform_agree_and_derive_the_same_key(firmware: Conversation, scalar: int) -> None:
    own = scalar.to_bytes(32, "big")
    secret = agreement.agree(own, POINT)
    assert ask(firmware, "agree", own, POINT) == secret.hex()
    assert agreement.agree((7).to_bytes(32, "big"), p256.public_key(own)) == secret
    thumbprints = identity.thumbprint(p256.public_key(own)), identity.thumbprint(POINT)
    keys = []
    for purpose in Purpose:
        info = cbor.encode([purpose.value, "suite", *thumbprints])
        keys.append(agreement.code_key(secret, purpose, "suite", p256.public_key(own), POINT))
        assert ask(firmware, "derive", secret, info) == keys[-1].hex()
    assert len(set(keys)) == 2


def test_the_way_shows_nothing_of_the_private_key(firmware: Conversation) -> None:
    scalars = [1, 2, 3, 4, 7, 8, 2**128, 2**255 + 1, p256.ORDER // 2, p256.ORDER - 2, p256.ORDER - 1]
    shapes = {ask(firmware, "shape", scalar.to_bytes(32, "big"), POINT) for scalar in scalars}
    [shape] = shapes
    assert (shape.count("D"), shape.count("A")) == (258 - 3, 85 + 3)
