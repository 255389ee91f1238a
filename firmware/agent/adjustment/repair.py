"""The beginning of a repair: one session for case and adjustment together, under a permit that opens one and no more.

Its number is kept before anything is done, and no permit with that or a lower one opens another. Loaded when used.
"""

from agent.adjustment.parameters import PermitRefused
from agent.sealing.unlock import forget_steps
from agent.steps import spread

_FILE = "use/repair"


async def begin(ledger, permit, is_open):
    """Open the session, and the lock with it; `is_open()` tells whether the case is.

    Raises PermitRefused where the permit is spent or does not answer the lock, AdjustmentRefused and JournalFull.
    """
    parameters, lock = ledger.parameters, ledger.lock
    parameters.check_room(permit)
    if permit.order_number <= (ledger.store.read(_FILE) or 0):
        raise PermitRefused("spent", "the permit was used, or a newer one: ask for another")
    if lock.why:
        await lock.state(ledger.chain)
        if permit.locked_at is None or permit.locked_at < lock.number:
            raise PermitRefused(
                "lock", "the permit does not answer this lock, statement %d: ask for one that does" % lock.number
            )
    await spread(ledger.store.write_steps(_FILE, permit.order_number))
    await parameters.open_session(permit)
    await lock.suspend(ledger.chain, permit.order_number, lambda: forget_steps(ledger.store), is_open)
