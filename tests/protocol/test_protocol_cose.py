"""The generic COSE_Sign1 layer agrees with the COSE working group's examples."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit import third_party
from steelyard_protocol import cbor, cose, downlink, p256

KEY = bytes(31) + b"\x05"


def test_verdicts_of_the_working_groups_examples(vectors: Path) -> None:
    examples = third_party.cose_examples(vectors)
    verdicts = {e.name: cose.verify1(e.message, e.public_key, e.external, (cose.ES256,)) for e in examples}
    assert verdicts == {example.name: example.accepted for example in examples}
    assert (len(verdicts), sum(verdicts.values())) == (15, 6)


def _message(**changes: Any) -> bytes:
    signed = cose.encode_sign1({1: cose.ESP256, 4: b"k" * 10}, b"payload", KEY, b"external")
    parts = dict(zip(("protected", "unprotected", "payload", "signature"), cbor.decode(signed[1:]), strict=True))
    return cbor.encode(cbor.Tag(18, list((parts | changes).values())))


def test_external_data_is_signed() -> None:
    public_key = p256.public_key(KEY)
    assert cose.verify1(_message(), public_key, b"external")
    assert not cose.verify1(_message(), public_key, b"")


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"protected": cbor.encode({1: -9, 2: [4]})}, "critical"),
        ({"unprotected": {2: [4]}}, "critical"),
        ({"unprotected": {1: -9}}, "both headers"),
        ({"unprotected": []}, "a byte string and a map"),
        ({"payload": None}, "byte strings"),
        ({"protected": cbor.encode([1])}, "not a map"),
        ({"protected": b"\xa1\x18\x01\x28"}, "protected header"),
    ],
)
def test_departures_are_named(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(cose.CoseError, match=text):
        cose.decode_sign1(_message(**changes))


def test_longer_messages_are_not_looked_at() -> None:
    longest = _message(payload=bytes(cose.MAX_BYTES - len(_message()) + 5))
    assert len(longest) == cose.MAX_BYTES
    assert cose.decode_sign1(longest).tagged
    with pytest.raises(cose.CoseError, match="at most 16384"):
        cose.decode_sign1(longest + b"x")


@pytest.mark.parametrize(
    ("algorithm", "accepted"),
    [(cose.ESP256, True), (cose.ES256, True), (-36, False), (9, False), (None, False), ("ES256", False), ([-9], False)],
)
def test_only_the_algorithms_that_are_asked_for_count(algorithm: Any, accepted: bool) -> None:
    header = {4: b"k" * 10} if algorithm is None else {1: algorithm}
    signed = cose.encode_sign1(header, b"payload", KEY, b"external")
    assert cose.verify1(signed, p256.public_key(KEY), b"external") is accepted
    assert not cose.verify1(signed, p256.public_key(KEY), b"external", (-37,))


@pytest.mark.parametrize("header", [{1: -9}, {4: b"k" * 9}, {4: b"k" * 11}, {4: "k" * 10}, {4: [1] * 10}], ids=repr)
def test_an_order_names_its_key_by_ten_bytes(header: dict[int, Any]) -> None:
    named = cose.encode_sign1({4: b"0123456789"}, b"payload", KEY, downlink.EXTERNAL)
    assert downlink.kid_of(named) == b"0123456789"
    with pytest.raises(downlink.DownlinkError, match="names no key"):
        downlink.kid_of(cose.encode_sign1(header, b"payload", KEY, downlink.EXTERNAL))


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_without_a_word(data: bytes) -> None:
    assert not cose.verify1(data, p256.public_key(KEY), b"external")
