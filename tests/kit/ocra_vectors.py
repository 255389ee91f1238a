"""The test vectors of RFC 6287 (OCRA), appendix C: suite, key, what is given beside the question, the answer."""

from __future__ import annotations

from typing import Any, NamedTuple

KEY_20 = b"12345678901234567890"
KEY_32 = b"12345678901234567890123456789012"
KEY_64 = b"1234567890123456789012345678901234567890123456789012345678901234"
PIN_HASH = bytes.fromhex("7110eda4d09e062aa5e4a390b0a572ac0d2c0220")
"""SHA-1 of "1234"."""
MINUTES = 0x132D0B6


class Vector(NamedTuple):
    """One answer; `given` are arguments by their names."""

    suite: str
    key: bytes
    question: str
    given: dict[str, Any]
    answer: str


def _words(text: str) -> list[str]:
    return text.split()


def _same(suite: str, key: bytes, answers: str, **given: Any) -> list[Vector]:
    """Questions of one digit repeated eight times, from 0 on."""
    return [Vector(suite, key, str(digit) * 8, given, answer) for digit, answer in enumerate(answers.split())]


def _named(suite: str, key: bytes, questions: list[str], answers: str, **given: Any) -> list[Vector]:
    return [Vector(suite, key, one, given, answer) for one, answer in zip(questions, answers.split(), strict=True)]


_MUTUAL = [(f"CLI2222{n}", f"SRV1111{n}") for n in range(5)]
_TO_SERVER = [client + server for client, server in _MUTUAL]
_TO_CLIENT = [server + client for client, server in _MUTUAL]

VECTORS = [
    *_same("OCRA-1:HOTP-SHA1-6:QN08", KEY_20, "237653 243178 653583 740991 608993 388898 816933 224598 750600 294470"),
    *[
        Vector("OCRA-1:HOTP-SHA256-8:C-QN08-PSHA1", KEY_32, "12345678", {"counter": n, "pin_hash": PIN_HASH}, answer)
        for n, answer in enumerate(
            _words("65347737 86775851 78192410 71565254 10104329 65983500 70069104 91771096 75011558 08522129")
        )
    ],
    *_same(
        "OCRA-1:HOTP-SHA256-8:QN08-PSHA1", KEY_32, "83238735 01501458 17957585 86776967 86807031", pin_hash=PIN_HASH
    ),
    *[
        Vector("OCRA-1:HOTP-SHA512-8:C-QN08", KEY_64, str(n) * 8, {"counter": n}, answer)
        for n, answer in enumerate(
            _words("07016083 63947962 70123924 25341727 33203315 34205738 44343969 51946085 20403879 31409299")
        )
    ],
    *_same("OCRA-1:HOTP-SHA512-8:QN08-T1M", KEY_64, "95209754 55907591 22048402 24218844 36209546", time_steps=MINUTES),
    *_named("OCRA-1:HOTP-SHA256-8:QA08", KEY_32, _TO_SERVER, "28247970 01984843 65387857 03351211 83412541"),
    *_named("OCRA-1:HOTP-SHA256-8:QA08", KEY_32, _TO_CLIENT, "15510767 90175646 33777207 95285278 28934924"),
    *_named("OCRA-1:HOTP-SHA512-8:QA08", KEY_64, _TO_SERVER, "79496648 76831980 12250499 90856481 12761449"),
    *_named(
        "OCRA-1:HOTP-SHA512-8:QA08-PSHA1",
        KEY_64,
        _TO_CLIENT,
        "18806276 70020315 01600026 18951020 32528969",
        pin_hash=PIN_HASH,
    ),
    *_named(
        "OCRA-1:HOTP-SHA256-8:QA08",
        KEY_32,
        [f"SIG1{n}000" for n in range(5)],
        "53095496 04110475 31331128 76028668 46554205",
    ),
    *_named(
        "OCRA-1:HOTP-SHA512-8:QA10-T1M",
        KEY_64,
        [f"SIG1{n}00000" for n in range(5)],
        "77537423 31970405 10235557 95213541 65360607",
        time_steps=MINUTES,
    ),
]
