"""OCRA on the host: the vectors of RFC 6287, and an independent implementation."""

from __future__ import annotations

from typing import Any

import oath
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit.ocra_vectors import KEY_32, VECTORS, Vector
from steelyard_protocol import ocra

CHECK = "OCRA-1:HOTP-SHA256-8:QN08-S064"


def test_all_tables_of_the_rfc_are_there() -> None:
    assert len(VECTORS) == 10 + 10 + 5 + 10 + 5 + 20 + 10


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"{vector.suite} {vector.question}")
def test_the_vectors_of_the_rfc_hold(vector: Vector) -> None:
    assert ocra.response(vector.suite, vector.key, vector.question, **vector.given) == vector.answer


@given(st.binary(min_size=1, max_size=200), st.from_regex(r"\A[0-9]{8}\Z"), st.binary(min_size=64, max_size=64))
def test_another_implementation_gives_the_same(key: bytes, question: str, session: bytes) -> None:
    other = oath.str2ocrasuite(CHECK)
    assert ocra.response(CHECK, key, question, session=session) == other(key, Q=question, S=session)
    for digits in (0, 4, 6, 10):
        suite = f"OCRA-1:HOTP-SHA256-{digits}:QN08"
        assert ocra.response(suite, key, question) == oath.str2ocrasuite(suite)(key, Q=question)


@pytest.mark.parametrize(
    ("suite", "question", "given"),
    [
        ("OCRA-2:HOTP-SHA256-8:QN08", "12345678", {}),
        ("OCRA-1:HOTP-MD5-8:QN08", "12345678", {}),
        ("OCRA-1:HOTP-SHA256-11:QN08", "12345678", {}),
        ("OCRA-1:HOTP-SHA256:QN08", "12345678", {}),
        ("OCRA-1:HOTP-SHA256-8", "12345678", {}),
        ("", "12345678", {}),
        ("OCRA-1:HOTP-SHA256-8:QN08", "", {}),
        ("OCRA-1:HOTP-SHA256-8:QN08", "1234567a", {}),
        ("OCRA-1:HOTP-SHA256-8:QN08", "１２３４５６７８", {}),
        ("OCRA-1:HOTP-SHA256-8:QN08", "+1234567", {}),
        ("OCRA-1:HOTP-SHA256-8:QN08", "1" * 17, {}),
        ("OCRA-1:HOTP-SHA256-8:QH08", "1234567g", {}),
        ("OCRA-1:HOTP-SHA256-8:QA08", "１２", {}),
        ("OCRA-1:HOTP-SHA256-8:QN08", "12345678", {"counter": 1}),
        ("OCRA-1:HOTP-SHA256-8:QN08", "12345678", {"session": bytes(64)}),
        (CHECK, "12345678", {}),
        (CHECK, "12345678", {"session": bytes(63)}),
        ("OCRA-1:HOTP-SHA256-8:QN08-X1", "12345678", {}),
        ("OCRA-1:HOTP-SHA256-8:QN08-", "12345678", {}),
    ],
)
def test_what_does_not_fit_is_refused(suite: str, question: str, given: dict[str, Any]) -> None:
    with pytest.raises(ocra.OcraError):
        ocra.response(suite, KEY_32, question, **given)


@pytest.mark.parametrize(("name", "length"), [("", 20), ("SHA1", 20), ("SHA256", 32), ("SHA512", 64)])
def test_the_hash_of_a_pin_is_as_long_as_its_algorithm_makes_it(name: str, length: int) -> None:
    suite = f"OCRA-1:HOTP-SHA512-8:QN08-P{name}"
    assert len(ocra.response(suite, KEY_32, "12345678", pin_hash=bytes(length))) == 8
    for wrong in (length - 1, length + 1):
        with pytest.raises(ocra.OcraError, match="not what it wants"):
            ocra.response(suite, KEY_32, "12345678", pin_hash=bytes(wrong))


@pytest.mark.parametrize(("part", "length"), [("S", 64), ("S064", 64), ("S128", 128), ("S000", 0)])
def test_a_session_is_as_long_as_its_part_says(part: str, length: int) -> None:
    suite = f"OCRA-1:HOTP-SHA256-8:QN08-{part}"
    assert len(ocra.response(suite, KEY_32, "12345678", session=bytes(length))) == 8
    for wrong in {max(length - 1, 0), length + 1} - {length}:
        with pytest.raises(ocra.OcraError, match="not what it wants"):
            ocra.response(suite, KEY_32, "12345678", session=bytes(wrong))
