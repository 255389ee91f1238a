"""Who may adjust or repair now: the permit that waits, and the beginning and end of the session that it opens."""

from micropython import const

from agent.adjustment.parameters import BY_CONSOLE, AdjustmentRefused, PermitRefused
from agent.loaded import hold, let_go

_REPAIR = (("agent.sealing", "unlock"), ("agent.adjustment", "repair"), ("agent.adjustment", "unlocking"))
_SESSION_MS = const(900000)
_REPAIR_MS = const(28800000)


class Sessions:
    """The sessions of `ledger.parameters`; `permit` is the one that waits, checked, or None.

    `case_open()` tells whether the case is, `unlocked()` is called when a repair has opened the lock, `refused()` when
    the permit that waited does not apply.
    """

    def __init__(self, ledger, clock, case_open, unlocked, refused):
        self.permit = None
        self._ledger = ledger
        self._parameters = ledger.parameters
        self._clock = clock
        self._case_open = case_open
        self._unlocked = unlocked
        self._refused = refused
        self._begun_ms = clock.ticks_ms()

    async def open_adjustment(self):
        """Have an adjustment session open, under the permit that waits if there is one; in a repair there is one.

        A session without permit gives way to one that has it. Raises AdjustmentRefused or PermitRefused.
        """
        parameters = self._parameters
        if parameters.in_repair:
            return
        self._begun_ms = self._clock.ticks_ms()
        if self.permit is not None and parameters.permit is None:
            await self.close(BY_CONSOLE)
        if not parameters.session_open:
            await self._open(self.permit)

    @property
    def repair_waits(self):
        """Whether a permit to repair waits for somebody to begin."""
        return self.permit is not None and self.permit.is_repair

    async def open_repair(self):
        """Begin the repair for which a permit waits: one session for case and adjustment, until it is closed.

        An adjustment session gives way to it. Raises AdjustmentRefused or PermitRefused.
        """
        if self._parameters.in_repair:
            raise AdjustmentRefused("session-open", "a repair is already open: close it first")
        if not self.repair_waits:
            raise AdjustmentRefused("no-permit", "there is no permit to repair: give it one first")
        await self.close(BY_CONSOLE)
        await self._open(self.permit)

    async def _open(self, permit):
        try:
            if permit is not None:
                permit.check(self._parameters, self._clock)
            if permit is not None and permit.is_repair:
                await self._begin_repair(permit)
            else:
                await self._parameters.open_session(permit)
        except PermitRefused:
            self.permit = None  # it will not apply again
            self._refused()
            raise
        if self.permit is permit:
            self.permit = None

    async def _begin_repair(self, permit):
        hold(_REPAIR)
        try:
            from agent.adjustment import repair

            self._begun_ms = self._clock.ticks_ms()
            await repair.begin(self._ledger, permit, self._case_open)
            self._unlocked()
        finally:
            let_go(_REPAIR)

    async def unlock(self, permit):
        """Open the lock by a permit to unlock. Raises PermitRefused, JournalFull."""
        hold(_REPAIR)
        try:
            from agent.adjustment import unlocking

            await unlocking.unlock(self._ledger, permit, self._case_open)
            self._unlocked()
        finally:
            let_go(_REPAIR)

    async def close(self, why):
        """Close the adjustment session or repair, for a reason of `parameters`; a case that is open then locks.

        Raises JournalFull, and all is closed and locked all the same.
        """
        lock = self._ledger.lock
        was_repair = lock.suspended
        if was_repair:
            lock.follow(self._case_open())
            lock.suspended = False
        await self._parameters.close_session(why)
        if was_repair:
            await lock.state(self._ledger.chain)

    def adjusted(self):
        """Something was adjusted: the session lasts from now on, but a repair no longer than before."""
        if not self._parameters.in_repair:
            self._begun_ms = self._clock.ticks_ms()

    def left_ms(self):
        """Powered milliseconds until the session ends by itself; without one it begins again, as the ticks wrap."""
        lasts_ms = _REPAIR_MS if self._parameters.in_repair else _SESSION_MS
        return lasts_ms - self._clock.ticks_diff(self._clock.ticks_ms(), self._begun_ms)

    async def end_in_time(self, close, why):
        """Await `close(why)` where the time is over; to be asked every second or so."""
        if self.left_ms() < 0:
            self._begun_ms = self._clock.ticks_ms()
            await close(why)
