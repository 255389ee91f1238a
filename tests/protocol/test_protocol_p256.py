"""The host's plain ECDSA gives the verdicts and signatures of third parties, and refuses what is malformed quietly."""

import hashlib
from pathlib import Path

import ecdsa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit import third_party
from steelyard_protocol import p256

KEY = bytes(31) + b"\x07"


@pytest.mark.parametrize("source", ["wycheproof_p1363", "wycheproof_der", "cavp_verify"])
def test_third_party_verdicts(source: str) -> None:
    verdicts = getattr(third_party, source)()
    differing = [v.name for v in verdicts if p256.verify(v.public_key, v.message, v.signature) != v.accepted]
    assert verdicts
    assert not differing


def test_high_s_is_accepted_by_plain_ecdsa_and_seen() -> None:
    high = [v for v in third_party.wycheproof_p1363() if v.accepted and not p256.is_low(v.signature)]
    assert len(high) == 70
    for verdict in high:
        lowered = p256.lower(verdict.signature)
        assert p256.is_low(lowered)
        assert p256.verify(verdict.public_key, verdict.message, lowered)


def test_rfc6979_signatures_from_the_package() -> None:
    cases = third_party.rfc6979_package()
    assert cases
    assert all(p256.sign(case.private_key, case.message) == case.signature for case in cases)


def test_rfc6979_signatures_from_the_shared_file(vectors: Path) -> None:
    cases = third_party.rfc6979_folder(vectors)
    assert len(cases) == 3
    assert all(p256.sign(case.private_key, case.message) == case.signature for case in cases)


def test_public_keys_of_cavp() -> None:
    pairs = third_party.cavp_keys()
    assert pairs
    assert all(p256.public_key(private) == public for private, public in pairs)


@given(st.binary(max_size=200), st.integers(1, p256.ORDER - 1))
def test_independent_implementation_accepts_what_the_host_signs(message: bytes, secret: int) -> None:
    signature = p256.sign(secret.to_bytes(32, "big"), message)
    key = ecdsa.SigningKey.from_secret_exponent(secret, ecdsa.NIST256p, hashlib.sha256)
    assert key.sign_deterministic(message) == signature
    assert p256.verify(p256.public_key(secret.to_bytes(32, "big")), message, signature)


@given(st.binary(max_size=80), st.binary(max_size=80))
def test_malformed_keys_and_signatures_are_refused_without_a_word(public_key: bytes, signature: bytes) -> None:
    assert not p256.verify(public_key, b"message", signature)
    assert not p256.verify(p256.public_key(KEY), b"message", signature)


@pytest.mark.parametrize("junk", [None, 5, "text", bytearray(64), [1]])
def test_values_that_are_not_bytes_are_refused(junk: object) -> None:
    key, signature = p256.public_key(KEY), p256.sign(KEY, b"message")
    assert p256.verify(key, b"message", signature)
    assert not p256.verify(junk, b"message", signature)  # type: ignore[arg-type]  # what is tested
    assert not p256.verify(key, junk, signature)  # type: ignore[arg-type]  # what is tested
    assert not p256.verify(key, b"message", junk)  # type: ignore[arg-type]  # what is tested


def test_fresh_keys_differ_and_have_the_right_size() -> None:
    keys = {p256.make_private_key() for _ in range(8)}
    assert len(keys) == 8
    assert {len(key) for key in keys} == {32}
