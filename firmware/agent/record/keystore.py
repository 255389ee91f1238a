"""The scale's private keys. They are made on the scale, never leave this module, and nothing can read them out of it.

On a board with a secure element `element.ElementKeyStore` takes the place of `SoftKeyStore`.
"""

from micropython import const

from agent.steps import finish, spread
from agent.wire import identity, p256

SOFTWARE = const(0)

_FILE = "keys"


class SoftKeyStore:
    """Two P-256 keys in the store's files: one signs statements, one agrees on unlock codes.

    `random(n)` gives n random bytes. `public_key` and `agreement_public_key` are 65-byte SEC 1 points, `kid` the
    10-byte identity; all are None until `make`.
    """

    store_class = SOFTWARE
    trouble = None  # why nothing can be signed just now, text

    def __init__(self, store, random):
        self._store = store
        self._random = random
        self.public_key = self.agreement_public_key = self.kid = None
        keys = store.read(_FILE)
        if keys is not None:
            self._take(keys)

    def _take(self, keys):
        self._signing_key, self._agreement_key, self.public_key, self.agreement_public_key = keys
        self.kid = identity.kid(self.public_key)

    async def make(self):
        """Make both keys once and for all; when this returns they are synced. Does nothing if they exist."""
        if self.kid is not None:
            return
        keys = [p256.make_key(self._random) for _ in range(2)]
        for key in keys[:2]:
            keys.append(await finish(p256.public_key_steps(key, self._random)))
        await spread(self._store.write_steps(_FILE, keys))
        self._take(keys)

    async def check(self):
        """Find out whether there is `trouble`; never with keys in flash."""

    def take_fault(self):
        """Return (why, how often) nothing could be signed since the last time, to be stated; None for never."""
        return None

    def sign_steps(self, message):
        """Sign `message` in steps; a generator that returns 64 bytes, r‖s."""
        return (yield from p256.sign_steps(self._signing_key, message, self._random))

    def agree_steps(self, public_key):
        """Agree with a 65-byte SEC 1 point in steps; a generator that returns the 32 bytes that both sides get."""
        from agent.wire import agreement  # takes heap while a code is asked for only

        return (yield from agreement.agree_steps(self._agreement_key, public_key, self._random))
