"""The time that the platform signs: asked for with a fresh nonce, and believed if the answer came at once.

An answer is worth as much as its way was short: the true time lies between the signed one and that plus the delay. The
question is not signed, as nobody gains by asking: only the scale that waits for the nonce takes the answer, once. What
is open is kept in `agent.acts`; this is loaded for a question and an answer, once a day.
"""

from micropython import const

from agent.orders.downlink import MALFORMED, NOT_ASKED, TIME, MessageRefused
from agent.port import clock, system
from agent.wire import cbor, statements

_NONCE_BYTES = const(16)
_LONGEST_S = const(10)  # the clock is wrong by half of that at most, and a second for the whole ones
_RETRY_S = const(600)
_LASTS_S = const(86400)  # a crystal of 50 ppm is 4 s wrong then
_TOLERATED_S = const(2)
_SOURCE_SIGNED = const(3)
_SOURCE_CONSOLE = const(4)

# Places in the order.
_NONCE = const(2)
_TIME = const(3)


def question(acts, kid):
    """Return the bytes of a new question for the scale `kid`; it takes the place of one that is open."""
    now_s = clock.uptime_s()
    acts.time_due_s = now_s + _RETRY_S
    nonce = system.random(_NONCE_BYTES)
    acts.time_asked = [nonce, clock.ticks_ms(), now_s, 0]
    return cbor.encode((TIME, kid, nonce))


def look(acts, scale, order):
    """Note how long the answer took; MessageRefused for one that answers nothing, or came too late."""
    nonce, asked_ms, asked_s, _ = acts.time_asked or (None, 0, 0, 0)
    # By the uptime too, as the ticks begin again after twelve days.
    if order[_NONCE] != nonce or clock.uptime_s() - asked_s > _LONGEST_S:
        raise MessageRefused(NOT_ASKED, TIME)
    acts.time_asked[3] = clock.ticks_diff(clock.ticks_ms(), asked_ms)


async def act(acts, scale, order, message):
    """Set the clock by a verified answer, unless it is right already; MessageRefused if it answers nothing any more."""
    signed_s = order[_TIME]
    nonce, asked_ms, _, delay_ms = acts.time_asked or (None, 0, 0, 0)
    if order[_NONCE] != nonce:
        raise MessageRefused(NOT_ASKED, TIME)
    if type(signed_s) is not int or not clock.EARLIEST_S <= signed_s <= clock.LATEST_S - _RETRY_S:
        raise MessageRefused(MALFORMED, TIME)
    acts.time_asked = None
    # The middle of the delay, then what verifying has taken; half a second for what whole seconds leave out.
    since_ms = clock.ticks_diff(clock.ticks_ms(), asked_ms) - delay_ms // 2
    now_s = signed_s + (since_ms + 500) // 1000
    if clock.quality() != clock.SIGNED_NETWORK or abs(clock.unix_time() - now_s) > _TOLERATED_S:
        await _set_clock(scale, now_s, clock.SIGNED_NETWORK, _SOURCE_SIGNED)
    acts.time_due_s = clock.uptime_s() + _LASTS_S


async def set_by_hand(acts, scale, unix_s):
    """Set the clock by hand; an event tells of it. The platform's time, where it can be had, comes next."""
    await _set_clock(scale, unix_s, clock.RTC, _SOURCE_CONSOLE)
    acts.time_due_s = 0


async def _set_clock(scale, unix_s, quality, source):
    before_s = clock.stamp()
    clock.set(unix_s, quality)
    await scale.events.note(statements.CLOCK_SET, before_s, unix_s, source)
