"""OCRA (RFC 6287) with HMAC-SHA-256: a question, and what else a suite names, to digits. Loaded when used."""

from micropython import const

from agent.wire.hmac import hmac_sha256

_FUNCTION = "HOTP-SHA256"
_QUESTION_BYTES = const(128)
_MOST_DIGITS = const(10)
_HASH_BYTES = {"SHA1": 20, "SHA256": 32, "SHA512": 64}


def response(suite, key, question, counter=None, pin_hash=None, session=None, time_steps=None):
    """Return the digits of `suite`, such as "OCRA-1:HOTP-SHA256-8:QN08-S064", under `key` (bytes) as text.

    `question` is text, at most twice as long as the suite says (mutual answers join two); `counter` and `time_steps`
    are numbers, `pin_hash` and `session` bytes of the suite's lengths. ValueError for what the suite does not have.
    """
    version, function, inputs = suite.split(":")
    algorithm, _, digits = function.rpartition("-")
    if version != "OCRA-1" or algorithm != _FUNCTION or not digits.isdigit() or int(digits) > _MOST_DIGITS:
        raise ValueError("the suite %s is not known" % suite)
    given = {"C": _number(counter), "P": pin_hash, "S": session, "T": _number(time_steps)}
    data = suite.encode() + b"\0"
    for part in inputs.split("-"):
        if part[0] == "Q":
            data += _question(part, question)
        else:
            value = given.pop(part[0], None)
            if value is None or len(value) != _length(part):
                raise ValueError("%s does not fit what was given" % suite)
            data += value
    if any(value is not None for value in given.values()):
        raise ValueError("%s has no place for all that was given" % suite)
    return _truncated(hmac_sha256(key, data), int(digits))


def _number(value):
    return None if value is None else value.to_bytes(8, "big")


def _length(part):
    if part[0] == "P":
        return _HASH_BYTES[part[1:] or "SHA1"]
    if part[0] == "S":
        return int(part[1:] or "64")
    return 8


def _question(part, question):
    kind = part[1:2] or "N"
    most = 2 * int(part[2:] or "8")
    if not 0 < len(question) <= min(most, _QUESTION_BYTES):
        raise ValueError("the question has %d characters" % len(question))
    if kind == "A":
        data = question.encode()
    else:
        if kind == "N" and not question.isdigit():
            raise ValueError("the question is not decimal")
        number = "%x" % int(question) if kind == "N" else question
        data = bytes.fromhex(number + "0" * (len(number) % 2))
    return data + bytes(_QUESTION_BYTES - len(data))


def _truncated(code, digits):
    """Return the dynamic truncation of RFC 4226, 5.3; no digits stand for the whole number."""
    place = code[-1] & 15
    number = int.from_bytes(code[place : place + 4], "big") & 0x7FFFFFFF
    return "%0*d" % (digits, number % 10**digits) if digits else str(number)
