"""Adjustment: zero, span, single parameters, sessions and permits. All want the adjustment switch under the seal.

A command opens a session if none is open; the session stays open until `adjust close`, the switch, or a time-out.
"""

from micropython import const

from agent.adjustment import calibration, fields
from agent.adjustment.parameters import BY_CONSOLE
from agent.commands import Command, CommandError, decoded, whole_number

_MILLIE = const(1000)
_LEAST_VALUE = const(-16777216)
_LARGEST_VALUE = const(1000000000)


async def _zero(scale, words, reply):
    if words:
        raise CommandError("usage", "it is 'adjust zero' with an empty pan and nothing after it")
    await _told(scale, reply, *await calibration.adjust_zero(scale))


async def _span(scale, words, reply):
    if len(words) != 2 or words[1] not in calibration.UNITS:
        raise CommandError("usage", "it is 'adjust span MASS kg' or 'adjust span MASS g'")
    await _told(scale, reply, *await calibration.adjust_span(scale, calibration.mass_mg(*words)))


async def _set(scale, words, reply):
    if not words or len(words) % 2:
        raise CommandError(
            "usage", "it is 'adjust set NAME VALUE', more such pairs if need be; 'parameters' shows the names"
        )
    changes = {}
    for place in range(0, len(words), 2):
        name, value = words[place], words[place + 1]
        key = fields.key_of(name)
        if key is None:
            raise CommandError("name", "there is no parameter '%s': 'parameters' shows the names" % name[:40])
        changes[key] = None if value == "none" else whole_number(value, _LEAST_VALUE, _LARGEST_VALUE, name)
    await scale.sessions.open_adjustment()
    number = await scale.parameters.commit(changes)
    await _told(scale, reply, number)


async def _told(scale, reply, number, before=None, after=None):
    held = scale.parameters
    value = {
        "number": number,
        "digest": held.digest.hex(),
        "calibration_counter": held.calibration_counter,
        "configuration_counter": held.configuration_counter,
    }
    lines = ["nothing changed" if number is None else "done, statement %d" % number]
    if before is not None:
        value["error_before_millie"] = before
        value["error_after_millie"] = after
        told = "unknown: the load moved" if after is None else _intervals(after)
        lines.append("error before %s, after %s" % (_intervals(before), told))
    lines.append(
        "calibration counter %d, configuration counter %d, digest %s"
        % (held.calibration_counter, held.configuration_counter, held.digest.hex())
    )
    await reply.give(value, *lines)


def _intervals(thousandths):
    sign = "-" if thousandths < 0 else "+"
    return "%s%d.%03d e" % (sign, abs(thousandths) // _MILLIE, abs(thousandths) % _MILLIE)


async def _close(scale, words, reply):
    if words:
        raise CommandError("usage", "it is 'adjust close' and nothing after it")
    await scale.sessions.close(BY_CONSOLE)
    await reply.give({"session": False}, "the adjustment session is closed")


async def _permit(scale, words, reply):
    if len(words) != 1:
        raise CommandError("usage", "it is 'adjust permit PERMIT', the permit in base64url")
    before, was_locked = scale.sessions.permit, scale.parameters.locked
    await scale.downlink.present(decoded(words[0]))
    if scale.sessions.permit is before:
        if not was_locked or scale.parameters.locked:
            raise CommandError("no-permit", "the platform's message was taken, but it is no permit: give one")
        await reply.give({"session": False, "waiting": False, "locked": False}, "the permit has unlocked the scale")
        return
    if scale.sessions.repair_waits:
        await reply.give({"session": False, "waiting": True}, "the permit is to repair: 'repair open' begins")
        return
    waiting = not scale.switch.closed
    if not waiting:
        await scale.sessions.open_adjustment()
    text = "the permit waits for the adjustment switch" if waiting else "the permit has opened a session"
    await reply.give({"session": not waiting, "waiting": waiting}, text)


_ACTIONS = {"zero": _zero, "span": _span, "set": _set, "close": _close, "permit": _permit}


async def _adjust(scale, words, reply):
    action = _ACTIONS.get(words[0]) if words else None
    if action is None:
        raise CommandError("usage", "it is 'adjust' with one of: %s" % ", ".join(sorted(_ACTIONS)))
    await action(scale, words[1:], reply)


COMMANDS = (
    Command(
        "adjust",
        "adjust zero|span|set|close|permit",
        "changes parameters, with the switch on: zero | span MASS kg | set NAME VALUE ... | close | permit PERMIT",
        _adjust,
    ),
)
