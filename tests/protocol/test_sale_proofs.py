"""The code on a printed receipt: golden ones, an independent validator, what people mistype, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cddl_verifier
import pytest
from hypothesis import given
from hypothesis import strategies as st
from steelyard_protocol import base32, cbor, identity
from steelyard_protocol.sale_proof import MOST_CHARACTERS, SaleProof, SaleProofError
from steelyard_protocol.sales import SALE, Sale

ROOT = Path(__file__).parents[2]
GOLDEN: dict[str, Any] = json.loads((ROOT / "protocol" / "vectors" / "golden.json").read_text())
VALIDATOR = cddl_verifier.Validator(ROOT / "protocol" / "steelyard.cddl")
KID = bytes(range(10))
SALE_BODY = [7, 1_800_000_000, 247, 10, 2, 1_299, 1_604, 17, None]
FIELDS = [KID, SALE_BODY, bytes(16)]


@pytest.mark.parametrize("made", GOLDEN["sale proofs"], ids=lambda made: made["name"])
def test_a_golden_proof_is_read_and_is_as_the_schema_says(made: dict[str, str]) -> None:
    proof = SaleProof.read(made["text"])
    assert proof.to_text() == made["text"]
    assert base32.from_text(made["text"]).hex() == made["raw"]
    assert proof.identity == identity.kid(bytes.fromhex(GOLDEN["keys"]["scale"]["public_key"]))


def test_the_longest_proof_with_the_longest_address_fits_a_code_of_version_6() -> None:
    longest = max(len(made["text"]) for made in GOLDEN["sale proofs"])
    assert longest == MOST_CHARACTERS
    assert longest + 40 <= 154  # alphanumeric characters of version 6, level M (ISO/IEC 18004, table 7)


@given(st.binary(max_size=80), st.sampled_from(["1Il", "0Oo"]), st.integers(0, 9))
def test_bytes_read_back_however_people_type_them(raw: bytes, letters: str, at: int) -> None:
    text = base32.to_text(raw)
    assert base32.from_text(text) == raw
    typed = "".join(letters[(at + place) % 3] if one == letters[0] else one for place, one in enumerate(text.lower()))
    assert base32.from_text(f"{typed[:at]} -{typed[at:]}") == raw


@given(st.text(max_size=12) | st.text(base32.ALPHABET, max_size=12))
def test_no_two_texts_of_the_alphabet_are_the_same_bytes(text: str) -> None:
    try:
        raw = base32.from_text(text)
    except base32.Base32Error:
        return
    folded = text.upper().translate(str.maketrans("ILO", "110", " -"))
    assert base32.to_text(raw) == folded


@pytest.mark.parametrize("text", ["U", "ß", "１", "0", "01", "001", "\n", "/"])
def test_what_is_no_whole_bytes_is_refused(text: str) -> None:
    with pytest.raises(base32.Base32Error):
        base32.from_text(text)


BAD: list[Any] = [
    [],
    FIELDS[:2],
    [*FIELDS, None],
    [bytes(9), *FIELDS[1:]],
    ["0" * 10, *FIELDS[1:]],
    [KID, SALE_BODY, bytes(15)],
    [KID, SALE_BODY, bytes(17)],
    [KID, SALE_BODY, b""],
    [KID, SALE_BODY[:-1], None],
    [KID, [*SALE_BODY, None], None],
    *[[KID, [*SALE_BODY[:at], value, *SALE_BODY[at + 1 :]], None] for at in range(len(SALE)) for value in (-1, 2**32)],
    *[[KID, [*SALE_BODY[:at], True, *SALE_BODY[at + 1 :]], None] for at in range(len(SALE))],
    *[[KID, [*SALE_BODY[:at], 0, *SALE_BODY[at + 1 :]], None] for at in (0, 2, 5, 8)],
    {1: KID},
]


@pytest.mark.parametrize("fields", BAD, ids=str)
def test_what_the_schema_refuses_is_refused(fields: Any) -> None:
    raw = cbor.encode(fields)
    assert not VALIDATOR.validate(raw, "sale-proof", require_deterministic=True).valid
    with pytest.raises(SaleProofError):
        SaleProof.read(base32.to_text(raw))


@given(st.text(max_size=250) | st.text(base32.ALPHABET, max_size=250) | st.binary(max_size=90).map(base32.to_text))
def test_any_text_is_refused(text: str) -> None:
    with pytest.raises(SaleProofError):
        SaleProof.read(text)


@given(st.binary(max_size=4), st.integers(0, 60), st.sampled_from(GOLDEN["sale proofs"]))
def test_a_golden_proof_with_other_bytes_is_another_or_refused(put: bytes, at: int, made: dict[str, str]) -> None:
    raw = bytes.fromhex(made["raw"])
    other = raw[:at] + put + raw[at + len(put) :]
    try:
        read = SaleProof.read(base32.to_text(other))
    except SaleProofError:
        return
    assert base32.from_text(read.to_text()) == other
    assert isinstance(read.sale, Sale)
