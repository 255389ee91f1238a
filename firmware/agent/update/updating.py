"""An image on its way into the spare slot, piece by piece, and the restart once nobody uses the scale.

What is in the slot already is found by the manifest's hash of each sector, so nothing is kept of how far it came: after
any power cut it goes on where it was. Sectors are erased while the pan is empty, as that stops the weighing.
"""

import asyncio

from micropython import const

from agent.loaded import UPDATES, hold, let_go
from agent.port import clock, slots, system
from agent.record import software
from agent.steps import finish, spread
from agent.update import manifest
from agent.wire import cbor, statements

GIVEN_UP = const(1)
REPLACED = const(4)

_AGAIN_S = const(600)
_MOST_TRIES = const(8)  # of one sector: pieces are not signed, and erasing wears the flash
_ASK_AGAIN_MS = const(15000)
_IDLE_LOOK_MS = const(200)
_QUIET_S = const(60)
_IMAGE_NAME_BYTES = const(16)
_UPDATE = const(6)


def go_on(acts, update):
    """Have an Updating or a Trial go on; it takes the place of one that went on before."""
    if acts.update is None:
        hold(UPDATES)
    elif acts.update.task is not None:
        acts.update.task.cancel()
    acts.update = update
    update.task = asyncio.create_task(_run(acts, update))


async def _run(acts, update):
    await update.run()
    acts.update_after_s = clock.uptime_s() + _AGAIN_S
    update.task = None
    if update.error is None:
        acts.update = None
        let_go(UPDATES)


class Updating:
    """The update of `scale` by the signed manifest `message`; `stage` as in `manifest.FILE`.

    `wanted` is the offset of the piece that is wanted now, None while none is; `error` says why it ended without one.
    """

    def __init__(self, scale, message, stage, before):
        self.manifest = manifest.read(message)
        self.stage = stage
        self.wanted = None
        self.error = None
        self._hurry = False  # somebody wants the restart as soon as the pan is empty
        self.task = None
        self._scale = scale
        self._message = message
        self._before = before
        self._slot = slots.spare(software.slot())
        self._until = 0
        self._complete = asyncio.Event()
        self._asked = None
        self._asked_ms = clock.ticks_ms()

    def restart_soon(self):
        """Restart as soon as the pan is empty, once all is there."""
        self._hurry = True

    # Pieces

    def question(self):
        """Return the bytes of a question for the piece that is wanted, None while none is due."""
        now_ms = clock.ticks_ms()
        if self.wanted is None:
            return None
        if self._asked == self.wanted and clock.ticks_diff(now_ms, self._asked_ms) < _ASK_AGAIN_MS:
            return None
        self._asked, self._asked_ms = self.wanted, now_ms
        name = self.manifest.image[:_IMAGE_NAME_BYTES]
        return cbor.encode((_UPDATE, self._scale.keystore.kid, name, self.wanted))

    def take(self, image, offset, data):
        """Take a piece of the image with this name; False for one that is not wanted."""
        if image != self.manifest.image[:_IMAGE_NAME_BYTES] or self.wanted is None or offset != self.wanted:
            return False
        end = offset + len(data)
        if not data or end > self._until or (len(data) % slots.PAGE_BYTES and end != self._until):
            return False
        slots.program(self._slot, offset, data)
        if end == self._until:
            self.wanted = None
            self._complete.set()
        else:
            self.wanted = end
        self._scale.chain.news.set()
        return True

    def take_message(self, message):
        """Take a piece as it comes by the network; what is malformed or not wanted is passed over."""
        try:
            _, image, offset, data = cbor.decode(message)
        except (cbor.CborError, ValueError):
            return
        if isinstance(data, bytes):
            self.take(image, offset, data)

    # The way

    async def run(self):
        """Fill the slot, then restart; returns where that is given up, with `error`."""
        try:
            if self.stage == manifest.COMING and await self._fill():
                await self._keep(manifest.INSTALLED)
            if self.stage == manifest.INSTALLED:
                await self._await_quiet()
                system.reset()
            await self.give_up(GIVEN_UP)
            self.error = "what came is not what the manifest says: give it again after ten minutes"
        except (OSError, MemoryError) as error:  # of the flash: the next start tries again, or who gives it anew
            self.error = "the slot cannot be written: %s" % error

    async def begin(self):
        """Keep the manifest, and tell that an update has begun; or that another one was replaced."""
        before = manifest.kept(self._scale.ledger.store)[1]
        if before is not None:
            await self._tell(statements.UPDATE_FAILED, manifest.read(before[0]).number, REPLACED)
        await self._keep(manifest.COMING)
        await self._tell(statements.UPDATE_BEGUN, self.manifest.number, self.manifest.image)

    async def give_up(self, why):
        """Forget the update, and tell why."""
        store = self._scale.ledger.store
        await spread(store.write_steps(manifest.FILE, [manifest.kept(store)[0], None]))
        await self._tell(statements.UPDATE_FAILED, self.manifest.number, why)

    async def _tell(self, kind, *facts):
        await self._scale.events.state(kind, *facts)

    async def _keep(self, stage):
        store = self._scale.ledger.store
        pending = [self._message, stage, self._before]
        await spread(store.write_steps(manifest.FILE, [manifest.kept(store)[0], pending]))
        self.stage = stage

    async def _fill(self):
        """Have the whole image in the slot, and say there what it is; False where it does not become that."""
        made, slot = self.manifest, self._slot
        if slot.image == made.image and slot.number == made.number:
            return True
        if slot.number is not None:
            await self._await_idle()
            slots.forget(slot)
        for sector in range((made.length + slots.SECTOR_BYTES - 1) // slots.SECTOR_BYTES):
            if not await self._fill_sector(sector):
                return False
        if await finish(slots.hash_steps(slot, 0, made.length)) != made.image:
            return False
        await self._await_idle()
        slots.forget(slot)
        slot.describe(made.number, made.length, made.image)
        return True

    async def _fill_sector(self, sector):
        start = sector * slots.SECTOR_BYTES
        end = min(start + slots.SECTOR_BYTES, self.manifest.length)
        right = self.manifest.sector_hash(sector)
        for _ in range(_MOST_TRIES):
            if (await finish(slots.hash_steps(self._slot, start, end)))[: len(right)] == right:
                return True
            await self._await_idle()
            slots.erase(self._slot, sector)
            self._complete.clear()
            self._asked, self._until, self.wanted = None, end, start
            self._scale.chain.news.set()
            await self._complete.wait()
        return False

    async def _await_idle(self):
        while not self._scale.is_idle():
            await asyncio.sleep_ms(_IDLE_LOOK_MS)

    async def _await_quiet(self):
        """Wait until nobody has used the scale for a minute; a hurry ends with an empty pan."""
        quiet_s = 0
        while quiet_s < _QUIET_S and not (self._hurry and quiet_s):
            await asyncio.sleep_ms(1000)
            quiet_s = 0 if self._scale.in_use() else quiet_s + 1
