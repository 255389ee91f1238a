"""The audit trail: the signed statement of every commit of parameters, kept in a file for the scale's life.

Receipts never trim it and nothing overwrites it. When it is full, further adjustments are refused.
"""

import struct
from binascii import crc32

from micropython import const

# Length and number of a statement, CRC-32 of both and of the statement, which follows.
_ENTRY = "<HII"
_ENTRY_BYTES = const(10)
_CHECKED_BYTES = const(6)


class AuditTrail:
    """The trail in the file `path`, made at the first commit; at most `limit_bytes` long.

    `last` is the number of the newest entry, 0 for none.
    """

    def __init__(self, path, limit_bytes=65536):
        self._path = path
        self._limit_bytes = limit_bytes
        self._end = 0
        self.last = 0
        for number, statement in self.entries():
            self.last = number
            self._end += _ENTRY_BYTES + len(statement)

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
        """Yield (number, statement) from the oldest; what a power cut left of an unfinished entry ends it."""
        try:
            file = open(self._path, "rb")
        except OSError:
            return
        with file:
            while True:
                head = file.read(_ENTRY_BYTES)
                if len(head) < _ENTRY_BYTES:
                    return
                length, number, check = struct.unpack(_ENTRY, head)
                statement = file.read(length)
                if len(statement) != length or crc32(statement, crc32(head[:_CHECKED_BYTES])) != check:
                    return
                yield number, statement
