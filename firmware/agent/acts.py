"""What a scale does on its platform's word, beside receipts and key sets, which `agent.orders.downlink` settles itself.

What is needed seldom is loaded when it comes, and let go of afterwards: a module for each of times, asks and updates,
with `look(acts, scale, order)` before the signature and `await act(acts, scale, order, message)` after it.
"""

import board
from micropython import const

from agent.errors import Damaged
from agent.loaded import CODES, UPDATES, Held
from agent.orders.downlink import ASK, NOT_DONE, TIME, MessageRefused
from agent.port import clock

_KIND = const(0)  # its place in an order
_ASKS = (("agent", "asks"),) + CODES
_TIMES = (("agent.orders", "signed_time"),)


class Acts:
    """The orders to `scale`; `await open_permit(order, message)` takes a permit, and raises PermitRefused.

    `update` is what goes on of an update, an Updating or a Trial; else None.
    """

    def __init__(self, scale, open_permit):
        self.update = None
        self.update_after_s = 0  # uptime before which an update that was given up is not begun again
        self.time_asked = None  # the open question: nonce, when it was asked (ticks, uptime), delay of its answer
        self.time_due_s = 0  # uptime from which on the time is asked for
        self._scale = scale
        self._open_permit = open_permit

    async def start(self, is_stated):
        """Go on with an update where the last start has left it: before this start is stated, and again after."""
        if "code_a" in board.FLASH:
            with Held(UPDATES):
                from agent.update import trial

                await (trial.report if is_stated else trial.start)(self, self._scale)

    def question(self):
        """Return the bytes of what is to be asked of the platform now, or None."""
        if clock.uptime_s() >= self.time_due_s:
            with Held(_TIMES):
                from agent.orders import signed_time

                return signed_time.question(self, self._scale.keystore.kid)
        return self.update and self.update.question()

    def piece(self, message):
        """Take a piece of an image, bytes; what is not wanted is passed over, as nobody has signed it."""
        if self.update is not None:
            self.update.take_message(message)

    def look(self, order):
        """Look at a time, an ask or an update before its signature; MessageRefused for what cannot apply."""
        kind = order[_KIND]
        with Held(_places(kind)):
            try:
                _module(kind).look(self, self._scale, order)
            except (OSError, Damaged):
                raise MessageRefused(NOT_DONE, kind) from None

    async def act(self, order, message):
        """Do what a verified order of the platform wants; raises MessageRefused or PermitRefused."""
        kind = order[_KIND]
        if kind < TIME:
            await self._open_permit(order, message)
            return
        with Held(_places(kind)):
            try:
                await _module(kind).act(self, self._scale, order, message)
            except (OSError, Damaged):  # a failing flash must not have the board restart for each message
                raise MessageRefused(NOT_DONE, kind) from None


def _places(kind):
    return _TIMES if kind == TIME else _ASKS if kind == ASK else UPDATES


def _module(kind):
    if kind == TIME:
        from agent.orders import signed_time

        return signed_time
    if kind == ASK:
        from agent import asks

        return asks
    from agent.update import ordering

    return ordering
