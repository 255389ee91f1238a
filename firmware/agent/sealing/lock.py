"""The lock: once something is wrong with what makes the scale trustworthy, it says so until somebody entitled opens it.

The reason survives power cuts; the event that tells of it is made as soon as a statement can be made. Opening it is an
event too, synced before the lock is gone: a power cut between the two is made good at the next start.

A repair suspends the lock: it follows the case, in flash, and locks nothing until the repair ends. So a power cut in
the middle leaves a scale locked whose case is open, and no other.
"""

from micropython import const

from agent.wire import statements

NOT_LOCKED = const(0)
CASE_OPENED = const(1)
PARAMETERS_MISMATCH = const(2)
CLOCK_SILENT = const(3)  # whether the case was opened while the scale was off cannot be told

# Who opened it, as the event says.
BY_PERMIT = const(1)
BY_CODE = const(2)

_FILE = "lock"
_EVENT_KIND = const(0)  # its place in an event's body


class Lock:
    """`why` is one of the reasons above, and the scale is locked unless it is NOT_LOCKED, as during a repair.

    `number` is that of the event *locked*, 0 while there is none; `opening` says that somebody is about to open it.
    """

    def __init__(self, store):
        self._store = store
        self._stating = False
        self._opening = self._begun = 0  # number of the try that is going on, and of the newest
        self.suspended = False
        slot = store.read(_FILE) or [NOT_LOCKED, True]
        self._why, self._stated = slot[:2]
        self.number = slot[2] if len(slot) > 2 else 0  # older software kept none

    @property
    def why(self):
        """The reason of this moment."""
        return NOT_LOCKED if self.suspended else self._why

    def engage(self, why):
        """Lock for the reason `why`; when this returns it is synced. A scale that is locked keeps its first reason.

        While somebody tries to open it this locks anew.
        """
        if not self._why or self._opening:
            self._opening = 0
            self._store.write(_FILE, [why, False, 0])
            self._why, self._stated, self.number = why, False, 0

    async def state(self, chain):
        """Make the event *locked*, once, also where two tasks find at the same time that it is due."""
        if self._stated or self.suspended or self._stating or not chain.enrolled:
            return
        self._stating = True
        try:
            await chain.append(statements.EVENT, statements.event(statements.LOCKED, self._why), self._mark_stated)
        finally:
            self._stating = False

    def _mark_stated(self, number, _):
        yield from self._store.write_steps(_FILE, [self._why, True, number])
        self._stated, self.number = True, number

    def begin_opening(self):
        """Begin to try to open the lock; give the number that `release` takes. What locks makes it worthless."""
        self._begun += 1
        self._opening = self._begun
        return self._opening

    def end_opening(self, opening):
        """The try with that number has ended."""
        if self._opening == opening:
            self._opening = 0

    @property
    def opening(self):
        """Whether somebody is about to open it."""
        return self._opening != 0

    async def release(self, chain, by, order, settle, opening):
        """Open the lock with the event *unlocked*, in the try `opening`; return whether it is open.

        It is not where it was engaged meanwhile, whoever else has begun to open it since.

        `settle()` gives steps that are done between event and opening. The event *locked* comes first where it is still
        due. Raises JournalFull.
        """
        await self.state(chain)

        def settled(*_):
            yield from settle()
            if self._opening == opening:
                self._open()

        if self._opening == opening:
            await chain.append(statements.EVENT, statements.event(statements.UNLOCKED, by, order), settled)
        return self.why == NOT_LOCKED

    async def suspend(self, chain, order, settle, is_open):
        """Open the lock for a repair under the permit with that `order`, with the event *unlocked* where it was locked.

        `settle()` gives steps as for `release`; `is_open()` tells whether the case is. Raises JournalFull.
        """
        if self._why:

            def settled(*_):
                yield from settle()
                self._open()

            await chain.append(statements.EVENT, statements.event(statements.UNLOCKED, BY_PERMIT, order), settled)
        self.suspended = True
        self.follow(is_open())

    def follow(self, is_open):
        """During a repair: note for the next start whether the case is open; when this returns it is synced."""
        if is_open:
            self.engage(CASE_OPENED)
        elif self._why:
            self._open()

    def _open(self):
        # In one piece: nothing may engage the lock between the two copies.
        self._store.write(_FILE, [NOT_LOCKED, True, 0])
        self._why, self._stated, self.number = NOT_LOCKED, True, 0

    def was_released(self, chain):
        """Whether the newest statement opened the lock, and a power cut came before the lock was gone.

        A lock that was engaged since then has not been stated yet.
        """
        if not self._why or not self._stated:
            return False
        payload = chain.head_payload()
        return (
            payload is not None
            and payload[statements.KIND] == statements.EVENT
            and payload[statements.BODY][_EVENT_KIND] == statements.UNLOCKED
        )

    def finish_release(self, settle):
        """Do now what the power cut left undone."""
        for _ in settle():
            pass
        self._open()
