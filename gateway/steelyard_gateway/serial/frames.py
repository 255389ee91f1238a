"""Frames of the service console: lines that say whose they are and that they are whole, on whatever line there is.

A question is `@ID COMMAND #CRC`; its answer comes in pieces `KIND ID NUMBER TEXT #CRC`, the first blank left out. The
firmware's `agent/commands/reply.py` is the other end and says what the kinds are.
"""

import re
import secrets
import unicodedata
from dataclasses import dataclass
from zlib import crc32

DROP = b"\x15"
"""The console's drop key: what is half typed goes, and nothing is carried out."""
MORE, LINE, END = "+", "=", "."


@dataclass(frozen=True)
class Piece:
    """One piece of an answer: its number from 0 on, and its text, which goes on (MORE), ends a line, or is the END."""

    kind: str
    number: int
    text: str


class Question:
    """One command with a name of its own; ValueError where the command has a control character."""

    def __init__(self, command: str) -> None:
        if has_control(command):
            raise ValueError(f"{command!r} has a control character")
        self.ident = secrets.token_hex(4)
        text = f"@{self.ident} {command}"
        self.line = DROP + f"{text} #{_check(text)}\r".encode()
        self._piece = re.compile(rf"(([{MORE}{LINE}{END}]){self.ident} (\d+) (.*)) #([0-9a-f]{{8}})")

    def piece(self, line: str) -> Piece | None:
        """The piece of this question's answer in a line that came; None for anything else, and for a damaged one."""
        found = self._piece.search(line)
        if not found or found.end() != len(line) or found[5] != _check(found[1]) or has_control(found[4]):
            return None
        return Piece(found[2], int(found[3]), found[4])


def has_control(text: str) -> bool:
    """Whether a text has characters that break lines, move a terminal's cursor, or the like."""
    return any(unicodedata.category(letter) in ("Cc", "Zl", "Zp") for letter in text)


def _check(text: str) -> str:
    return f"{crc32(text.encode()):08x}"
