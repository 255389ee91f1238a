"""A public code is found in whatever people scan, type or paste, and in nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from steelyard_cloud.scales import codes
from steelyard_protocol import identity

CODE = "0123456789ABCDEF"
LINK = f"https://scales.example/s/{CODE}"
FULL_WIDTH = "".join(chr(ord(one) + 0xFEE0) for one in CODE)

FOUND = (
    CODE,
    *(CODE + mark for mark in (".", ")", ",", "。", "）", "\n", "\r\n", "%0A", "%0a", "%250A", "\0", "\x1d", "!", "”")),
    *(mark + CODE for mark in ("(", "“", "\ufeff", "\u200b", "#", "  ", "\t")),
    f"<{CODE}>",
    f"[{CODE}]({LINK})",
    CODE.lower(),
    "0123456789aBcDeF",
    "0123 4567 89AB CDEF",
    "0123-4567-89ab-cdef",
    "0123‐4567–89AB—CDEF",
    "0123.4567.89AB.CDEF",
    "0123−4567_89AB·CDEF",
    "\u202a0123\u00a04567\u300089AB\u2009CDEF\u202c",
    "0123\u00ad456789ABCDEF",
    "OI23456789ABCDEF",
    "ol23456789abcdef",
    "o l 2 3 4 5 6 7 8 9 a b c d e f",
    FULL_WIDTH,
    FULL_WIDTH.lower(),
    f"\u3000{FULL_WIDTH}。",
    LINK,
    LINK.upper(),
    f"{LINK}.",
    f"({LINK})",
    f"{LINK}%0A",
    f"{LINK}/",
    f"{LINK}/complaint?lang=zh-CN",
    f"{LINK}?lang=en#top",
    f"scales.example/s/{CODE}",
    f"/S/{CODE}",
    f"s/{CODE}",
    f"https://scales.example/s?code={CODE}&lang=en",
    f"https://scales.example/scales/{CODE}",
    f"https%3A%2F%2Fscales.example%2Fs%2F{CODE}",
    f"ｈｔｔｐｓ：／／ｓｃａｌｅｓ．ｅｘａｍｐｌｅ／ｓ／{FULL_WIDTH}",
    f"Is it true? {LINK}. Thanks",
    f"公开码：{CODE}，请查",
    f"公开码{CODE}号",
    f"code: {CODE}",
)
NOT_FOUND = (
    "",
    " ",
    ".",
    "%",
    CODE[:-1],
    CODE + "0",
    CODE.replace("A", "U"),
    "U" * 16,
    "А" + CODE[1:],  # a Cyrillic A
    "0123456789ABCDЕF",  # a Cyrillic E within
    "0123456789ЯABCDEF",
    "ı" * 16,  # upper-cased it would be an I
    "四" * 16,
    "https://scales.example/",
    "https://scales.example/s/",
    f"https://scales.example/s/{CODE}{CODE}",
    "<script>alert(1)</script>",
    "' OR 1=1 --",
    "\0",
    "\ud800" * 16,
    "%ff%fe",
    "../../etc/passwd",
    "0ı23456789ABCDEF",
    "x" * codes.LONGEST + CODE,
    "x " * codes.LONGEST + CODE,
    "\ufdfa" * codes.LONGEST,  # each becomes eighteen characters
)


@pytest.mark.parametrize("text", FOUND)
def test_a_code_is_found_in_what_people_have(text: str) -> None:
    assert codes.read(text) == CODE


@pytest.mark.parametrize("text", NOT_FOUND)
def test_what_cannot_be_a_code_is_none(text: str) -> None:
    assert codes.read(text) is None


def test_the_code_that_a_link_names_comes_before_others() -> None:
    other = "Z" * 16
    assert codes.read(f"{other} https://scales.example/s/{CODE}") == CODE
    assert codes.read(f"https://{other}.example/s/{CODE}") == CODE
    assert codes.read(f"https://scales.example/{other}?x=1&code={CODE}") == CODE


@given(st.binary(min_size=10, max_size=10), st.sampled_from(["{}", "{}.", " {}\n", "https://x.example/S/{}?a=b"]))
def test_every_identity_is_found(kid: bytes, around: str) -> None:
    text = identity.to_text(kid)
    assert codes.read(around.format(text)) == codes.read(around.format(text).lower()) == text


@given(st.text(max_size=600))
def test_any_text_gives_a_code_or_none(text: str) -> None:
    found = codes.read(text)
    assert found is None or identity.to_text(identity.from_text(found)) == found
