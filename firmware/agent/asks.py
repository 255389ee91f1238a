"""What the platform asks of a scale, one after the other: loaded when an ask comes, and let go of afterwards.

Each ask has a number above that of the last one, which is kept before anything is done: whoever sends an old one again,
also after a power cut, gets nothing.
"""

from micropython import const

from agent.errors import NotStated
from agent.orders.downlink import ASK, MALFORMED, OLD_ASK, MessageRefused, is_number
from agent.steps import spread
from agent.wire import cbor, statements

_FILE = "use/ask"
_SNAPSHOT = const(1)
_PARAMETERS = const(2)
_RESEND = const(3)
_PERIOD = const(4)
_FRESH = const(5)
_LONGEST_PERIOD_S = const(86400)
_NONCE_BYTES = const(16)


def look(acts, scale, order):
    """Raise MessageRefused for an ask that is malformed, or not above the last one."""
    _, _, number, what, value = order
    if what == _RESEND or what == _PERIOD:
        right = is_number(value, _LONGEST_PERIOD_S) if what == _PERIOD else is_number(value)
    elif what == _FRESH:
        right = isinstance(value, bytes) and len(value) == _NONCE_BYTES
    else:
        right = (what == _SNAPSHOT or what == _PARAMETERS) and value is None
    if not right or not is_number(number):
        raise MessageRefused(MALFORMED, ASK)
    if number <= (scale.ledger.store.read(_FILE) or 0):
        raise MessageRefused(OLD_ASK, ASK)


async def act(acts, scale, order, message):
    """Do what a verified ask wants, once. MessageRefused where its number has been used meanwhile."""
    look(acts, scale, order)
    _, kid, number, what, value = order
    await spread(scale.ledger.store.write_steps(_FILE, number))
    try:
        if what == _SNAPSHOT:
            await scale.chain.append(statements.SNAPSHOT, scale.snapshot_body)
        elif what == _PARAMETERS:
            await scale.chain.append(statements.PARAMETERS, lambda: statements.parameters(scale.parameters.map, None))
        elif what == _RESEND:
            scale.uplink.resend(value)
        elif what == _PERIOD:
            await scale.follow_period(scale.trust.use_period(value))
        else:
            from agent.codes import fresh

            code = await fresh.fresh_code(scale, value)
            scale.uplink.answer(cbor.encode((ASK, kid, number, code)))
    except NotStated:
        pass  # the platform asks again with another number
