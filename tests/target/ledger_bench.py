"""A board for the checks of what a scale remembers: one chip with files and journal, a clock, and a quick key.

The quick key signs by hashing, where a test is not about signatures; no signature repeats, as with a fresh nonce, so
that a statement made twice shows.
"""

import asyncio
import hashlib
import os

import vfs
from agent.ledger import Ledger
from agent.orders import enrolment
from agent.record.keystore import SoftKeyStore
from agent.wire import cbor, statements
from hal_flash import Nor, Region
from parameter_map import MAP

SECTOR = 4096
ROOT_KEY = b"\x04" + bytes(64)


SNAPSHOT = {
    "filtered_counts": 123456,
    "zero_counts": 1000,
    "gross": 200,
    "tare": 0,
    "temperature_cdeg": 2150,
    "supply_mv": 4980,
    "noise_counts": 41,
    "zero_drift_counts": 3,
    "zero_minimum_counts": -2,
    "zero_maximum_counts": 5,
    "zero_mean_counts": 1,
    "weighings": 7,
    "journal_free_percent": 97,
}


class Clock:
    """A clock at a test's command; it starts at 0 with every life of the board."""

    def __init__(self, quality=0):
        self.now_s = 0
        self.unix_s = 1800000000
        self._quality = quality

    def uptime_s(self):
        return self.now_s

    def stamp(self):
        return self.unix_s if self._quality else 0

    def quality(self):
        return self._quality


class Instrument:
    """What measures, at a test's command; the adjustment switch is on."""

    bits = 0
    switch = True

    def flags(self):
        return self.bits

    def switch_on(self):
        return self.switch

    def use_parameters(self):
        pass


class QuickKeyStore(SoftKeyStore):
    """Keys and signatures without arithmetic."""

    made = 0

    async def make(self):
        if self.kid is None:
            keys = [os.urandom(32) for _ in range(2)]
            keys += [b"\x04" + os.urandom(64) for _ in range(2)]
            self._store.write("keys", keys)
            self._take(keys)

    def sign_steps(self, message):
        QuickKeyStore.made += 1
        half = hashlib.sha256(message + QuickKeyStore.made.to_bytes(4, "big")).digest()
        yield
        return half + bytes(16) + half[16:]


class Board:
    """`chip` with `file_sectors` of littlefs and after them `journal_sectors` of ring."""

    def __init__(self, file_sectors=24, journal_sectors=8, chip=None, make_keystore=QuickKeyStore):
        self.file_bytes = file_sectors * SECTOR
        self.chip = chip or Nor(self.file_bytes + journal_sectors * SECTOR)
        self.make_keystore = make_keystore
        self.clock = Clock()

    def files(self):
        return Region(self.chip, 0, self.file_bytes)

    def ring(self):
        return Region(self.chip, self.file_bytes, self.chip.size - self.file_bytes)

    def flash(self, parameters=None):
        """Do what the factory does: a file system with the factory's file."""
        vfs.VfsLfs2.mkfs(self.files(), progsize=256)
        self.mount()
        with open("/fs/factory.cbor", "wb") as file:
            file.write(cbor.encode({1: ROOT_KEY, 2: parameters or MAP}))
        unmount()
        return self

    def mount(self):
        unmount()
        vfs.mount(vfs.VfsLfs2(self.files(), progsize=256, mtime=False), "/fs")

    def start(self):
        """Begin a life: mount, and open the ledger as the scale does."""
        self.mount()
        self.clock = Clock()
        self.instrument = Instrument()
        return Ledger(self.ring(), "/fs", self.clock, os.urandom, self.instrument, 256, self.make_keystore)

    def life(self, story):
        """Run the coroutine function `story(ledger)` in a new life of the board; return what it returns."""
        asyncio.new_event_loop()
        return asyncio.run(story(self.start()))


def unmount():
    try:
        vfs.umount("/fs")
    except OSError:
        pass  # nothing was mounted


def circumstances():
    return {
        "software": ("steelyard", "0.1.0", bytes(32)),
        "hardware": "bench",
        "adc": "hx711",
        "reset_cause": 1,
        "debug_open": False,
        "key_set_number": 0,
        "root": None,
        "period_s": 600,
    }


async def enrol(ledger):
    return await enrolment.enrol(ledger.keystore, ledger.chain, "Maker", "Model", "SN-1", "PC-1")


async def begin_enrolled(ledger):
    """Enrol, and state the start."""
    await enrol(ledger)
    await ledger.state_start(circumstances)


def snapshot_body():
    return statements.snapshot(**SNAPSHOT)


async def snapshot(ledger):
    return await ledger.chain.append(statements.SNAPSHOT, snapshot_body)


async def event(ledger):
    return await ledger.chain.append(statements.EVENT, statements.event(statements.CASE_OPENED, 0))


def sha256(data):
    return hashlib.sha256(data).digest()


async def receipt(ledger, number):
    return await ledger.chain.receipt(number, sha256(ledger.journal.read(number)))


def payloads(ledger, first=1):
    """Decode what the journal holds from number `first` on."""
    return [ledger.chain.decode(statement) for _, statement in ledger.journal.iterate(first)]


def linked(ledger):
    """Return whether each statement in the journal links to the one before it."""
    before = None
    for number, statement in ledger.journal.iterate(1):
        if before is not None and before[0] == number - 1:
            if ledger.chain.decode(statement)[2] != sha256(before[1])[:16]:
                return False
        before = number, statement
    return True


def raises(kind, call, *args):
    try:
        call(*args)
    except kind as error:
        return error
    raise AssertionError("%s was not raised" % kind.__name__)


async def refused(coroutine):
    """Return the code of the AdjustmentRefused that a coroutine raises."""
    try:
        await coroutine
    except Exception as error:
        return error.code
    raise AssertionError("it was not refused")
