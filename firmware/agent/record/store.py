"""What a scale keeps in files: keys, parameters, settings, numbers. Small values that change rarely and must not tear.

Each value lies in two copies with sequence and checksum. A write replaces the older copy first, so that a power cut at
any instant leaves the old value or the new one; either copy alone is enough to read it.

Each copy has its folder, which to littlefs is a pair of blocks: damage to one leaves the other. When those are full of
changes littlefs writes all small files of the folder again, in one go. So what changes with use (`use/…`) lies apart.
"""

import os
import struct
from binascii import crc32

from micropython import const

from agent.errors import Damaged
from agent.wire import cbor

# Mark, sequence, length of the encoded value, CRC-32 of sequence, length and value.
_HEADER = "<HIHI"
_HEADER_BYTES = const(12)
_MARK = const(0x5359)
_MAX_BYTES = const(4096)
_FREE_BLOCKS = const(3)  # its place in what statvfs gives
_LEAST_FREE_BLOCKS = const(4)  # two of the audit trail, two for a folder that is written again
_FOLDERS = ("0", "0/use", "1", "1/use")


class Store:
    """Named values, anything that `agent.wire.cbor` encodes in up to 4,084 bytes, in the existing folder `root`."""

    def __init__(self, root):
        self.root = root
        for folder in _FOLDERS:
            path = root + "/" + folder
            try:
                os.stat(path)
            except OSError:
                os.mkdir(path)

    def has_room(self):
        """Return whether some blocks of the file system are free, so that what is written next has room."""
        free = os.statvfs(self.root)[_FREE_BLOCKS]
        return _LEAST_FREE_BLOCKS <= free < 0x80000000  # littlefs may count blocks twice, and have fewer than none left

    def read(self, name):
        """Return the value called `name`, None if it was never written.

        Raises Damaged when it was written and no copy is whole: that is never taken for absence.
        """
        copies = self._copies(name)
        newest = max(copies, key=lambda copy: copy[0])
        if newest[0]:
            return cbor.decode(newest[1])
        if self._exists(name, 1):  # the second copy is begun only when the first is whole
            raise self.damage(name)
        return None

    def damage(self, name):
        """Return the error of a value that was written and is gone."""
        return Damaged(
            "store-damaged", "both copies of '%s' in %s are damaged: have the scale repaired" % (name, self.root)
        )

    def write(self, name, value):
        """Write a value in both copies; when this returns it is synced."""
        for _ in self.write_steps(name, value):
            pass

    def write_steps(self, name, value):
        """Do what `write` does, a file at a step. Until the last of them nobody else may write `name`."""
        data = cbor.encode(value)
        if len(data) + _HEADER_BYTES > _MAX_BYTES:
            raise ValueError("value of '%s' has %d bytes, at most %d fit" % (name, len(data), _MAX_BYTES))
        sequences = []
        for copy in (0, 1):
            sequences.append(self._copy(name, copy)[0])
            yield
        sequence = max(sequences) + 1
        header = struct.pack(_HEADER, _MARK, sequence, len(data), _check(sequence, data))
        first = 0 if sequences[0] <= sequences[1] else 1
        for copy in (first, 1 - first):
            with open(self._path(name, copy), "wb") as file:
                file.write(header + data)
                file.flush()
            yield

    def _path(self, name, copy):
        return "%s/%d/%s" % (self.root, copy, name)

    def _exists(self, name, copy):
        try:
            os.stat(self._path(name, copy))
        except OSError:
            return False
        return True

    def _copies(self, name):
        """Return (sequence, encoded value) of both copies, sequence 0 for what is absent or torn."""
        return [self._copy(name, copy) for copy in (0, 1)]

    def _copy(self, name, copy):
        # Every look at a path has littlefs read its directory again, so the file is opened and nothing else.
        try:
            file = open(self._path(name, copy), "rb")
        except OSError:
            return 0, b""
        with file:
            # As much as there is: read(n) takes a buffer of n bytes first, which a fragmented heap may not have.
            length = min(file.seek(0, 2), _MAX_BYTES)
            file.seek(0)
            content = file.read(length)
        if len(content) < _HEADER_BYTES:
            return 0, b""
        mark, sequence, length, check = struct.unpack(_HEADER, content[:_HEADER_BYTES])
        data = content[_HEADER_BYTES:]
        if mark != _MARK or len(data) != length or check != _check(sequence, data):
            return 0, b""
        return sequence, data


def _check(sequence, data):
    return crc32(data, crc32(struct.pack("<IH", sequence, len(data))))
