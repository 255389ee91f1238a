"""OCRA (RFC 6287): a question, and what else a suite names, to digits; with HMAC-SHA-1, -256 and -512."""

import hmac

from steelyard_protocol.errors import ProtocolError

UNLOCK = "OCRA-1:HOTP-SHA256-8:QN08"
"""Suite of the codes that unlock a scale."""
CHECK = "OCRA-1:HOTP-SHA256-8:QN08-S064"
"""Suite of check codes; the session is software hash and parameter hash."""
QUESTION_BYTES = 128
MOST_DIGITS = 10
HASHES = {"SHA1": 20, "SHA256": 32, "SHA512": 64}


class OcraError(ProtocolError):
    """{suite} gives no response here: {why}"""

    code, noun = "ocra", "code"


def response(
    suite: str,
    key: bytes,
    question: str,
    *,
    counter: int | None = None,
    pin_hash: bytes | None = None,
    session: bytes | None = None,
    time_steps: int | None = None,
) -> str:
    """The digits of `suite`, such as "OCRA-1:HOTP-SHA256-8:QN08-S064", under `key`.

    `question` is at most twice as long as the suite says (mutual answers join two); `pin_hash` and `session` have the
    suite's lengths. Raises OcraError for what the suite does not have.
    """
    parts = suite.split(":")
    algorithm, _, digits = parts[1].removeprefix("HOTP-").rpartition("-") if len(parts) == 3 else ("", "", "")
    if parts[0] != "OCRA-1" or algorithm not in HASHES or not digits.isdecimal() or int(digits) > MOST_DIGITS:
        raise OcraError(suite=suite, why="the suite is not known")
    given = {"C": _number(counter), "P": pin_hash, "S": session, "T": _number(time_steps)}
    data = [suite.encode(), b"\0"]
    for part in parts[2].split("-"):
        if part[:1] == "Q":
            data.append(_question(suite, part, question))
            continue
        value = given.pop(part[:1], None)
        if value is None or len(value) != _length(part):
            raise OcraError(suite=suite, why=f"what is given for {part} is not what it wants")
        data.append(value)
    if any(value is not None for value in given.values()):
        raise OcraError(suite=suite, why="more is given than it has a place for")
    return _truncated(hmac.digest(key, b"".join(data), algorithm.lower()), int(digits))


def _number(value: int | None) -> bytes | None:
    return None if value is None else value.to_bytes(8, "big")


def _length(part: str) -> int:
    kind, rest = part[0], part[1:]
    if kind == "P":
        return HASHES.get(rest or "SHA1", 0)
    if kind == "S":
        return int(rest) if rest.isdecimal() else 64
    return 8


def _question(suite: str, part: str, question: str) -> bytes:
    kind, length = part[1:2] or "N", part[2:] or "08"
    if not length.isdecimal() or not 0 < len(question) <= min(2 * int(length), QUESTION_BYTES):
        raise OcraError(suite=suite, why=f"the question has {len(question)} characters")
    try:
        data = question.encode("ascii") if kind == "A" else _packed(question, 10 if kind == "N" else 16)
    except ValueError:
        raise OcraError(suite=suite, why="the question has other characters") from None
    return data.ljust(QUESTION_BYTES, b"\0")


def _packed(question: str, base: int) -> bytes:
    """A number in hexadecimal digits from the left, as the RFC's own program has it."""
    if not question.isascii() or not question.isalnum():
        raise ValueError(question)
    digits = f"{int(question):x}" if base == 10 else question
    return bytes.fromhex(digits + "0" * (len(digits) % 2))


def _truncated(code: bytes, digits: int) -> str:
    """The dynamic truncation of RFC 4226, 5.3; no digits stand for the whole number."""
    place = code[-1] & 15
    number = int.from_bytes(code[place : place + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**digits:0{digits}}" if digits else str(number)
