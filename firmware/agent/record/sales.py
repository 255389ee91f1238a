"""Sales on record: numbers that never repeat, and how each is stated: by itself, in a batch, or in sums alone.

A record that waits for a batch lies in a ring of its own, a program operation each, so that it is durable at once. The
fuller the journal, the less is stated of a sale; an event says so. Selling never ends for want of room: what cannot be
stated yet is summed up in a file, and the next batch tells the sums.
"""

import asyncio
import hashlib

from micropython import const

from agent.errors import CaseError, NotStated
from agent.record.chain import NotEnrolled
from agent.record.journal import Journal, JournalFull
from agent.steps import spread
from agent.wire import cbor, statements

_FILE = "use/sales"
_BLOCK = const(256)
_MOST_IN_BATCH = const(64)
_SALT_BYTES = const(16)
_HASH_BYTES = const(16)
_BATCH_S = const(600)
_SUMS_S = const(3600)
_WATCH_MS = const(1000)
_LOOK_BACK = const(64)

# How sales are stated; the first four are the values of the type's parameter.
NO_PRICES = const(0)
NOT_STATED = const(1)
EACH = const(2)
BATCH = const(3)
SUMS = const(4)

# Shares of the journal, in thousandths, below which sales are stated in batches, and in sums alone.
_BATCH_PERMILLE = const(250)
_SUMS_PERMILLE = const(100)

# Places in a record, and in a batch's body.
_NET = const(2)
_PRICE = const(6)
_CANCELS = const(8)
_LAST = const(1)
_SOLD = const(2)
_CANCELLED = const(5)
_EMPTY = (0, 0, 0, 0, 0, 0, 0, 0)


