"""The chain of signed statements of one key: numbers that never repeat, links, signatures, and what a receipt lets go.

Nothing is released before it is synced in the journal. Outside the journal the store keeps a reserve of numbers, so
that even a scale that lost its journal never gives a number out twice.
"""

import asyncio
import hashlib

from micropython import const

from agent.errors import AgentError, Damaged, NotStated
from agent.record.journal import JournalFull, NotInJournal
from agent.steps import collect, finish, spread
from agent.wire import cbor, cose, statements

_NUMBERS_FILE = "use/numbers"
_ENROLMENT_FILE = "enrolment"
_RESERVE_BLOCK = const(1024)
_MAX_NUMBER = const(0xFFFFFFFF)
_MAX_SKIP = const(0x1000000)
_NO_LINK = bytes(16)

# Shares of the journal, in thousandths, that must be free for a snapshot: every one, one in four, none (wire.md).
_THIN_PERMILLE = const(250)
_RESERVE_PERMILLE = const(100)
_THINNED_TO_ONE_IN = const(4)
# An adjustment wants this much free for its session's statements.
_ADJUSTMENT_BYTES = const(8192)
_FIRST_LEFT_OUT_REPORT = const(64)
# Ranges of lost statements that are remembered as stated, so that no start states them again.
_KEPT_LOSSES = const(8)
# Before these events numbers were skipped.
_SKIPPING = (statements.JOURNAL_LOST, statements.ROLLED_BACK)

# Places in an event's body, and in a decoded message.
_EVENT_KIND = const(0)
_PAYLOAD = const(3)

# What `Chain.receipt` did.
TAKEN = const(1)
KNOWN = const(2)
FOREIGN = const(3)
MISSING = const(4)
AHEAD = const(5)

_FLAG_LOCKED = const(1 << 4)
_FLAG_SESSION_OPEN = const(1 << 6)
_FLAG_RESERVE = const(1 << 9)


class NotEnrolled(AgentError):
    """There is no key or no statement 1 yet."""

    code = "not-enrolled"
    message = "the scale has no identity yet: enrol it first"


