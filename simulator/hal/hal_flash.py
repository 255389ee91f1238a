"""A NOR flash chip that can lose its power in the middle of any program or erase.

`Nor` is a block device with MicroPython's extended protocol. Programming clears bits only, erasing sets a whole
4096-byte sector; every page programmed and every sector erased is one *operation*, and the power can be made to fail
at any of them.
"""

from errno import EINVAL, EIO

from hal_random import Random

SECTOR_BYTES = 4096
PAGE_BYTES = 256
FLASH_BYTES = 2 * 1024 * 1024  # the chip of a Pico W
PROGRAM_US = 400  # W25Q16JV, section 9.6: page program 0.4 ms and sector erase 45 ms, typical
ERASE_US = 45_000

_ERASED_PAGE = b"\xff" * PAGE_BYTES
_ERASED_SECTOR = b"\xff" * SECTOR_BYTES


class PowerCut(BaseException):
    """The simulated board lost its power: nothing runs on; mount the same chip again after `power_on()`."""


class _Memory:
    """Chip contents in the heap of this process."""

    def __init__(self, size):
        self._bytes = bytearray(size)
        for address in range(0, size, SECTOR_BYTES):
            self._bytes[address : address + SECTOR_BYTES] = _ERASED_SECTOR

    def read_into(self, address, buf):
        buf[:] = memoryview(self._bytes)[address : address + len(buf)]

    def write(self, address, data):
        self._bytes[address : address + len(data)] = data