class Sales:
    """Makes records on `chain`. `device` is the ring's block device, `store` remembers numbers and sums, `clock` has
    `stamp()` and `uptime_s()`, `random(n)` gives the salts; `events` tells of a change in how sales are stated.

    `number` is that of the newest record, or of none where some were skipped.
    """

    def __init__(self, store, chain, events, clock, device, program_bytes, random):
        self._store = store
        self._chain = chain
        self._events = events
        self._clock = clock
        self._random = random
        self._ring = Journal(device, program_bytes)
        self._ring.mount()
        self._reserve, self._stated, self._sums = store.read(_FILE) or [0, 0, list(_EMPTY)]
        head = chain.head_payload()
        if head and head[statements.KIND] == statements.SALE_BATCH and head[statements.BODY][_LAST] > self._stated:
            self._stated, self._sums = head[statements.BODY][_LAST], list(_EMPTY)  # the power failed right after it
        self.number = max(self._reserve, self._ring.head)
        self._ring.trim(self._stated)
        self._waiting = len([1 for _ in self._ring.iterate(self._stated + 1)])
        self._since_s = clock.uptime_s()
        self._form = 0
        self._files = asyncio.Lock()

    def form(self, wanted):
        """How a sale is stated now, of a type that wants it stated so."""
        if wanted <= NOT_STATED:
            return NOT_STATED
        free_permille = self._chain.journal.free_permille()
        if free_permille < _SUMS_PERMILLE:
            return SUMS
        return BATCH if wanted == BATCH or free_permille < _BATCH_PERMILLE else EACH

    async def record(self, wanted, figures, cancels=None):
        """Put a sale, or the cancellation of the sale `cancels`, on record; return what it is once that is durable: its
        sale-body, and the salt that a batch hashes it with, None for a statement of its own.

        `figures` are [net, tare, kind of tare, unit price, price, item]; `wanted` is the type's parameter. Raises
        NotEnrolled, or CaseError where the parameters changed meanwhile: then there is no sale.
        """
        salt = None
        digest = self._chain.parameters.digest
        number = self.number = self.number + 1
        if number > self._reserve:
            async with self._files:
                await spread(self._save(number + _BLOCK - 1, self._stated, self._sums))
        body = statements.sale(number, self._clock.stamp(), figures, cancels)
        form = self.form(wanted)
        if form == EACH:
            await self._chain.append(statements.SALE, lambda: self._checked(body, digest))
        elif form != NOT_STATED:
            if not self._chain.enrolled:
                raise NotEnrolled
            salt = self._random(_SALT_BYTES)
            await self._keep(number, salt + cbor.encode(self._checked(body, digest)))
        return body, salt

    async def newest(self):
        """What `record` returned for the newest sale of all, from flash; None where that cannot be told any more.

        Stated ones are looked for among the newest 64 statements. Those for batches lie in their ring until 200 more
        are sold. Sales before a change of parameters are none of them: money was something else then.
        """
        chain, found, changed = self._chain, None, False
        number = chain.journal.following(max(0, chain.head - _LOOK_BACK))
        while number:
            payload = chain.decode(chain.journal.read(number))
            if payload[statements.DIGEST] != chain.parameters.digest:
                found, changed = None, True
            elif payload[statements.KIND] == statements.SALE:
                found = payload[statements.BODY], None
            number = chain.journal.following(number)
            await asyncio.sleep_ms(0)
        newest = self._ring.head
        if newest and not changed and (found is None or newest > found[0][0]):
            record = self._ring.read(newest)
            found = cbor.decode(record[_SALT_BYTES:]), record[:_SALT_BYTES]
        return found

    def _checked(self, body, digest):
        if self._chain.parameters.digest != digest:
            raise CaseError("parameters-changed", "PARAMETERS CHANGED")
        return body

    async def _keep(self, number, record):
        try:
            self._ring.append(number, record)
        except JournalFull:  # the journal has had no room for a long time
            await self._fold()
            self._ring.append(number, record)
        if not self._waiting:
            self._since_s = self._clock.uptime_s()
        self._waiting += 1

    # Batches

    async def run(self, wanted, is_idle):
        """State batches as they become due, for ever; `wanted()` is the type's parameter, `is_idle()` whether a moment
        is right for erasing ahead."""
        while True:
            await asyncio.sleep_ms(_WATCH_MS)
            if is_idle():
                self._ring.prepare()
            await self._events.note_faults(1, self._ring)
            form = self.form(wanted())
            if form != self._form and form > NOT_STATED:
                before, self._form = self._form, form
                if form != wanted() or before:
                    await self._events.state(statements.SALES_STATED, form)
            if self._is_due(form):
                await self.state_waiting(form)

    def _is_due(self, form):
        if not self._waiting and not self._sums[0] or not self._chain.enrolled:
            return False
        age_s = self._clock.uptime_s() - self._since_s
        if form == SUMS:
            return age_s >= _SUMS_S
        return self._waiting >= _MOST_IN_BATCH or age_s >= _BATCH_S

    async def state_waiting(self, form):
        """State what waits: up to 64 records by their hashes, or in sums alone."""
        if form == SUMS:
            await self._fold()
        async with self._files:
            sums = list(self._sums)
            hashes: list = []
            if not sums[0]:
                last = await self._gather(sums, hashes)
            else:
                last = sums[1]
            body = statements.sale_batch(sums, hashes)

            def settle(*_):
                return self._save(self._reserve, last, list(_EMPTY))

            try:
                await self._chain.append(statements.SALE_BATCH, body, settle)
            except NotStated:
                pass  # it stays due
            else:
                self._forget(len(hashes))

    async def _fold(self):
        """Sum up what waits in the ring in the file, so that the ring has room again."""
        async with self._files:
            while self._waiting:
                sums = list(self._sums)
                hashes: list = []
                last = await self._gather(sums, hashes)
                await spread(self._save(self._reserve, last, sums))
                self._forget(len(hashes))

    async def _gather(self, sums, hashes):
        """Add up to 64 records that wait to `sums` and `hashes`; return the number of the last."""
        last = self._stated
        for _ in range(_MOST_IN_BATCH):
            number = self._ring.following(last)
            if not number:
                break
            last = number
            record = self._ring.read(number)
            body = cbor.decode(record[_SALT_BYTES:])
            hashes.append(hashlib.sha256(record).digest()[:_HASH_BYTES])
            place = _SOLD if body[_CANCELS] is None else _CANCELLED
            sums[0] = sums[0] or number
            sums[1] = number
            sums[place] += 1
            sums[place + 1] += body[_NET]
            sums[place + 2] += body[_PRICE]
            await asyncio.sleep_ms(0)
        return last

    def _save(self, reserve, stated, sums):
        yield from self._store.write_steps(_FILE, [reserve, stated, sums])
        self._reserve, self._stated, self._sums = reserve, stated, sums

    def _forget(self, count):
        self._ring.trim(self._stated)
        self._waiting -= count
        self._since_s = self._clock.uptime_s()
