"""Serial numbers as people read them: what looks alike on a plate is one number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from steelyard_protocol.plate import as_read, reading_key


@pytest.mark.parametrize(
    "one",
    [
        "HT26-40117",
        "ht26-40117",
        "ＨＴ２６－４０１１７",
        " HT26 - 40117 ",
        "HT26\u200b-40117",
        "HT26\u00a0-40117",
        "HT26–40117",
        "НТ26-40117",  # Cyrillic
        "HT26-4O117",
        "HT26-40l17",
        "HT26-40I17",
        "HT26-40１17",
        "HT26-٤٠١١٧",
        "HT26-4〇117",
        "Ηt26−401l7",
    ],
)
def test_what_looks_alike_is_one_number(one: str) -> None:
    assert as_read(one) == as_read("HT26-40117")


@pytest.mark.parametrize("other", ["HT26-40118", "HT2-640117", "HT2640117", "HS26-40117", "HT26-401177", "衡26-40117"])
def test_what_differs_for_everybody_differs(other: str) -> None:
    assert as_read(other) != as_read("HT26-40117")


def test_the_parts_of_a_plate_stay_apart() -> None:
    assert reading_key("Hengtai", "ACS-15", "1") != reading_key("Hengtai", "ACS-1", "51")
    assert reading_key("HENGTAI", "acs-15", " 1") == reading_key("Hengtai", "ACS-15", "l")
    assert reading_key("A\nB", "C", "D") == reading_key("AB", "C", "D") != reading_key("A", "B", "CD")


@given(st.text(max_size=32))
def test_reading_twice_changes_nothing(text: str) -> None:
    assert as_read(as_read(text)) == as_read(text)
