"""The journal: a ring of 4 KB flash sectors that keeps statements until the platform has said that it holds them.

A record is programmed once, into blank flash, and is synced when `append` returns. A record torn by a power cut is
recognised by its checksum and passed over. A sector is erased ahead of need, and only when nothing in it is needed.

Flash wears out. What a sector does not keep goes into the next one, and a sector that does not erase is passed over
each time the ring comes by; `take_faults` counts both.
"""

import struct
from array import array
from binascii import crc32

from micropython import const

from agent.errors import AgentError, Damaged, NotStated

MAX_STATEMENT_BYTES = const(2048)

_SECTOR_BYTES = const(4096)
_PAGE_BYTES = const(256)
# Sector header, programmed after the erase is complete: magic, sequence (counts the sectors ever used), CRC-32 of both.
_HEADER = "<III"
_HEADER_BYTES = const(12)
_SECTOR_MAGIC = const(0x4A595453)
# Record header: mark, length of the statement, its number, CRC-32 of the three and of the statement.
_RECORD = "<HHII"
_RECORD_BYTES = const(12)
_CHECKED_BYTES = const(8)
_RECORD_MARK = const(0x5352)
_ATTEMPTS = const(3)  # in one sector
_MOST_WORN = const(4)  # sectors in a row; where more fail, the chip does


class JournalFull(NotStated):
    """Every sector holds statements without receipt."""

    code = "journal-full"
    message = "the journal is full of statements without receipt: connect the scale, or export them"


class NotInJournal(AgentError):
    """A statement cannot be read."""

    code = "not-in-journal"
    message = "statement %d is not in the journal: it was never written, was overwritten, or its flash is damaged"


