"""The scale's end of the service console's frames, written from their description and not from either program."""

import itertools
import re
from zlib import crc32

DROP = "\x15"
_QUESTION = re.compile(r"(@(\S+) (.*)) #([0-9a-f]{8})")


def sealed(text: str) -> str:
    """A text with its checksum behind it."""
    return f"{text} #{crc32(text.encode()):08x}"


def opened(line: str) -> tuple[str, str] | None:
    """(name of the question, command) of a framed line, None for any other."""
    found = _QUESTION.fullmatch(line)
    return (found[2], found[3]) if found and line == sealed(found[1]) else None


def framed(ident: str, answer: str) -> str:
    """The answer's lines as pieces, and its end; each ends with a line feed."""
    numbers = itertools.count()
    pieces = [f"={ident} {next(numbers)} {line}" for line in answer.splitlines()]
    return "".join(f"{sealed(piece)}\n" for piece in (*pieces, f".{ident} {next(numbers)} "))
