"""What a scale does on its platform's word, beside receipts and key sets, which `agent.orders.downlink` settles itself.

What is needed seldom is loaded when it comes, and let go of afterwards.
"""

import asyncio

from micropython import const

from agent.loaded import CODES, Held, hold, let_go
from agent.orders.downlink import ASK, TIME, UPDATE
from agent.orders.signed_time import SignedTime
from agent.port import clock, slots
from agent.record import software
from agent.wire import cbor, statements

_SOURCE_SIGNED = const(3)
_SOURCE_CONSOLE = const(4)
_KIND = const(0)  # its place in an order
_ASKS = (("agent", "asks"),) + CODES
_UPDATES = (("agent", "update"),)
_PENDING = const(1)  # its place in what is kept of updates


class Acts:
    """The orders to `scale`; `await open_permit(order, message)` takes a permit, and raises PermitRefused."""

    def __init__(self, scale, keystore, random, open_permit):
        self._scale = scale
        self._signed_time = SignedTime(keystore, random)
        self._open_permit = open_permit
        self.update = None  # what goes on of an update
        self._updating = None  # and its task

    async def start(self):
        """Go on with an update where the last start has left it; before anything is stated."""
        if slots.fitted() and (
            self._has_pending() or software.slot() and not slots.running(software.slot()).committed()
        ):
            with Held(_UPDATES):
                from agent.update import trial

                update = await trial.begin(self._scale)
                if update is not None:
                    self._go_on(update)

    async def report(self):
        """Tell how an update has ended that the last start has left; after the boot statement, once."""
        if self.update is None and self._has_pending():
            with Held(_UPDATES):
                from agent.update import trial

                await trial.report(self._scale)

    def _has_pending(self):
        kept = self._scale.ledger.store.read("update")
        return bool(kept and kept[_PENDING])

    def _go_on(self, update):
        if self._updating is not None:
            self._updating.cancel()  # it was replaced
        else:
            hold(_UPDATES)
        self.update = update
        self._updating = asyncio.create_task(self._finish(update))

    async def _finish(self, update):
        await update.run()
        if update.error is None:
            self.update = self._updating = None
            let_go(_UPDATES)

    def question(self):
        """Return the bytes of what is to be asked of the platform now, or None."""
        return self._signed_time.question() or (self.update and self.update.question())

    def piece(self, message):
        """Take a piece of an image, bytes; what is not wanted is passed over, as nobody has signed it."""
        if self.update is not None:
            try:
                _, image, offset, data = cbor.decode(message)
            except (cbor.CborError, ValueError):
                return
            if isinstance(data, bytes):
                self.update.take(image, offset, data)

    def look(self, order):
        """Look at a time, an ask or an update before its signature; MessageRefused for what cannot apply."""
        if order[_KIND] == TIME:
            self._signed_time.look(order)
        elif order[_KIND] == UPDATE:
            with Held(_UPDATES):
                from agent.update import manifest

                manifest.look(order, self._scale.ledger.store)
        else:
            with Held(_ASKS):
                from agent import asks

                asks.look(self._scale, order)

    async def act(self, order, message):
        """Do what a verified order of the platform wants; raises MessageRefused or PermitRefused."""
        kind = order[_KIND]
        if kind == TIME:
            await self._signed_time.act(order, self._take_time)
        elif kind == ASK:
            with Held(_ASKS):
                from agent import asks

                await asks.act(self._scale, order)
        elif kind == UPDATE:
            await self._update(message)
        else:
            await self._open_permit(order, message)

    async def _update(self, message):
        """Begin with an update; the manifest of the one that goes on already changes nothing."""
        with Held(_UPDATES):
            from agent.update import manifest, updating

            if self.update is not None and self.update.error is None:
                if self.update.manifest.image == manifest.read(message).image:
                    return
            update = updating.Updating(self._scale, message, manifest.COMING, self._scale.software[2])
            await update.begin()
            self._go_on(update)

    async def set_clock(self, unix_s):
        """Set the clock by hand; an event tells of it. The platform's time, where it can be had, comes next."""
        await self._set_clock(unix_s, clock.RTC, _SOURCE_CONSOLE)
        self._signed_time.ask_again()

    async def _take_time(self, unix_s):
        await self._set_clock(unix_s, clock.SIGNED_NETWORK, _SOURCE_SIGNED)

    async def _set_clock(self, unix_s, quality, source):
        before_s = clock.stamp()
        clock.set(unix_s, quality)
        await self._scale.events.note(statements.CLOCK_SET, before_s, unix_s, source)