class Journal:
    """The ring on `device`, a block device of 4,096-byte blocks with MicroPython's extended protocol.

    `program_bytes` is what the chip wants address and length of a program to be a multiple of: a power of two up to
    256. Records start at such multiples. Call `mount` before anything else.
    """

    def __init__(self, device, program_bytes=_PAGE_BYTES):
        self._device = device
        self._unit = max(program_bytes, 4)
        self._count = device.ioctl(4, 0)
        self._first = array("I", [0] * self._count)
        self._page = bytearray(_PAGE_BYTES)
        self._mark = bytearray(_RECORD_BYTES)
        self._start = self._padded(_HEADER_BYTES)
        self._faults = 0  # programs and erases that the flash did not keep, since they were told
        self._fault_sector = 0  # of the last of them
        self.capacity = self._count * (_SECTOR_BYTES - self._start)
        self._blank()

    def _blank(self):
        self.head = 0  # number of the newest statement, 0 for none
        self.trimmed = 0  # highest number that is no longer needed
        self._active = self._count - 1  # sector that is being filled
        self._offset = _SECTOR_BYTES  # where the next record goes in it
        self._sequence = 0  # of the active sector
        self._used = 0  # sectors that hold the ring, the active one and those before it
        self._kept = 0  # of these, how many must not be erased
        self._ahead = 1  # how far after the active sector the next one is: more than 1 where others do not erase
        self._prepared = False  # whether that one is erased and has its header
        self._found = 0  # number and place of the record that was read last, after which reading goes on
        self._found_sector = 0
        self._found_at = 0  # of its statement
        self._found_length = 0
        self._found_end = 0

    def _padded(self, length):
        return (length + self._unit - 1) // self._unit * self._unit

    # Mounting

    def mount(self):
        """Find the ring's ends: every sector's header and first record, then the whole of the newest sector."""
        self._blank()
        sequences = array("I", [self._sequence_of(sector) for sector in range(self._count)])
        self._sequence = max(sequences)
        if not self._sequence:
            return
        self._active = list(sequences).index(self._sequence)
        for age in range(min(self._count, self._sequence)):
            if sequences[self._aged(age)] == self._sequence - age:
                self._used = age + 1
        self._find_firsts()
        if not self._first[self._active] and self._blank_from(self._active, self._start) == self._start:
            self._prepared = True
            self._active = self._aged(1)
            self._sequence -= 1
            self._used -= 1
        if self._used:
            self._find_head()
        self._adopt_newer()
        self._adopt_older()
        self._kept = self._used

    def _find_firsts(self):
        """Note the first number of each sector of the ring; what a worn one still holds of an earlier turn is none."""
        highest = 0
        for age in range(self._used - 1, -1, -1):
            sector = self._aged(age)
            first = self._number_at_or_after(sector, self._start)
            self._first[sector] = first if first > highest else 0
            highest = max(highest, first)

    def _find_head(self):
        if self._first[self._active]:
            end = self._last_record_end(self._active)
            self._offset = self._blank_from(self._active, end)
        elif self._sequence_of(self._active) == self._sequence:
            self._offset = self._blank_from(self._active, self._start)
        else:
            self._offset = _SECTOR_BYTES  # a worn sector, which was passed over
        age = 1
        while not self.head and age < self._used:
            if self._first[self._aged(age)]:
                self._last_record_end(self._aged(age))
            age += 1

    def _last_record_end(self, sector):
        """Walk all records of a sector, raise the head to the highest number; return where the last of them ends."""
        end = offset = self._start
        while self._number_at_or_after(sector, offset):
            self.head = max(self.head, self._found)
            end = offset = self._found_end
        return end

    def _adopt_newer(self):
        """Take in the next sector if newer statements lie in it: then only its header is damaged."""
        if self._prepared:
            return
        sector = (self._active + 1) % self._count
        first = self._number_at_or_after(sector, self._start)
        if first > self.head:
            self._first[sector] = first
            self._active = sector
            self._sequence += 1
            self._used = min(self._used + 1, self._count)
            self._find_head()

    def _adopt_older(self):
        """Take in sectors before the oldest as long as older statements lie in them: again only a header is damaged."""
        oldest = self.following(0)
        while oldest and self._used < self._count:
            sector = self._aged(self._used)
            first = self._number_at_or_after(sector, self._start)
            if not 0 < first < oldest:
                break
            self._first[sector] = oldest = first
            self._used += 1

    def _aged(self, age):
        """Return the sector that was active `age` sectors ago."""
        return (self._active - age) % self._count

    def _sequence_of(self, sector):
        """Return the sequence in a sector's header, 0 where there is no valid one."""
        self._device.readblocks(sector, self._mark, 0)
        magic, sequence, check = struct.unpack(_HEADER, self._mark)
        if magic != _SECTOR_MAGIC or check != crc32(memoryview(self._mark)[:_CHECKED_BYTES]):
            return 0
        return sequence

    def _blank_from(self, sector, end):
        """Return the offset from which on a sector is blank, `end` or a page boundary after it."""
        for offset in range(_SECTOR_BYTES - _PAGE_BYTES, -1, -_PAGE_BYTES):
            if offset + _PAGE_BYTES <= end:
                break
            page = memoryview(self._page)[: min(_PAGE_BYTES, offset + _PAGE_BYTES - end)]
            self._device.readblocks(sector, page, max(offset, end))
            if bytes(page).strip(b"\xff"):
                return offset + _PAGE_BYTES
        return end

    # Reading

    def _number_at_or_after(self, sector, offset, least=1):
        """Find the first valid record numbered `least` or higher at `offset` or later in a sector.

        Return its number, 0 for none; `_found` then describes it. After something that is no record it goes on at the
        next page boundary, where a writer goes on after a power cut.
        """
        while offset <= _SECTOR_BYTES - _RECORD_BYTES:
            length = self._valid_length(sector, offset)
            if length:
                end = offset + self._padded(_RECORD_BYTES + length)
                number = struct.unpack(_RECORD, self._mark)[2]
                if number >= least:
                    self._found = number
                    self._found_sector = sector
                    self._found_end = end
                    self._found_at = offset + _RECORD_BYTES
                    self._found_length = length
                    return number
                offset = end
            else:
                offset = (offset // _PAGE_BYTES + 1) * _PAGE_BYTES
        return 0

    def _valid_length(self, sector, offset):
        """Return the length of the statement in the record at `offset`, 0 if there is no whole one; fill `_mark`."""
        self._device.readblocks(sector, self._mark, offset)
        mark, length, number, check = struct.unpack(_RECORD, self._mark)
        at = offset + _RECORD_BYTES
        end = at + length
        if mark != _RECORD_MARK or not 0 < length <= MAX_STATEMENT_BYTES or end > _SECTOR_BYTES or not number:
            return 0
        total = crc32(memoryview(self._mark)[:_CHECKED_BYTES])
        while at < end:
            piece = memoryview(self._page)[: min(_PAGE_BYTES, end - at)]
            self._device.readblocks(sector, piece, at)
            total = crc32(piece, total)
            at += len(piece)
        return length if total == check else 0

    def following(self, number):
        """Return the lowest number in the journal that is higher than `number`, 0 for none. Finds it from anywhere."""
        if number >= self.head:
            return 0
        if self._found and self._found == number and self._in_ring(self._found_sector):
            if self._number_at_or_after(self._found_sector, self._found_end, number + 1):
                return self._found
        age = self._used - 1
        while age > 0 and 0 < self._newer_first(age) <= number + 1:
            age -= 1
        while age >= 0:
            if self._number_at_or_after(self._aged(age), self._start, number + 1):
                return self._found
            age -= 1
        return 0

    def _newer_first(self, age):
        return self._first[self._aged(age - 1)]

    def _in_ring(self, sector):
        return (self._active - sector) % self._count < self._used

    def read(self, number):
        """Return the bytes of statement `number`; raises NotInJournal."""
        found = number == self._found and self._in_ring(self._found_sector)
        if not found and (number < 1 or self.following(number - 1) != number):
            raise NotInJournal(number)
        data = bytearray(self._found_length)
        self._device.readblocks(self._found_sector, data, self._found_at)
        return bytes(data)

    def iterate(self, number):
        """Yield (number, bytes) of the statements from `number` on, passing over numbers that are not there."""
        number = self.following(number - 1)
        while number:
            yield number, self.read(number)
            number = self.following(number)

    @property
    def tail(self):
        """Number of the oldest statement that can still be read, receipted or not; 0 for none."""
        return self.following(0)

    # Writing

    def append(self, number, data):
        """Program one record and read it back; when this returns, statement `number` is synced.

        Numbers rise. Raises JournalFull before anything is written, Damaged if the flash does not keep it.
        """
        if number <= self.head or not 0 < len(data) <= MAX_STATEMENT_BYTES:
            raise ValueError("record %d of %d bytes cannot follow record %d" % (number, len(data), self.head))
        record = bytearray(self._padded(_RECORD_BYTES + len(data)))
        record[:] = b"\xff" * len(record)
        struct.pack_into("<HHI", record, 0, _RECORD_MARK, len(data), number)
        check = crc32(data, crc32(memoryview(record)[:_CHECKED_BYTES]))
        struct.pack_into("<I", record, _CHECKED_BYTES, check)
        record[_RECORD_BYTES : _RECORD_BYTES + len(data)] = data
        for attempt in range(_ATTEMPTS * _MOST_WORN):
            if self._offset + len(record) > _SECTOR_BYTES or attempt and not attempt % _ATTEMPTS:
                if attempt and not self.prepare():
                    break  # not JournalFull: what was programmed in vain may yet turn out to be readable
                self._advance()
            offset = self._offset
            self._offset += len(record)  # whatever happens now, these bytes are no longer blank
            self._device.writeblocks(self._active, record, offset)
            if self._valid_length(self._active, offset) == len(data):
                if not self._first[self._active]:
                    self._first[self._active] = number
                self.head = number
                return
            self._note_fault(self._active)
        raise self._worn_out()

    def _advance(self):
        if not self._prepared and not self.prepare():
            raise JournalFull
        self._active = (self._active + self._ahead) % self._count
        self._sequence += self._ahead
        self._used += self._ahead
        self._kept += self._ahead
        self._offset = self._start
        self._ahead = 1
        self._prepared = False

    def prepare(self):
        """Erase the next sector ahead of need, an idle moment's work (45 ms); return whether one is ready.

        False means that every sector holds statements without receipt. Raises Damaged where none keeps its header.
        """
        while not self._prepared:
            if self._ahead > _MOST_WORN:
                raise self._worn_out()
            if self._kept + self._ahead > self._count:
                return False
            if self._erase_next():
                self._prepared = True
            else:
                self._ahead += 1
        return True

    def _erase_next(self):
        """Erase the next sector and give it its header; return whether it kept both."""
        sector = (self._active + self._ahead) % self._count
        self._used = min(self._used, self._count - self._ahead)
        self._first[sector] = 0
        self._found = 0
        self._device.ioctl(6, sector)
        sequence = self._sequence + self._ahead
        if not self._blank_from(sector, 0):
            header = bytearray(self._start)
            header[:] = b"\xff" * len(header)
            struct.pack_into("<II", header, 0, _SECTOR_MAGIC, sequence)
            struct.pack_into("<I", header, _CHECKED_BYTES, crc32(memoryview(header)[:_CHECKED_BYTES]))
            self._device.writeblocks(sector, header, 0)
            if self._sequence_of(sector) == sequence:
                return True
        self._note_fault(sector)
        return False

    def _note_fault(self, sector):
        self._faults += 1
        self._fault_sector = sector

    def take_faults(self):
        """The sector that was the last to fail, and how often one did since this was asked; None where none did."""
        if not self._faults:
            return None
        count, self._faults = self._faults, 0
        return self._fault_sector, count

    def _worn_out(self):
        return Damaged(
            "journal-fault",
            "flash up to sector %d of the journal does not keep what is programmed: have the board repaired"
            % self._fault_sector,
        )

    # Letting go

    def frees(self, number):
        """Return how many sectors `trim(number)` would let go."""
        freed = 0
        for age in range(self._kept - 1, 0, -1):
            first = self._newer_first(age)
            if first > number + 1:
                break
            if first:
                freed = self._kept - age
        return freed

    def trim(self, number):
        """Let go of the statements up to `number`: sectors that hold nothing else may be erased from now on."""
        if number > self.trimmed:
            self._kept -= self.frees(number)
            self.trimmed = number

    def free_permille(self):
        """Return the share of the journal that is free for new statements, in thousandths."""
        if not self._kept:
            return 1000
        used = (self._kept - 1) * (_SECTOR_BYTES - self._start) + self._offset - self._start
        return 1000 - 1000 * used // self.capacity