class _Image:
    """Chip contents in a file, written through, so that they survive the end of this process."""

    def __init__(self, path, size):
        try:
            self._file = open(path, "r+b")
        except OSError:
            self._file = open(path, "w+b")
        length = self._file.seek(0, 2)
        if length > size or length % SECTOR_BYTES:
            raise ValueError("flash image %s has %d bytes, not whole sectors up to %d" % (path, length, size))
        for _ in range((size - length) // SECTOR_BYTES):
            self._file.write(_ERASED_SECTOR)

    def read_into(self, address, buf):
        self._file.seek(address)
        self._file.readinto(buf)

    def write(self, address, data):
        self._file.seek(address)
        self._file.write(data)


class Nor:
    """A chip of `size` bytes, erased when new; `image` names a file that keeps its contents.

    `program_size` is what the chip demands of address and length of a program: 256 on RP2, 1 on ESP32.
    `operations` counts page programs and sector erases, `programs` and `erases` each of them, `faults` the requests
    that were refused. `life` counts the power cuts so far; a `Region` belongs to one life. `busy(us)`, if set, is told
    how long each operation takes; `on_cut`, if set, is called before `PowerCut` is raised. `wear_out` makes sectors
    that do not keep what they are told to.
    """

    def __init__(self, size, image=None, program_size=PAGE_BYTES):
        if size <= 0 or size % SECTOR_BYTES:
            raise ValueError("flash size %d is not a multiple of %d" % (size, SECTOR_BYTES))
        self.size = size
        self.program_size = program_size
        self.operations = 0
        self.programs = 0
        self.erases = 0
        self.faults = 0
        self.powered = True
        self.life = 0
        self.busy = None
        self.on_cut = None
        self._worn = {}
        self._memory = _Memory(size) if image is None else _Image(image, size)
        self._cut_in = 0
        self._cut_how = ""
        self._cut_counted = None
        self._random = None

    # Power

    def cut_at(self, n, how="none", seed=0, counted=None):
        """Let the power fail at the `n`-th operation from now (1 is the next one; 0 takes the order back).

        `how` much of that operation is done: "none", "prefix" (up to a random bit), "scattered" (random bits) or "all".
        Where `counted(address, erase)` is given, only operations count for which it is true.
        """
        if how not in ("none", "prefix", "scattered", "all"):
            raise ValueError("how is %r, not none, prefix, scattered or all" % (how,))
        self._cut_in = n
        self._cut_how = how
        self._cut_counted = counted
        self._random = Random(seed, "cut")

    def cut(self):
        """Power fails now: the chip answers nothing until `power_on()`."""
        self.powered = False
        self.life += 1
        self._cut_in = 0
        if self.on_cut:
            self.on_cut()
        raise PowerCut("at flash operation %d" % self.operations)

    def power_on(self):
        """Power is back. Contents are what the cut left."""
        self.powered = True

    # Wear

    def wear_out(self, sector, how="erase"):
        """Let a sector wear out: it keeps what it holds when it is erased ("erase"), or loses bits of each program
        ("program"), both without an error, as a real chip does; "none" makes it whole again.
        """
        if how not in ("none", "erase", "program"):
            raise ValueError("how is %r, not none, erase or program" % (how,))
        self._worn[sector] = how

    # Block device, extended protocol

    def readblocks(self, block, buf, offset=0):
        """Fill `buf` from sector `block`, byte `offset` on."""
        address = self._address(block, offset, len(buf))
        self._memory.read_into(address, buf)

    def writeblocks(self, block, buf, offset=None):
        """Program `buf`. Without an offset whole sectors are erased first, as MicroPython's ports do."""
        address = self._address(block, offset or 0, len(buf))
        if offset is None:
            if len(buf) % SECTOR_BYTES:
                self._refuse("write of %d bytes is not whole sectors" % len(buf))
            for start in range(address, address + len(buf), SECTOR_BYTES):
                self._erase(start)
        elif address % self.program_size or len(buf) % self.program_size:
            self._refuse("program of %d bytes at 0x%x is not aligned to %d" % (len(buf), address, self.program_size))
        view = memoryview(buf)
        done = 0
        while done < len(buf):
            room = PAGE_BYTES - (address + done) % PAGE_BYTES
            self._program(address + done, view[done : done + room])
            done += room

    def ioctl(self, op, arg):
        """MicroPython's block-device controls 1 … 6: init, shutdown, sync, block count, block size, erase block."""
        if not self.powered:
            raise PowerCut("the chip has no power")
        if op == 4:
            return self.size // SECTOR_BYTES
        if op == 5:
            return SECTOR_BYTES
        if op == 6:
            self._erase(self._address(arg, 0, SECTOR_BYTES))
        return 0 if 1 <= op <= 6 else None

    # The chip itself

    def _address(self, block, offset, length):
        if not self.powered:
            raise PowerCut("the chip has no power")
        address = block * SECTOR_BYTES + offset
        if address < 0 or address + length > self.size:
            self._refuse("0x%x to 0x%x lies outside the chip" % (address, address + length), EINVAL)
        return address

    def _refuse(self, why, code=EIO):
        self.faults += 1
        raise OSError(code, "flash: " + why)

    def _program(self, address, data):
        length = len(data)
        page = bytearray(length)
        self._memory.read_into(address, page)
        new = bytes(data)
        if page != _ERASED_PAGE:
            old = int.from_bytes(page, "little")
            if old | int.from_bytes(new, "little") != old:
                self._refuse("program at 0x%x sets a bit that is not erased" % address)
        self.programs += 1
        if self._worn.get(address // SECTOR_BYTES) == "program":
            new = bytes(byte | 0x10 & held for byte, held in zip(new, page))  # this cell of each byte stays erased
        self._operate(address, bytes(page), new, PROGRAM_US)

    def _erase(self, address):
        self.erases += 1
        new = _ERASED_SECTOR
        if self._worn.get(address // SECTOR_BYTES) == "erase":
            new = bytearray(SECTOR_BYTES)
            self._memory.read_into(address, new)
        self._operate(address, None, new, ERASE_US)

    def _operate(self, address, old, new, duration_us):
        """Write `new` over `old` (None: not looked at yet, an erase), unless the power fails."""
        self.operations += 1
        if self._cut_in and (not self._cut_counted or self._cut_counted(address, old is None)):
            self._cut_in -= 1
            if not self._cut_in:
                if old is None:
                    old = bytearray(SECTOR_BYTES)
                    self._memory.read_into(address, old)
                self._memory.write(address, self._torn(old, new))
                self.cut()
        self._memory.write(address, new)
        if self.busy:
            self.busy(duration_us)

    def _torn(self, old, new):
        """What a sector or page holds when the power fails while it changes from `old` to `new`."""
        how = self._cut_how
        if how == "none":
            return old
        if how == "all":
            return new
        length = len(new)
        before = int.from_bytes(old, "little")
        after = int.from_bytes(new, "little")
        if how == "prefix":
            done = (1 << self._random.below(length * 8 + 1)) - 1
        else:
            done = self._random.bits(length * 8)
        return (before & ~done | after & done).to_bytes(length, "little")


class Region:
    """The part `start` … `start + length` of a chip, whole sectors, as a block device for one powered life.

    After a power cut make a new one: what a file system still held in RAM (an open file that the garbage collector
    closes late) must not reach the chip any more, so an old region stays dead.
    """

    def __init__(self, nor, start=0, length=None):
        if length is None:
            length = nor.size - start
        if start % SECTOR_BYTES or length % SECTOR_BYTES or not 0 < length <= nor.size - start:
            raise ValueError("flash region 0x%x + 0x%x does not fit the chip" % (start, length))
        self._nor = nor
        self._life = nor.life
        self._first = start // SECTOR_BYTES
        self._count = length // SECTOR_BYTES

    def readblocks(self, block, buf, offset=0):
        if self._life != self._nor.life:
            return _dead()
        self._nor.readblocks(self._block(block, offset, len(buf)), buf, offset)

    def writeblocks(self, block, buf, offset=None):
        if self._life != self._nor.life:
            return _dead()
        self._nor.writeblocks(self._block(block, offset or 0, len(buf)), buf, offset)

    def ioctl(self, op, arg):
        if self._life != self._nor.life:
            return _dead()
        if op == 4:
            return self._count
        if op == 6:
            arg = self._block(arg, 0, SECTOR_BYTES)
        return self._nor.ioctl(op, arg)

    def _block(self, block, offset, length):
        start = block * SECTOR_BYTES + offset
        if start < 0 or start + length > self._count * SECTOR_BYTES:
            self._nor.faults += 1
            raise OSError(EINVAL, "flash: block %d + %d bytes lies outside the region" % (block, length))
        return self._first + block


def _dead():
    """Refuse access without power: by exception, or by error code in a finaliser, where nothing can be allocated."""
    try:
        bytearray(64)
    except MemoryError:
        return -EIO
    raise PowerCut("the chip has lost its power since this region was made")
