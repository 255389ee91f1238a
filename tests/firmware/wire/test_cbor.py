"""The firmware's CBOR in real MicroPython: one encoding for every value, and nothing else accepted."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from kit.micropython import Conversation, MicroPython
from steelyard_protocol import cbor

MAX_DEPTH = 8

one_process = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])

integers = st.integers(-(2**64), 2**64 - 1)
tag_numbers = st.integers(0, 2**64 - 1).filter(lambda number: number not in (2, 3))
items = st.recursive(
    integers | st.binary(max_size=300) | st.text(max_size=40) | st.booleans() | st.none(),
    lambda inner: (
        st.lists(inner, max_size=30)
        | st.dictionaries(integers | st.text(max_size=30), inner, max_size=30)
        | st.builds(cbor.Tag, tag_numbers, inner)
    ),
    max_leaves=40,
)


@pytest.fixture(scope="module")
def firmware(micropython: MicroPython) -> Iterator[Conversation]:
    with micropython.start("cbor_answers.py") as conversation:
        yield conversation


def accepts(firmware: Conversation, data: bytes) -> bool:
    """Whether the firmware decodes `data`; what it accepts it must encode again to the same bytes."""
    answer = firmware.ask(data.hex())
    if answer.startswith("! CBOR at byte "):
        return False
    assert answer == f"= {data.hex()}"
    return True


def fits(value: object, depth: int = MAX_DEPTH) -> bool:
    """Whether a deterministically encoded value is in the firmware's subset, nested at most `depth` deep."""
    if isinstance(value, list | tuple):  # cbor2 has immutable ones inside tags
        return depth > 0 and all(fits(item, depth - 1) for item in value)
    if isinstance(value, Mapping):
        return depth > 0 and all(
            type(key) in (int, str) and fits(key, 0) and fits(item, depth - 1) for key, item in value.items()
        )
    if isinstance(value, cbor.Tag):
        return depth > 0 and fits(value.value, depth - 1)
    if type(value) is int:
        return -(2**64) <= value < 2**64
    return value is None or type(value) in (bool, bytes, str)


def host_accepts(data: bytes) -> bool:
    try:
        return fits(cbor.decode(data))
    except cbor.CborError:
        return False


def test_every_not_well_formed_item_of_the_standard_is_refused(firmware: Conversation, vectors: Path) -> None:
    tests = json.loads((vectors / "cbor/rfc8949_not_well_formed.json").read_text())["tests"]
    assert len(tests) == 94
    assert [test["hex"] for test in tests if accepts(firmware, bytes.fromhex(test["hex"]))] == []


def test_appendix_a_is_accepted_just_where_it_is_deterministic_and_in_the_subset(
    firmware: Conversation, vectors: Path
) -> None:
    tests = json.loads((vectors / "cbor/appendix_a_labels.json").read_text())["tests"]
    verdicts = {}
    for test in tests:
        data = bytes.fromhex(test["hex"])
        verdicts[test["hex"]] = accepts(firmware, data)
        assert verdicts[test["hex"]] == (test["core_deterministic"] and host_accepts(data)), test
    assert (len(verdicts), sum(verdicts.values())) == (82, 42)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ("", "ends too early"),
        ("0000", "further bytes"),
        ("1817", "shortest form"),
        ("1900ff", "shortest form"),
        ("1a0000ffff", "shortest form"),
        ("1b00000000ffffffff", "shortest form"),
        ("9a00000001", "shortest form"),
        ("5803616263", "shortest form"),
        ("9f01ff", "indefinite"),
        ("bf0001ff", "indefinite"),
        ("5f4161ff", "indefinite"),
        ("1c", "reserved"),
        ("a201000100", "order"),
        ("a202000100", "order"),
        ("a1410000", "map key"),
        ("a1f500", "map key"),
        ("f90000", "float"),
        ("f7", "simple value 23"),
        ("e0", "simple value 0"),
        ("c24101", "bignum"),
        ("c34101", "bignum"),
        ("62c080", "UTF-8"),
        ("63eda080", "UTF-8"),
        ("64f4908080", "UTF-8"),
        ("61e4", "UTF-8"),
        ("62e4bd", "UTF-8"),
        ("64f09f9820", "UTF-8"),
        ("9bffffffffffffffff", "ends too early"),
        ("bb7fffffffffffffff", "ends too early"),
        ("5affffffff00", "ends too early"),
        ("8181818181818181" + "8100", "nested too deeply"),
        ("c6" * 9 + "00", "nested too deeply"),
    ],
)
def test_refusals_say_what_and_where(firmware: Conversation, data: str, why: str) -> None:
    answer = firmware.ask(data)
    assert answer.startswith("! CBOR at byte ")
    assert why in answer


@one_process
@given(items)
@example([[[[[[[[1]]]]]]]])
@example({-1: 0, 10: 0, 100: 0, "z": 0, "aa": 0, 2**64 - 1: 0, -(2**64): 0})
def test_values_encode_as_the_host_encodes_them_and_come_back(firmware: Conversation, value: object) -> None:
    assert accepts(firmware, cbor.encode(value)) == fits(value)


@one_process
@given(st.binary(max_size=40))
def test_any_bytes_get_the_verdict_of_the_host(firmware: Conversation, data: bytes) -> None:
    assert accepts(firmware, data) == host_accepts(data)


@settings(one_process, max_examples=400)
@given(items.map(cbor.encode), st.data())
def test_mutated_items_get_the_verdict_of_the_host(firmware: Conversation, encoded: bytes, data: st.DataObject) -> None:
    mutated = bytearray(encoded)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(mutated)))
        mutated[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
    assert accepts(firmware, bytes(mutated)) == host_accepts(bytes(mutated))


def test_encoding_refuses_what_has_no_encoding_and_buffers_that_are_too_short(micropython: MicroPython) -> None:
    assert micropython("cbor_encode.py").stdout.split() == ["refused", "15", "short", "104", "text", "ok"]


def test_a_claimed_length_costs_no_memory(micropython: MicroPython) -> None:
    """In a small heap a claimed gigabyte is refused, and nesting bombs and long garbage never end in MemoryError."""
    bombs = [
        "9a40000000",
        "ba40000000",
        "5a40000000",
        "7a40000000",
        "81" * 4000,
        "c1" * 4000,
        "a1" * 4000,
        "9a000fffff" * 800,
    ]
    with micropython.start("cbor_answers.py", heap="128k") as conversation:
        answers = [conversation.ask(bomb) for bomb in bombs]
    assert [answer.startswith("! CBOR at byte ") for answer in answers] == [True] * len(bombs)
