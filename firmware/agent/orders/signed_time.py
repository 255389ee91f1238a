"""The time that the platform signs: asked for with a fresh nonce, and believed if the answer came at once.

An answer is worth as much as its way was short: the true time lies between the signed one and that plus the delay. The
question is not signed, as nobody gains by asking: only the scale that waits for the nonce takes the answer, once.
"""

from micropython import const

from agent.orders.downlink import MALFORMED, NOT_ASKED, TIME, MessageRefused
from agent.port import clock
from agent.wire import cbor

_NONCE_BYTES = const(16)
_LONGEST_S = const(10)  # the clock is wrong by half of that at most, and a second for the whole ones
_RETRY_S = const(600)
_LASTS_S = const(86400)  # a crystal of 50 ppm is 4 s wrong then
_TOLERATED_S = const(2)

# Places in the order.
_NONCE = const(2)
_TIME = const(3)


class SignedTime:
    """`keystore` has the scale's `kid`, `random(n)` gives n random bytes; one question at most is open."""

    def __init__(self, keystore, random):
        self._keystore = keystore
        self._random = random
        self._nonce = None
        self._asked_ms = clock.ticks_ms()
        self._asked_s = self._delay_ms = 0
        self._due_s = 0  # uptime

    def ask_again(self):
        """Somebody else has set the clock."""
        self._due_s = 0

    def question(self):
        """Return the bytes of a new question, None while none is due."""
        now_s = clock.uptime_s()
        if now_s < self._due_s:
            return None
        self._due_s = now_s + _RETRY_S
        self._nonce = self._random(_NONCE_BYTES)
        self._asked_ms, self._asked_s = clock.ticks_ms(), now_s
        return cbor.encode((TIME, self._keystore.kid, self._nonce))

    def look(self, order):
        """Note how long the answer took; MessageRefused for one that answers nothing, or came too late."""
        # By the uptime too, as the ticks begin again after twelve days.
        if order[_NONCE] != self._nonce or clock.uptime_s() - self._asked_s > _LONGEST_S:
            raise MessageRefused(NOT_ASKED, TIME)
        self._delay_ms = clock.ticks_diff(clock.ticks_ms(), self._asked_ms)

    async def act(self, order, set_clock):
        """Set the clock by a verified answer, with `await set_clock(unix_s)`, unless it is right already."""
        signed_s = order[_TIME]
        if order[_NONCE] != self._nonce:
            raise MessageRefused(NOT_ASKED, TIME)
        if type(signed_s) is not int or not clock.EARLIEST_S <= signed_s <= clock.LATEST_S - _RETRY_S:
            raise MessageRefused(MALFORMED, TIME)
        self._nonce = None
        self._due_s = clock.uptime_s() + _LASTS_S
        # The middle of the delay, then what verifying has taken; half a second for what whole seconds leave out.
        since_ms = clock.ticks_diff(clock.ticks_ms(), self._asked_ms) - self._delay_ms // 2
        now_s = signed_s + (since_ms + 500) // 1000
        if clock.quality() != clock.SIGNED_NETWORK or abs(clock.unix_time() - now_s) > _TOLERATED_S:
            try:
                await set_clock(now_s)
            except OSError:  # of a clock chip: then the clock stays as it was
                self._due_s = clock.uptime_s() + _RETRY_S
