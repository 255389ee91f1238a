"""Frames on a serial line: what two programs say to one another there, beside what a person types.

A frame is FE, the base64 of its bytes with the highest bit of every letter set, and FD. So none of its bytes is a key
of the console, whatever the line loses of it, and FE always begins a new frame. Its bytes are, big-endian: channel and
kind (four bits each), session (4), sequence number (2), offset (2), length of the data (2), data, CRC-32 (4).
"""

import struct
from binascii import a2b_base64, b2a_base64, crc32

from micropython import const

CONSOLE = const(1)
"""The channel of the service console; 2 is kept for the uplink, which is not carried yet."""

_HEAD = ">BIHHH"
_HEAD_BYTES = const(11)
_CHECK_BYTES = const(4)
_KIND = const(15)
_HIGH = const(128)


def pack(channel, kind, session, sequence, offset, data=b""):
    """The bytes of a frame; the offset is counted modulo 65,536."""
    body = struct.pack(_HEAD, channel << 4 | kind, session, sequence, offset & 0xFFFF, len(data)) + data
    text = b2a_base64(body + struct.pack(">I", crc32(body)))
    return b"\xfe" + bytes(letter | _HIGH for letter in memoryview(text)[:-1]) + b"\xfd"


def unpack(line):
    """(channel, kind, session, sequence, offset, data) of a frame as the terminal gives it; None for a damaged one."""
    try:
        raw = a2b_base64(line[1:-1])
    except ValueError:
        return None
    end = len(raw) - _CHECK_BYTES
    if end < _HEAD_BYTES or crc32(memoryview(raw)[:end]) != int.from_bytes(raw[end:], "big"):
        return None
    what, session, sequence, offset, length = struct.unpack_from(_HEAD, raw)
    if length != end - _HEAD_BYTES:
        return None
    return what >> 4, what & _KIND, session, sequence, offset, raw[_HEAD_BYTES:end]
