"""The digits that people carry: a check digit finds every slip of one digit and almost every exchange of two."""

import pytest
from steelyard_protocol.codes import check_digit, key_number

ALL = [f"{number:04d}4815{number:04d}" for number in range(0, 10_000, 977)]


def test_the_example_of_the_standard() -> None:
    assert check_digit("0794") == "5"


@pytest.mark.parametrize("digits", ALL)
def test_one_wrong_digit_is_always_found(digits: str) -> None:
    for at, right in enumerate(digits):
        for wrong in set("0123456789") - {right}:
            assert check_digit(digits[:at] + wrong + digits[at + 1 :]) != check_digit(digits)


def test_a_key_has_four_digits() -> None:
    assert [key_number(bytes(10)), key_number(b"\xff" * 10), key_number(b"\x27\x10" + bytes(8))] == [
        "0000",
        "5535",
        "0000",
    ]
