"""Repair under a permit: case and adjustment in one session, which ends by command, after 8 h, or with the power."""

from micropython import const

from agent.adjustment.parameters import BY_CONSOLE, AdjustmentRefused
from agent.commands import Command, CommandError, decoded, require_at_most

_USAGE = "repair [open [PERMIT]|close]"
_MINUTE_MS = const(60000)


async def _repair(scale, words, reply):
    if words[:1] == ["open"]:
        require_at_most(words, 2, "repair open [PERMIT]")
        if len(words) > 1:
            await scale.downlink.present(decoded(words[1]))
        await scale.sessions.open_repair()
    elif words == ["close"]:
        if not scale.parameters.in_repair:
            raise AdjustmentRefused("no-session", "no repair is open")
        await scale.sessions.close(BY_CONSOLE)
    elif words:
        raise CommandError("usage", "it is '%s'" % _USAGE)
    await reply.give(*_state(scale))


def _state(scale):
    in_repair, locked_at = scale.parameters.in_repair, scale.ledger.lock.number or None
    left_min = scale.sessions.left_ms() // _MINUTE_MS if in_repair else 0
    waits = scale.sessions.repair_waits
    value = {"repair": in_repair, "minutes_left": left_min, "permit": waits, "locked_at": locked_at}
    if in_repair:
        return value, "the scale is under repair for %d more minutes: it weighs for nobody" % left_min
    text = "a permit waits: 'repair open' begins" if waits else "there is no permit to repair"
    locked = ("the scale is locked: the permit has to answer statement %d" % locked_at,) if locked_at else ()
    return (value, "no repair is open, and " + text) + locked


COMMANDS = (Command("repair", _USAGE, "shows, begins or ends a repair, under a permit for that", _repair),)
