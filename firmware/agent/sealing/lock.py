"""The lock: once something is wrong with what makes the scale trustworthy, it says so until somebody entitled opens it.

The reason survives power cuts; the event that tells of it is made as soon as a statement can be made.
"""

from micropython import const

from agent.wire import statements

NOT_LOCKED = const(0)
CASE_OPENED = const(1)
PARAMETERS_MISMATCH = const(2)

_FILE = "lock"


class Lock:
    """`why` is one of the reasons above, and the scale is locked unless it is NOT_LOCKED."""

    def __init__(self, store):
        self._store = store
        self._stating = False
        self.why, self._stated = store.read(_FILE) or [NOT_LOCKED, True]

    def engage(self, why):
        """Lock for the reason `why`; when this returns it is synced. A scale that is locked keeps its first reason."""
        if not self.why:
            self._store.write(_FILE, [why, False])
            self.why, self._stated = why, False

    async def state(self, chain):
        """Make the event *locked*, once, also where two tasks find at the same time that it is due."""
        if self._stated or self._stating or not chain.enrolled:
            return
        self._stating = True
        try:
            await chain.append(statements.EVENT, statements.event(statements.LOCKED, self.why), self._mark_stated)
        finally:
            self._stating = False

    def _mark_stated(self, *_):
        yield from self._store.write_steps(_FILE, [self.why, True])
        self._stated = True
