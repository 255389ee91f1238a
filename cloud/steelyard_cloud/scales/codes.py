"""A public code as people have it: typed, scanned with what stood around it, or within a link or a message.

Confusable letters are read as docs/wire.md says (I and L as 1, O as 0). What cannot be a code is told apart from a
code that is not on record, so that nobody takes a typing mistake for a forged scale.
"""

import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import unquote

from steelyard_protocol import identity

LONGEST = 500
"""A longer text is not looked through."""
_IN_LINK = re.compile(r"/s(?:cales)?/([^/?#]+)|[?&]code=([^&#]+)", re.IGNORECASE)
_WORD = re.compile(r"[^\s/?#&=:,;]+")
_AROUND = re.compile(r"^[^0-9A-Za-z]+|[^0-9A-Za-z]+$")


def read(text: str) -> str | None:
    """The code in `text` as it is kept, 16 characters; None if there is none."""
    if len(text) > LONGEST:
        return None
    unquoted = unquote(unquote(text))  # scanners quote again what was quoted
    plain = unicodedata.normalize("NFKC", unquoted)  # full-width letters and digits become plain ones
    return next((code for candidate in _candidates(plain) if (code := _code(candidate))), None)


def _candidates(text: str) -> Iterator[str]:
    """What may be the code: first what a link names, then the whole text, then each word of it."""
    for of_path, of_query in _IN_LINK.findall(text):
        yield of_path or of_query
    yield text
    yield from _WORD.findall(text)


def _code(candidate: str) -> str | None:
    """The code, where nothing but blanks, punctuation and invisible characters stands around and within it."""
    letters = "".join(one for one in _AROUND.sub("", candidate) if unicodedata.category(one)[0] in "LMN")
    if not letters.isascii():
        return None
    try:
        return identity.to_text(identity.from_text(letters))
    except identity.IdentityError:
        return None
