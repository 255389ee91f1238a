"""Frames of machine mode: what tool and scale say to one another, whole or not at all, on whatever line there is.

A frame is the byte FE, the base64 of its bytes with the highest bit of every letter set, and FD: none of its bytes is a
key of the console, and FE always begins a new frame. Its bytes are, big-endian: channel and kind (four bits each),
session (4), sequence number (2), offset (2), length of the data (2), data, CRC-32 (4). `exchange` says what they say.
"""

import binascii
import struct
import unicodedata
from base64 import b64decode, b64encode
from dataclasses import dataclass
from enum import IntEnum
from zlib import crc32

BEGIN, END = b"\xfe", b"\xfd"
LONGEST = 8192
"""No frame has more bytes on the line."""
_HEAD, _CHECK = struct.Struct(">BIHHH"), struct.Struct(">I")
_RAISED = bytes.maketrans(bytes(range(128)), bytes(range(128, 256)))
_LOWERED = bytes.maketrans(bytes(range(128, 256)), bytes(range(128)))


Key = tuple[int, int]
"""Session and sequence number of a question."""


class Channel(IntEnum):
    """What a frame belongs to."""

    CONSOLE = 1
    UPLINK = 2
    """Kept for statements and receipts by way of a gateway; no scale takes it yet."""


class Kind(IntEnum):
    """What a frame says; up to READ the tool says it, from WELCOME on the scale."""

    HELLO = 1
    ASK = 2
    CHANGE = 3
    READ = 4
    WELCOME = 8
    TAKEN = 9
    TEXT = 10
    LAST = 11
    GONE = 12


@dataclass(frozen=True)
class Frame:
    """One frame; `offset` says where in the answer its text begins, modulo 65,536."""

    kind: Kind
    session: int
    sequence: int
    offset: int = 0
    data: bytes = b""
    channel: Channel = Channel.CONSOLE

    @property
    def key(self) -> Key:
        """What it belongs to."""
        return self.session, self.sequence

    def encode(self) -> bytes:
        """Its bytes on the line."""
        what = self.channel << 4 | self.kind
        body = _HEAD.pack(what, self.session, self.sequence, self.offset, len(self.data)) + self.data
        return BEGIN + b64encode(body + _CHECK.pack(crc32(body))).translate(_RAISED) + END


def decode(line: bytes) -> Frame | None:
    """The frame in what came after FE and before FD; None where it is damaged, or of a kind that nobody knows."""
    try:
        raw = b64decode(line.translate(_LOWERED), validate=True)
        body, (check,) = raw[: -_CHECK.size], _CHECK.unpack(raw[-_CHECK.size :])
        what, session, sequence, offset, length = _HEAD.unpack_from(body)
        if check != crc32(body) or length != len(body) - _HEAD.size:
            return None
        return Frame(Kind(what & 15), session, sequence, offset, body[_HEAD.size :], Channel(what >> 4))
    except (binascii.Error, struct.error, ValueError):
        return None


class Reader:
    """Finds frames in the bytes of a line; `plain` is what came beside them, the last 4 KB of it.

    `damaged` says whether there was a frame that cannot be read.
    """

    def __init__(self) -> None:
        self._frame: bytearray | None = None
        self.plain = bytearray()
        self.damaged = False

    @property
    def inside(self) -> bool:
        """Whether a frame has begun."""
        return self._frame is not None

    def take(self, data: bytes) -> list[Frame]:
        """The whole frames that end in `data`; damaged ones are passed over."""
        found = []
        for byte in data:
            if byte == BEGIN[0]:
                self._frame = bytearray()
            elif self._frame is None or byte < 128:
                self._frame = None
                self.plain.append(byte)
            elif byte == END[0]:
                if (frame := decode(bytes(self._frame))) is not None:
                    found.append(frame)
                else:
                    self.damaged = True
                self._frame = None
            else:
                self._frame.append(byte)
                if len(self._frame) > LONGEST:
                    self._frame = None
        del self.plain[:-4096]
        return found


def has_control(text: str) -> bool:
    """Whether a text has characters that break lines, move a terminal's cursor, or the like."""
    return any(unicodedata.category(letter) in ("Cc", "Zl", "Zp") for letter in text)
