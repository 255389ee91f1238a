"""Opening the lock by the platform's permit, at once when it comes: it answers one lock, and so is spent with it.

Loaded when used.
"""

from agent.adjustment.parameters import PermitRefused
from agent.sealing import lock
from agent.sealing.unlock import forget_steps


async def unlock(ledger, permit, is_open):
    """Open the lock that `permit` answers; `is_open()` tells whether the case is.

    Raises PermitRefused where there is no such lock, or the case is open, and JournalFull.
    """
    locked = ledger.lock
    if locked.why not in (lock.CASE_OPENED, lock.CLOCK_SILENT):
        raise PermitRefused("lock", "the permit unlocks nothing: the scale is not locked, or wants a repair")
    await locked.state(ledger.chain)
    if permit.locked_at is None or permit.locked_at < locked.number:
        raise PermitRefused(
            "lock", "the permit does not answer this lock, statement %d: ask for one that does" % locked.number
        )
    if is_open():
        raise PermitRefused("case-open", "the case is open: close it, then give the scale the permit again")
    if locked.opening:
        raise PermitRefused("busy", "a code is being looked at: give the scale the permit again")
    opening = locked.begin_opening()
    try:
        opened = await locked.release(
            ledger.chain, lock.BY_PERMIT, permit.order_number, lambda: forget_steps(ledger.store), opening
        )
    finally:
        locked.end_opening(opening)
    if not opened:
        raise PermitRefused("lock", "the case was opened meanwhile: the scale is locked again")
