"""Identities, parameters, weights and messages: the contract's small functions keep their promises for every value."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from steelyard_protocol import cbor, identity, p256, parameters, statement, weight

BASE = {
    1: 15_000_000, 2: 100_000, 3: 5_000, 4: 16, 5: 500, 6: 500, 7: 500, 8: 40, 9: 200, 10: 2, 11: 156, 12: 0,
    32: 84_213, 33: 9_794_200, 34: 9_801_300, 35: 2_000, 36: 251_000, 37: -3_200, 40: 1_530_000, 41: 15_000_000,
}  # fmt: skip


@given(st.binary(min_size=10, max_size=10))
def test_identity_text_reads_back_as_people_type_it(kid: bytes) -> None:
    text = identity.to_text(kid)
    assert len(text) == 16
    assert identity.shard(kid) == text[0]
    for typed in (text, text.lower(), text.replace("1", "I"), text.replace("1", "l"), text.replace("0", "o")):
        assert identity.from_text(typed) == kid
    assert identity.from_text(f"{text[:4]}-{text[4:8]} {text[8:]}") == kid


@pytest.mark.parametrize("text", ["", "0" * 15, "0" * 17, "U" * 16, "ß" * 16, "0" * 15 + "\n"])
def test_what_is_no_identity_is_refused(text: str) -> None:
    with pytest.raises(identity.IdentityError, match="not an identity"):
        identity.from_text(text)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({1: None}, "max_mg .* missing"),
        ({3: 0}, "e_mg"),
        ({3: True}, "e_mg"),
        ({3: 5.0}, "e_mg"),
        ({99: 1}, "99 is unknown"),
        ({"1": 1}, "unknown"),
        ({42: 5}, "lacks counts or mass"),
        ({42: 1_530_000, 43: 16_000_000}, "does not rise"),
        ({44: 1_540_000, 45: 16_000_000}, "follows an empty one"),
        ({16: 6_000_000}, "both or neither"),
        ({17: 10_000}, "both or neither"),
        ({18: 6_000_000, 19: 10_000}, "follows an empty partial range"),
        ({16: 6_000_000, 17: 5_000}, "no larger one after it"),
        ({16: 15_000_000, 17: 10_000}, "no larger one after it"),
        ({16: 6_000_000, 17: 10_000, 18: 6_000_000, 19: 20_000}, "no larger one after it"),
        ({16: 6_000_000, 17: 10_000, 18: 10_000_000, 19: 10_000}, "no larger one after it"),
        ({16: 6_002_000, 17: 10_000}, "not a whole number"),
        ({16: 6_005_000, 17: 10_000}, "not a whole number"),
        ({16: 4_990_000, 17: 10_000}, "at least 500"),
    ],
)
def test_invalid_parameters_are_named(change: dict[Any, Any], text: str) -> None:
    changed = {key: value for key, value in (BASE | change).items() if value is not None}
    with pytest.raises(parameters.ParameterError, match=text):
        parameters.validate(changed)


def test_digest_does_not_depend_on_the_order_of_the_map() -> None:
    assert parameters.digest(BASE) == parameters.digest(dict(reversed(BASE.items())))
    assert parameters.digest(BASE) != parameters.digest(BASE | {12: 1})


@st.composite
def maps(draw: st.DrawFn) -> dict[int, int]:
    """Valid maps with one to three calibration points, gravities and temperature coefficients."""
    counts = sorted(draw(st.sets(st.integers(1, 16_777_215), min_size=1, max_size=3)))
    masses = sorted(draw(st.sets(st.integers(1, 1_000_000_000), min_size=len(counts), max_size=len(counts))))
    found = {key: value for key, value in BASE.items() if key < 40}
    for index, (point_counts, point_mg) in enumerate(zip(counts, masses, strict=True)):
        found |= {40 + 2 * index: point_counts, 41 + 2 * index: point_mg}
    found[36], found[37] = draw(st.integers(-(10**7), 10**7)), draw(st.integers(-(10**7), 10**7))
    found[33], found[34] = draw(st.integers(9_700_000, 9_900_000)), draw(st.integers(9_700_000, 9_900_000))
    return parameters.validate(found)


@given(maps(), st.integers(-8_388_608, 8_388_607), st.integers(-100_000, 100_000), st.integers(-4_000, 8_500))
def test_weight_is_the_nearest_interval_of_the_exact_rational(
    map_: dict[int, int], filtered: int, zero: int, temperature: int
) -> None:
    kelvin = Fraction(temperature - map_[35], 100)
    net = weight.compensated_counts(map_, filtered, temperature) - zero
    low = (0, 0)
    for high in parameters.points(map_):
        if net <= high[0]:
            break
        if high != parameters.points(map_)[-1]:
            low = high
    mass = low[1] + Fraction(net - low[0]) * (high[1] - low[1]) / (high[0] - low[0])
    mass *= Fraction(map_[33], map_[34]) * (1 - Fraction(map_[37], 10**9) * kelvin)
    error = Fraction(weight.gross_intervals(map_, filtered, zero, temperature)) - mass / map_[3]
    assert -Fraction(1, 2) < error <= Fraction(1, 2) or abs(mass / map_[3]) > weight.LIMIT - 1


RANGES = st.sampled_from(
    [
        {1: 15_000_000, 3: 2_000, 16: 6_000_000, 17: 5_000},
        {1: 15_000_000, 3: 1_000, 16: 3_000_000, 17: 2_000, 18: 6_000_000, 19: 5_000},
        {1: 30_000_000, 3: 5_000, 16: 15_000_000, 17: 10_000},
        {1: 600_000, 3: 100, 16: 150_000, 17: 200, 18: 300_000, 19: 500},
    ]
)


@given(RANGES, st.integers(-32_000_000_000, 32_000_000_000), st.sampled_from([1_000, 999, 7, 1]))
@example({1: 15_000_000, 3: 2_000, 16: 6_000_000, 17: 5_000}, 6_000_999_999, 1_000)
@example({1: 15_000_000, 3: 2_000, 16: 6_000_000, 17: 5_000}, 6_001_000_000, 1_000)
@example({1: 15_000_000, 3: 2_000, 16: 6_000_000, 17: 5_000}, 6_002_500_000, 1_000)
def test_a_multi_interval_weight_is_rounded_once_in_the_range_of_its_own_load(
    map_: dict[int, int], numerator: int, denominator: int
) -> None:
    """And is shown in the smallest interval that reaches so far, both ways."""
    mass = Fraction(numerator, denominator)
    shown = weight.rounded(map_, numerator, denominator) * parameters.unit_mg(map_)
    ends = [map_[key] for key in (16, 18, 1) if key in map_]
    steps = [map_[key] for key in (3, 17, 19) if key in map_]
    reached = [
        mass < end + Fraction(e, 2) and -mass <= end + Fraction(e, 2) for end, e in zip(ends, steps, strict=True)
    ]
    place = reached.index(True) if any(reached) else len(ends) - 1
    assert shown % steps[place] == 0
    assert -Fraction(steps[place], 2) < shown - mass <= Fraction(steps[place], 2)


def test_the_unit_of_a_multi_interval_scale_divides_each_of_its_intervals() -> None:
    for steps, unit in (((2_000, 5_000), 1_000), ((1_000, 2_000, 5_000), 1_000), ((5_000, 10_000), 5_000)):
        keys = (3, 17, 19)[: len(steps)]
        assert parameters.unit_mg(dict(zip(keys, steps, strict=True))) == unit
    assert parameters.unit_mg(BASE) == BASE[3]


@given(st.lists(st.binary(min_size=90, max_size=200), min_size=1, max_size=40))
def test_batches_come_back_in_order(members: list[bytes]) -> None:
    assert statement.decode_message(statement.encode_batch(members)) == members


KNOWN_REASONS = {"malformed", "oversized", "no-identity", "algorithm"}


@given(st.binary(max_size=400))
def test_any_message_is_taken_apart_or_refused_with_a_known_code(data: bytes) -> None:
    for raw in statement.decode_message(data):
        reason = ""
        try:
            parsed = statement.parse(raw)
        except statement.StatementError as error:
            reason = error.code
        assert reason in KNOWN_REASONS if reason else not parsed.verifies(p256.public_key(bytes(31) + b"\x09"))


def test_oversized_messages_are_refused() -> None:
    with pytest.raises(statement.StatementError, match="at most 8192") as refusal:
        statement.decode_message(bytes(8193))
    assert refusal.value.code == "oversized"
    with pytest.raises(statement.StatementError):
        statement.encode_batch([bytes(300)] * 41)


def test_a_batch_has_one_statement_at_least_and_a_bounded_number() -> None:
    for count in (1, statement.MAX_BATCH_STATEMENTS):
        members = [b"x"] * count
        assert statement.decode_message(statement.encode_batch(members)) == members
    for count in (0, statement.MAX_BATCH_STATEMENTS + 1):
        with pytest.raises(statement.StatementError, match=f"batch of {count} statements"):
            statement.encode_batch([b"x"] * count)
        payload = cbor.encode([b"x"] * count)
        assert statement.decode_message(payload) == [payload], "it is no batch"
