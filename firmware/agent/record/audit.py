"""The audit trail: the signed statement of every commit of parameters, kept in a file for the scale's life.

Receipts never trim it and nothing overwrites it. When it is full, further adjustments are refused. An entry that the
flash damaged hides itself alone: what lies behind it is found again by its checksum.
"""

import struct
from binascii import crc32

from micropython import const

# Length and number of a statement, CRC-32 of both and of the statement, which follows.
_ENTRY = "<HII"
_ENTRY_BYTES = const(10)
_CHECKED_BYTES = const(6)
_MOST_BYTES = const(2048)  # of a statement


class AuditTrail:
    """The trail in the file `path`, made at the first commit; at most `limit_bytes` long.

    `last` is the number of the newest entry, 0 for none.
    """

    def __init__(self, path, limit_bytes=65536):
        self._path = path
        self._limit_bytes = limit_bytes
        self._end = 0
        self.last = 0
        for end, number, _ in self._whole():
            self._end, self.last = end, number

    def has_room(self, length):
        """Return whether a statement of `length` bytes still fits."""
        return self._end + _ENTRY_BYTES + length <= self._limit_bytes

    def append(self, number, statement):
        """Keep a statement; when this returns it is synced. One that is there already is not kept twice."""
        if number <= self.last:
            return
        head = struct.pack("<HI", len(statement), number)
        entry = head + struct.pack("<I", crc32(statement, crc32(head))) + statement
        with open(self._path, "r+b" if self._end else "wb") as file:
            file.seek(self._end)
            file.write(entry)
            file.flush()
        self._end += len(entry)
        self.last = number

    def entries(self):
        """Yield (number, statement) of every whole entry, from the oldest."""
        for _, number, statement in self._whole():
            yield number, statement

    def _whole(self):
        """Yield (where it ends, number, statement) of every whole entry; numbers rise."""
        try:
            file = open(self._path, "rb")
        except OSError:
            return
        with file:
            at = last = 0
            end = file.seek(0, 2)
            while at + _ENTRY_BYTES < end:
                behind, number, statement = _entry(file, at)
                if statement is not None and number > last:
                    at, last = behind, number
                    yield at, number, statement
                else:
                    at += 1


def _entry(file, at):
    """(where it ends, number, statement) of the entry at `at`; the statement is None where it is not whole."""
    file.seek(at)
    head = file.read(_ENTRY_BYTES)
    if len(head) < _ENTRY_BYTES:
        return at, 0, None
    length, number, check = struct.unpack(_ENTRY, head)
    behind = at + _ENTRY_BYTES + length
    if not 0 < length <= _MOST_BYTES:
        return behind, number, None
    statement = file.read(length)
    if len(statement) != length or crc32(statement, crc32(head[:_CHECKED_BYTES])) != check:
        return behind, number, None
    return behind, number, statement
