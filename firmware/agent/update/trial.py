"""What a start finds of an update: software on trial, which stays if it works and is heard, or one that did not.

Software on trial shows that it is what its manifest says, that it weighs, and that it signs. The platform's first
receipt for a statement of this start commits it. Three starts without, or a day, and the software before runs again.
"""

import asyncio

from micropython import const

from agent.port import clock, slots, system
from agent.record import software
from agent.steps import finish, spread
from agent.update import manifest
from agent.update.updating import Updating, go_on
from agent.wire import p256, statements

DAMAGED = const(1)
DOES_NOT_WORK = const(2)
NOT_HEARD = const(3)

_TRIAL_S = const(86400)
_WEIGHT_S = const(20)
_LOOK_MS = const(1000)
_PROBE_BYTES = const(32)


async def start(acts, scale):
    """Go on with what an update has left, before this start is stated. May restart the board."""
    update = await begin(scale)
    if update is not None:
        go_on(acts, update)


async def begin(scale):
    """Look at what an update has left; return what goes on, an Updating or a Trial, or None. May restart the board."""
    _, pending = manifest.kept(scale.ledger.store)
    running = slots.running(software.slot())
    made = manifest.read(pending[0]) if pending else None
    is_running = made is not None and running is not None and running.image == made.image
    if running is not None and not running.committed():
        # Its hash is what people have approved: before any statement says another one.
        if made is None or not is_running or made.software != scale.software[2]:
            _fail(running)
            return None
        return Trial(scale, running, made, pending[2])
    if made is not None and not is_running and pending[1] == manifest.COMING:
        return Updating(scale, *pending)
    return None


async def report(acts, scale):
    """Tell how an update has ended that the last start has left; after the boot statement."""
    _, pending = manifest.kept(scale.ledger.store)
    if pending is None or acts.update is not None:
        return
    made = manifest.read(pending[0])
    slot = slots.holding(made.image)
    if slot is not None and slot.name == software.slot():
        if slot.committed():  # a power cut came before it was told
            await settle(scale, made, pending[2])
    elif pending[1] == manifest.INSTALLED:
        why = DAMAGED if slot is None else DOES_NOT_WORK if slots.failed(slot) else NOT_HEARD
        await Updating(scale, *pending).give_up(why)


async def settle(scale, made, before):
    """Keep that this software is committed, and tell what it was before and what it is."""
    await scale.events.state(statements.SOFTWARE_UPDATE, before, made.software)
    await spread(scale.ledger.store.write_steps(manifest.FILE, [made.number, None]))


def _fail(slot):
    slots.fail(slot)
    system.reset()


class Trial:
    """The software in the slot `running` shows that it works; `before` is the hash of the one before."""

    wanted = error = task = None
    stage = manifest.INSTALLED

    def __init__(self, scale, running, made, before):
        self.manifest = made
        self._scale = scale
        self._running = running
        self._before = before

    def question(self):
        """Nothing is asked for."""

    def take(self, image, offset, data):
        """No piece is wanted."""
        return False

    def take_message(self, message):
        """Nor by the network."""

    async def run(self):
        """Commit, or restart with the software before."""
        if not await self._works():
            _fail(self._running)
        chain, ledger = self._scale.chain, self._scale.ledger
        while chain.receipted <= ledger.head_before:
            if clock.uptime_s() > _TRIAL_S:
                _fail(self._running)
            await asyncio.sleep_ms(_LOOK_MS)
        slots.commit(self._running)
        await settle(self._scale, self.manifest, self._before)

    async def _works(self):
        """Whether the scale weighs, and its key signs what its own arithmetic verifies."""
        scale = self._scale
        while not scale.weighing.fresh():
            if clock.uptime_s() > _WEIGHT_S:
                return False
            await asyncio.sleep_ms(_LOOK_MS)
        probe = system.random(_PROBE_BYTES)
        signature = await finish(scale.keystore.sign_steps(probe))
        return await finish(p256.verify_steps(scale.keystore.public_key, probe, signature))
