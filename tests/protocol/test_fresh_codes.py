"""Fresh codes: golden ones, an independent validator and ECDSA, and what is refused."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import cddl_verifier
import ecdsa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from steelyard_protocol import cbor, cose, downlink, fresh, identity, p256, statement

ROOT = Path(__file__).parents[2]
GOLDEN: dict[str, Any] = json.loads((ROOT / "protocol" / "vectors" / "golden.json").read_text())
VALIDATOR = cddl_verifier.Validator(ROOT / "protocol" / "steelyard.cddl")
PUBLIC = bytes.fromhex(GOLDEN["keys"]["scale"]["public_key"])
PRIVATE = bytes.fromhex(GOLDEN["keys"]["scale"]["private_key"])
KID = identity.kid(PUBLIC)
FIELDS = [KID, 7, 1_790_000_000, 6, 201, bytes(16), bytes(range(16)), 3, 1, None]


def built(at: int, value: Any) -> bytes:
    return fresh.build(PRIVATE, [*FIELDS[:at], value, *FIELDS[at + 1 :]])


@pytest.mark.parametrize("made", GOLDEN["fresh"], ids=lambda made: made["name"])
def test_a_golden_code_is_read_and_its_signature_is_the_scales(made: dict[str, str]) -> None:
    raw = bytes.fromhex(made["raw"])
    code = fresh.parse(raw)
    assert code.identity == KID
    assert code.verifies(PUBLIC)
    assert not code.verifies(bytes.fromhex(GOLDEN["keys"]["online"]["public_key"]))
    assert fresh.from_digits(made["digits"]) == raw
    header = cbor.encode({1: -9, 4: KID})
    signed = cbor.encode(["Signature1", header, b"steelyard/1 fresh", raw[:-64]])
    key = ecdsa.VerifyingKey.from_string(PUBLIC, curve=ecdsa.NIST256p)
    assert key.verify(raw[-64:], signed, hashfunc=hashlib.sha256)


def test_the_longest_code_has_150_bytes_and_fits_the_digits_of_a_qr_code() -> None:
    longest = max((bytes.fromhex(made["raw"]) for made in GOLDEN["fresh"]), key=len)
    assert len(longest) == fresh.MOST_BYTES
    assert len(str(2 ** (8 * fresh.MOST_BYTES) - 1)) == fresh.MOST_DIGITS


@pytest.mark.parametrize("external", [statement.EXTERNAL, downlink.EXTERNAL, b""])
def test_a_signature_for_something_else_is_none_for_a_fresh_code(external: bytes) -> None:
    payload = cbor.encode(FIELDS)
    header = cbor.encode({1: -9, 4: KID})
    signature = p256.lower(p256.sign(PRIVATE, cose.sig_structure(header, payload, external)))
    assert not fresh.parse(payload + signature).verifies(PUBLIC)


def test_a_fresh_code_is_no_statement() -> None:
    raw = fresh.build(PRIVATE, FIELDS)
    message = cbor.encode(cbor.Tag(18, [cbor.encode({1: -9, 4: KID}), {}, raw[:-64], raw[-64:]]))
    assert not statement.parse(message).verifies(PUBLIC)


def test_a_high_s_is_refused() -> None:
    raw = fresh.build(PRIVATE, FIELDS)
    high = p256.ORDER - int.from_bytes(raw[-32:], "big")
    assert not fresh.parse(raw[:-32] + high.to_bytes(32, "big")).verifies(PUBLIC)


GOOD = [[KID], [1, 2**32 - 1], [1], [1, 255], [0, -(2**31) + 1, 2**31 - 1], [bytes(16)], [bytes(16)], [0, 65_535]]
GOOD += [[0, 65_535], [None, 0, 99_999_999, bytes(16)]]
BAD = [
    [b"", bytes(9), bytes(11), "x" * 10, 1],
    [0, -1, 2**32, None, True],
    [-1, 2**32, None, 1.5],
    [-1, 256, None, True],
    [-(2**31), 2**31, None, b""],
    [bytes(15), bytes(17), bytes(32), None],
    [bytes(15), bytes(17), None],
    [-1, 65_536, None, True],
    [-1, 65_536, None],
    [-1, 100_000_000, bytes(15), bytes(17), "12345678", True, []],
]


@pytest.mark.parametrize(("at", "value"), [(at, value) for at, values in enumerate(GOOD) for value in values])
def test_what_the_schema_allows_is_read(at: int, value: Any) -> None:
    raw = built(at, value)
    assert cbor.encode(cbor.decode(raw[:-64])) == fresh.parse(raw).payload
    assert VALIDATOR.validate(raw[:-64], "fresh-payload", require_deterministic=True).valid


@pytest.mark.parametrize(("at", "value"), [(at, value) for at, values in enumerate(BAD) for value in values])
def test_what_the_schema_refuses_is_refused(at: int, value: Any) -> None:
    raw = built(at, value)
    assert not VALIDATOR.validate(raw[:-64], "fresh-payload", require_deterministic=True).valid
    with pytest.raises(fresh.FreshError):
        fresh.parse(raw)


@pytest.mark.parametrize(
    "fields", [[], FIELDS[:-1], [*FIELDS, None], [*FIELDS[:2], 0, *FIELDS[3:]], [*FIELDS[:3], 4, *FIELDS[4:]]]
)
def test_other_shapes_and_a_time_without_a_clock_are_refused(fields: list[Any]) -> None:
    raw = cbor.encode(fields) + bytes(64)
    with pytest.raises(fresh.FreshError):
        fresh.parse(raw)


@pytest.mark.parametrize("size", [0, 64, fresh.MOST_BYTES + 1, 100_000])
def test_what_is_too_short_or_too_long_is_refused_before_it_is_read(size: int) -> None:
    with pytest.raises(fresh.FreshError, match=f"{size} bytes"):
        fresh.parse(b"\x8a" * size)


def test_so_many_digits_are_read_and_not_one_more() -> None:
    assert fresh.to_digits(fresh.from_digits("9" * fresh.MOST_DIGITS)) == "9" * fresh.MOST_DIGITS
    with pytest.raises(fresh.FreshError):
        fresh.from_digits("1" * (fresh.MOST_DIGITS + 1))


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    with pytest.raises(fresh.FreshError):
        fresh.parse(raw)


@given(st.text(max_size=400) | st.from_regex(r"\A[0-9]{0,400}\Z"))
def test_any_text_is_digits_of_a_code_or_refused(text: str) -> None:
    try:
        raw = fresh.from_digits(text)
    except fresh.FreshError:
        assert not text.isascii() or not text.isdecimal() or len(text) > 362 or text[:1] == "0"
    else:
        assert fresh.to_digits(raw) == text
