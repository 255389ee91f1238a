"""Bytes as base-32 characters that people can read out and type (Crockford's alphabet, without a check symbol)."""

from steelyard_protocol.errors import ProtocolError

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_FOLD = str.maketrans("ILO", "110", " -")
_SHOWN = 40


class Base32Error(ProtocolError):
    """{text!r} is no text of base-32 characters: 0-9 and A-Z without I, L, O, U expected"""

    code, noun = "not-letters", "text"


def to_text(raw: bytes) -> str:
    """Five bits a character, the most significant first; zeros fill up the last one."""
    length = -(-8 * len(raw) // 5)
    value = int.from_bytes(raw, "big") << 5 * length - 8 * len(raw)
    return "".join([ALPHABET[value >> 5 * place & 31] for place in range(length - 1, -1, -1)])


def from_text(text: str) -> bytes:
    """Read it as people type it: lower case, I and L for 1, O for 0, spaces and hyphens between groups.

    Raises Base32Error, also where the bits after the last byte are not zeros or make a character of their own.
    """
    folded = text.upper().translate(_FOLD) if text.isascii() else "U"
    if any(character not in _VALUES for character in folded):
        raise Base32Error(text=text[:_SHOWN])
    value = 0
    for character in folded:
        value = value << 5 | _VALUES[character]
    spare = 5 * len(folded) % 8
    if spare >= 5 or value & (1 << spare) - 1:
        raise Base32Error(text=text[:_SHOWN])
    return (value >> spare).to_bytes(5 * len(folded) // 8, "big")
