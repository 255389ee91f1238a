"""What the scale knows of its platform: root key, key set, broker and snapshot period, and how it comes to know them.

The root comes from the factory and stays. The rest comes as the platform's signed answer to the enrolment, through the
service console, and is kept in one value, so that a power cut leaves all of it or nothing.
"""

import asyncio

from micropython import const

from agent.loaded import Held
from agent.orders import keyset
from agent.steps import finish, spread

DEFAULT_PERIOD_S = const(600)

_FILE = "platform"
_SIGNED_TRUST = (("agent.orders", "signed_trust"),)  # takes heap while it is used only


class Trust:
    """`root` is a 65-byte SEC 1 point or None, `keys` a KeySet, `broker` [host, port, tls, password] or None.

    `period_s` is that of snapshots. `on_change` are functions without arguments, called when something new was stored.
    """

    def __init__(self, store, root):
        self.root = root
        self.keys = keyset.KeySet()
        self.broker = None
        self.period_s = DEFAULT_PERIOD_S
        self.on_change = []
        self._store = store
        self._keeping = asyncio.Lock()
        stored = store.read(_FILE)
        if stored is not None:
            message, self.broker, self.period_s = stored
            with Held(_SIGNED_TRUST):
                from agent.orders import signed_trust

                self.keys = signed_trust.key_set(message)

    async def accept(self, answer, kid):
        """Take the platform's `enrol-answer`, signed; AnswerError or KeySetError leave everything as it was.

        It is for the scale `kid`. The root has signed its key set, an authority key of that the whole. A key set with
        the scale's own number must be the same one; a lower number is refused.
        """
        with Held(_SIGNED_TRUST):
            from agent.orders import signed_trust

            keys, broker, period_s = await finish(signed_trust.answer_steps(answer, kid, self.root))
        async with self._keeping:
            held = self.keys
            if keys.number < held.number or (keys.number == held.number and keys.message != held.message):
                raise keyset.KeySetError("its number is %d, the scale has %d" % (keys.number, held.number))
            await self._keep(keys, broker, period_s)

    async def renew_keys(self, message):
        """Take a key set whose signature by the root was verified; KeySetError unless it is newer than the scale's."""
        with Held(_SIGNED_TRUST):
            from agent.orders import signed_trust

            keys = signed_trust.key_set(message)
        async with self._keeping:
            if keys.number <= self.keys.number:
                raise keyset.KeySetError("its number is %d, the scale has %d" % (keys.number, self.keys.number))
            await self._keep(keys, self.broker, self.period_s)

    async def use_period(self, period_s):
        """Take another period of snapshots, seconds."""
        async with self._keeping:
            await self._keep(self.keys, self.broker, period_s)

    async def _keep(self, keys, broker, period_s):
        await spread(self._store.write_steps(_FILE, [keys.message, broker, period_s]))
        self.keys, self.broker, self.period_s = keys, broker, period_s
        for call in self.on_change:
            call()
