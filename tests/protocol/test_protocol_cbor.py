"""The host's CBOR refuses everything but the one deterministic spelling, at a bounded cost."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from steelyard_protocol import cbor

SCALARS = st.none() | st.booleans() | st.integers(-(2**64), 2**64 - 1) | st.binary(max_size=40) | st.text(max_size=20)
VALUES = st.recursive(
    SCALARS | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.integers() | st.text(max_size=5), inner, max_size=5),
    max_leaves=20,
)


def _tests(vectors: Path, name: str) -> list[dict[str, Any]]:
    tests: list[dict[str, Any]] = json.loads((vectors / "cbor" / name).read_text())["tests"]
    return tests


def test_not_well_formed_items_of_rfc_8949_are_refused(vectors: Path) -> None:
    tests = _tests(vectors, "rfc8949_not_well_formed.json")
    assert len(tests) == 94
    for test in tests:
        with pytest.raises(cbor.CborError):
            cbor.decode(bytes.fromhex(test["hex"]))


def test_appendix_a_is_accepted_exactly_where_it_is_deterministic(vectors: Path) -> None:
    tests = _tests(vectors, "appendix_a_labels.json")
    accepted = []
    for test in tests:
        encoded = bytes.fromhex(test["hex"])
        try:
            value = cbor.decode(encoded)
        except cbor.CborError:
            accepted.append(False)
        else:
            accepted.append(True)
            assert cbor.encode(value) == encoded
            with pytest.raises(cbor.CborError):
                cbor.decode(encoded + b"\x00")
    assert accepted == [test["core_deterministic"] for test in tests]
    assert sum(accepted) == 64


@pytest.mark.parametrize(
    ("value", "spelled"),
    [
        (0, "00"),
        (23, "17"),
        (24, "1818"),
        (2**64 - 1, "1bffffffffffffffff"),
        (2**64, "c249010000000000000000"),
        (-(2**64), "3bffffffffffffffff"),
        (-(2**64) - 1, "c349010000000000000000"),
        (1.5, "f93e00"),
        (100_000.0, "fa47c35000"),
        (1.1, "fb3ff199999999999a"),
        (float("nan"), "f97e00"),
        (None, "f6"),
        (False, "f4"),
        (True, "f5"),
        (cbor2.undefined, "f7"),
        (cbor2.CBORSimpleValue(16), "f0"),
        (cbor2.CBORSimpleValue(255), "f8ff"),
        ("ü", "62c3bc"),
        (b"\x01\x02", "420102"),
        ([1, [2, 3], (4, 5)], "8301820203820405"),
        ({"b": [2, 3], "a": 1}, "a26161016162820203"),
        (cbor.Tag(23, b"\x01"), "d74101"),
    ],
    ids=repr,
)
def test_values_are_spelled_as_in_appendix_a_of_rfc_8949(value: Any, spelled: str) -> None:
    assert cbor.encode(value).hex() == spelled


@given(VALUES)
def test_every_value_has_one_spelling(value: Any) -> None:
    assert cbor.encode(cbor.decode(cbor.encode(value))) == cbor.encode(value)


@given(st.binary(max_size=64))
def test_any_bytes_are_refused_or_come_back_the_same(data: bytes) -> None:
    try:
        value = cbor.decode(data)
    except cbor.CborError:
        return
    assert cbor.encode(value) == data


@given(VALUES, st.data())
def test_a_changed_byte_never_gives_the_same_value(value: Any, data: st.DataObject) -> None:
    encoded = cbor.encode(value)
    position = data.draw(st.integers(0, len(encoded) - 1))
    changed = bytearray(encoded)
    changed[position] ^= data.draw(st.integers(1, 255))
    try:
        other = cbor.decode(bytes(changed))
    except cbor.CborError:
        return
    assert cbor.encode(other) != encoded


@pytest.mark.parametrize(
    "encoded",
    [
        "5bffffffffffffffff00",
        "9bffffffffffffffff",
        "bbffffffffffffffff",
        "7affffffff61",
        "c25affffffff01",
        "81" * 5000 + "00",
        "d818" * 5000 + "00",
        "a1" * 5000,
    ],
)
def test_claimed_lengths_and_depths_are_refused_before_they_cost(encoded: str) -> None:
    with pytest.raises(cbor.CborError, match="CBOR of"):
        cbor.decode(bytes.fromhex(encoded))


def test_as_much_is_nested_as_is_said_and_no_more() -> None:
    def nested(depth: int) -> bytes:
        return b"\x81" * depth + b"\x00"

    for most in (1, cbor.SUBSET_DEPTH, cbor.MAX_DEPTH):
        assert cbor.encode(cbor.decode(nested(most), most)) == nested(most)
        with pytest.raises(cbor.CborError, match="well-formed"):
            cbor.decode(nested(most + 1), most)
    assert cbor.decode(nested(16)) == cbor.decode(nested(16), cbor.MAX_DEPTH)
    with pytest.raises(cbor.CborError):
        cbor.decode(nested(17))


@pytest.mark.parametrize("value", [object(), {1, 2}, 1j])
def test_unknown_types_are_not_encoded(value: object) -> None:
    with pytest.raises(cbor.CborError, match="cannot encode"):
        cbor.encode(value)


@pytest.mark.parametrize("content", [5, "x", b"x", [1]], ids=repr)
def test_a_tag_stays_a_tag_whatever_others_read_into_it(content: Any) -> None:
    numbers = set(range(1_100)) | {43_000, 55_799, 0xFFFF, 2**32, 2**64 - 1}
    for number in numbers - {2, 3}:
        found = cbor.decode(cbor.encode(cbor.Tag(number, content)))
        assert isinstance(found, cbor.Tag), number
        assert (found.tag, list(found.value) if isinstance(content, list) else found.value) == (number, content)


@pytest.mark.parametrize(
    "wrap", [lambda item: [item], lambda item: (0, item), lambda item: {1: item}, lambda item: cbor.Tag(99, item)]
)
def test_the_subset_is_nested_to_its_depth_and_no_deeper(wrap: Callable[[Any], Any]) -> None:
    deepest: Any = 7
    for depth in range(cbor.SUBSET_DEPTH + 2):
        assert cbor.in_subset(deepest) == (depth <= cbor.SUBSET_DEPTH), depth
        deepest = wrap(deepest)


@pytest.mark.parametrize(
    ("value", "inside"),
    [
        *((value, True) for value in (None, True, False, 0, 2**64 - 1, -(2**64), b"x", "x", {"x": 1, 1: [2]}, [])),
        *((value, False) for value in (2**64, -(2**64) - 1, 1.0, cbor2.undefined, cbor2.CBORSimpleValue(19))),
        *((value, False) for value in ({b"x": 1}, {True: 1}, {2**64: 1}, {1: 1.0}, [1.0], cbor.Tag(9, 1.0), {None: 1})),
        *((value, False) for value in ([1, 1.0], {1: 1, 2: 1.0})),
    ],
    ids=repr,
)
def test_the_subset_is_what_scales_read(value: Any, inside: bool) -> None:
    assert cbor.in_subset(value) == inside
