"""The scale's end of machine mode, written from docs/technician.md and not from either program."""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable
from typing import NamedTuple
from zlib import crc32

HELLO, ASK, CHANGE, READ, WELCOME, TAKEN, TEXT, LAST, GONE = 1, 2, 3, 4, 8, 9, 10, 11, 12
SESSION = 0x5CA1E


class Said(NamedTuple):
    """What a frame of the console's channel says."""

    kind: int
    session: int
    sequence: int
    offset: int
    data: bytes


def frame(kind: int, session: int, sequence: int, offset: int = 0, data: bytes = b"", channel: int = 1) -> bytes:
    """A frame's bytes on the line."""
    body = struct.pack(">BIHHH", channel * 16 + kind, session, sequence, offset, len(data)) + data
    text = base64.b64encode(body + struct.pack(">I", crc32(body)))
    return b"\xfe" + bytes(letter + 128 for letter in text) + b"\xfd"


def said(line: bytes) -> Said:
    """What a whole frame says; ValueError or AssertionError where it is none."""
    assert (line[:1], line[-1:]) == (b"\xfe", b"\xfd")
    raw = base64.b64decode(bytes(letter - 128 for letter in line[1:-1]), validate=True)
    assert crc32(raw[:-4]) == int.from_bytes(raw[-4:], "big")
    what, session, sequence, offset, length = struct.unpack(">BIHHH", raw[:11])
    assert length == len(raw) - 15
    return Said(what & 15, session, sequence, offset, raw[11:-4])


def split(data: bytes) -> tuple[list[bytes], bytes]:
    """The whole frames in what came, and what is behind the last of them."""
    found = []
    while (end := data.find(b"\xfd")) >= 0:
        begin = data.rfind(b"\xfe", 0, end)
        if begin >= 0:
            found.append(data[begin : end + 1])
        data = data[end + 1 :]
    return found, data


class Answers:
    """Gives the answers of `answer(command)` piece by piece; None is no answer at all, and is never asked for again."""

    def __init__(self, answer: Callable[[str], str | None]) -> None:
        self._answer = answer
        self._key: tuple[int, int] | None = None
        self._text: bytes | None = None

    def to(self, asked: Said) -> bytes:
        """The frame that answers one, empty where none does."""
        if asked.kind == HELLO:
            return frame(WELCOME, SESSION, asked.sequence, 0, asked.data)
        key = asked.session, asked.sequence
        if asked.kind in (ASK, CHANGE) and key != self._key:
            self._key = key
            text = self._answer(asked.data[2:].decode())
            self._text = None if text is None else text.encode()
        if key != self._key:
            return frame(GONE, *key)
        if self._text is None:
            return b""
        piece = self._text[asked.offset : asked.offset + int.from_bytes(asked.data[:2], "big")]
        ended = asked.offset + len(piece) == len(self._text)
        return frame(LAST if ended else TEXT, *key, asked.offset, piece)