class Chain:
    """Makes statements and keeps them until they are receipted.

    `clock` has `uptime_s()`, `stamp()` and `quality()`; `instrument.flags()` gives the instrument's bits of the flags:
    stable, case open, switch on, ADC fault, supply low. `parameters` (an object with `digest`, `calibration_counter`,
    `configuration_counter`, `session_open`, `locked`) puts itself here, as it is read with the chain's help.
    `head` is the number of the newest released statement; up to `receipted` the platform holds them. `news` is an
    asyncio.Event that is set whenever a statement is released or a receipt taken.
    """

    def __init__(self, journal, store, keystore, clock, boot_number, instrument):
        self.journal = journal
        self.parameters = None
        self.news = asyncio.Event()
        self.enrolment = store.read(_ENROLMENT_FILE)
        self.lost_after = None  # last head known outside a journal that was lost, until a statement has said so
        self.left_out = 0  # snapshots left out since the last event that stated how many
        self._left_out_report = _FIRST_LEFT_OUT_REPORT
        self._thinned = 0
        self._store = store
        self._keystore = keystore
        self._clock = clock
        self._boot_number = boot_number
        self._instrument = instrument
        self._lock = asyncio.Lock()
        self._broken = False
        self._reserve, self.head, self.receipted, self._lost = store.read(_NUMBERS_FILE) or [0, 0, 0, []]
        self._next = 1
        self._link = _NO_LINK
        if keystore.kid is not None:
            self._continue()

    def _continue(self):
        """Go on after the journal's head, or at the reserve where the journal was lost (wire.md)."""
        self.journal.trim(self.receipted)
        head = self.journal.head
        if head < self.head or self.enrolment is not None and not head:
            self.lost_after = self.head
            self._next = self._reserve + 1
        elif head:
            if self.enrolment is None:
                for _ in self._keep_enrolment(head, self.journal.read(head)):
                    pass
            self.head = head
            self._next = head + 1
            self._link = _hash(self.journal.read(head))[:16]

    def _keep_enrolment(self, _, statement):
        yield from self._store.write_steps(_ENROLMENT_FILE, statement)
        self.enrolment = statement

    @property
    def enrolled(self):
        """Whether statement 1 exists, so that others can follow."""
        return self.enrolment is not None

    @property
    def reserve_in_use(self):
        """Whether the journal is so full that what is left is kept for boots, parameters and events."""
        return self.journal.free_permille() < _RESERVE_PERMILLE

    @property
    def room_for_adjustment(self):
        """Whether the journal can still take the statements of an adjustment session."""
        return self.journal.free_permille() * self.journal.capacity >= _ADJUSTMENT_BYTES * 1000

    # Making statements

    async def enrol(self, make_body):
        """Return the bytes of statement 1: made once with `make_body()`, afterwards always the same.

        Raises Damaged where the journal is not this key's.
        """
        async with self._lock:
            if self.enrolment is None:
                if self.journal.head:
                    raise Damaged(
                        "foreign-journal",
                        "the journal holds statements of another key: erase the whole flash, then enrol this board",
                    )
                await self._make(statements.ENROL, make_body, self._keep_enrolment)
        return self.enrolment

    async def append(self, kind, body, settle=None):
        """Make a statement, sync it, release it; return (number, bytes).

        `body` is the body's array, or a function that returns it and is called when the statement's turn has come, so
        that body and header show one moment. The steps that `settle(number, bytes)` makes are done after the sync and
        before the release.
        A snapshot for which the journal has no room is left out and counted: then None is returned. Raises NotEnrolled,
        JournalFull, or Damaged after a fault of the flash.
        """
        async with self._lock:
            if self.enrolment is None:
                raise NotEnrolled
            if self.lost_after is not None:
                await self._state_loss()
            if kind == statements.SNAPSHOT and not await self._admit_snapshot():
                return None
            return await self._make(kind, body if callable(body) else lambda: body, settle)

    async def _make(self, kind, make_body, settle=None):
        number = self._next
        if self._broken:
            # Whether that statement counts is found out at the next start.
            raise Damaged(
                "chain-broken", "the flash failed while statement %d was written: switch the scale off and on" % number
            )
        if number > self._reserve:
            await spread(self._save(number + _RESERVE_BLOCK - 1, self.receipted))
        payload = cbor.encode(self._header(kind, number, self.parameters) + (make_body(),))
        statement = await finish(cose.statement_steps(self._keystore.kid, payload, self._keystore.sign_steps))
        self._broken = True  # until the flash has taken all of it
        try:
            self.journal.append(number, statement)
        except JournalFull:
            self._broken = False
            raise
        if settle is not None:
            await spread(settle(number, statement))
        self._broken = False
        self.head = number
        self._next = number + 1
        self._link = _hash(statement)[:16]
        self.news.set()
        return number, statement

    def flags(self, parameters):
        """Return the flags of a statement that was made now."""
        flags = self._instrument.flags() | self._clock.quality()
        if parameters.locked:
            flags |= _FLAG_LOCKED
        if parameters.session_open:
            flags |= _FLAG_SESSION_OPEN
        if self.reserve_in_use:
            flags |= _FLAG_RESERVE
        return flags

    def _header(self, kind, number, parameters):
        return (
            kind,
            number,
            self._link,
            self._clock.stamp(),
            self._clock.uptime_s(),
            self.flags(parameters),
            self._boot_number,
            parameters.digest,
            parameters.calibration_counter,
            parameters.configuration_counter,
        )

    async def _event(self, kind, *facts, settle=None):
        return await self._make(statements.EVENT, lambda: statements.event(kind, *facts), settle)

    # A full journal

    async def _admit_snapshot(self):
        """Return whether a snapshot is made; otherwise count it. Tell how many were left out once there is room again,
        and before that each time their number has doubled."""
        free_permille = self.journal.free_permille()
        if free_permille >= _THIN_PERMILLE:
            self._left_out_report = _FIRST_LEFT_OUT_REPORT
            self._thinned = 0
            if self.left_out:
                await self._state_left_out()
            return True
        if free_permille >= _RESERVE_PERMILLE:
            self._thinned += 1
            if self._thinned % _THINNED_TO_ONE_IN == 1:
                return True
        self.left_out += 1
        if self.left_out >= self._left_out_report:
            self._left_out_report *= 2
            await self._state_left_out()
        return False

    async def _state_left_out(self):
        await self._event(statements.SNAPSHOTS_LEFT_OUT, self.left_out)
        self.left_out = 0

    # Losses

    async def state_loss(self):
        """Tell of a lost journal, if it was lost, by the first statement after the start."""
        async with self._lock:
            if self.lost_after is not None and self.enrolment is not None:
                await self._state_loss()

    async def _state_loss(self):
        await self._event(statements.JOURNAL_LOST, self.lost_after)
        self.lost_after = None

    def head_payload(self):
        """Return the decoded payload of the journal's last statement, None if there is none or it was lost."""
        if not self.journal.head or self.lost_after is not None or self._keystore.kid is None:
            return None
        return self.decode(self.journal.read(self.journal.head))

    def decode(self, statement):
        """Return the decoded payload of one of the scale's own statements: an array, see `agent.wire.statements`."""
        return cbor.decode(cose.decode_sign1(statement)[_PAYLOAD])

    # What the uplink sends and what receipts do

    async def following(self, number):
        """Return (number, bytes) of the first released statement after `number`, None if there is none.

        Statements that the journal should hold and cannot read are passed over, and an event tells which.
        """
        found = self.journal.following(number)
        if not found or found > self.head:
            return None
        statement = self.journal.read(found)
        if found > number + 1:
            await self._state_hole(number + 1, found - 1, statement)
        return found, statement

    async def _state_hole(self, first, last, next_statement):
        async with self._lock:
            following = self.decode(next_statement)
            if following[statements.KIND] == statements.EVENT and following[statements.BODY][_EVENT_KIND] in _SKIPPING:
                return  # these numbers were skipped, not lost, and the statement after them says so
            if [first, last] in self._lost:
                return

            def settle(*_):
                self._lost = self._lost[1 - _KEPT_LOSSES :] + [[first, last]]
                return self._save(self._reserve, self.receipted)

            await self._event(statements.STATEMENTS_LOST, first, last, settle=settle)

    async def receipt(self, number, statement_hash):
        """Act on a verified receipt: let go of the statements up to `number`, whose 32-byte hash must be that of the
        statement in the journal.

        Return TAKEN; KNOWN for one that says nothing new; FOREIGN if the hash is of other bytes, which trims nothing;
        MISSING if the statement cannot be read; AHEAD for one beyond the own head: then the scale was rolled back,
        says so, and goes on after it.
        """
        if number <= self.receipted:
            return KNOWN
        if number > self.head and self.lost_after is None:
            return await self._skip_past(number, statement_hash)
        try:
            statement = self.journal.read(number)
        except NotInJournal:
            return MISSING
        if _hash(statement) != statement_hash:
            return FOREIGN
        if self.journal.frees(number):
            async with self._lock:
                await collect()
                await spread(self._save(self._reserve, number))
        self.journal.trim(number)
        self.receipted = number
        self.news.set()
        return TAKEN

    async def _skip_past(self, number, statement_hash):
        async with self._lock:
            if number <= self.head:  # statements were made while this waited
                return MISSING
            if number > min(self.head + _MAX_SKIP, _MAX_NUMBER - _RESERVE_BLOCK):
                return FOREIGN
            before = self._next, self._link
            self._next, self._link = number + 1, statement_hash[:16]
            try:
                await self._event(statements.ROLLED_BACK, number)
            except NotStated:
                self._next, self._link = before
                raise
        return AHEAD

    def _save(self, reserve, receipted):
        yield from self._store.write_steps(_NUMBERS_FILE, [reserve, self.head, receipted, self._lost])
        self._reserve = reserve


def _hash(statement):
    return hashlib.sha256(statement).digest()
