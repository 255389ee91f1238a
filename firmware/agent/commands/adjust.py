"""Adjustment: zero, span, single parameters, sessions and permits. All want the adjustment switch under the seal.

A command opens a session if none is open; the session stays open until `adjust close`, the switch, or a time-out.
"""

from micropython import const

from agent.adjustment import fields
from agent.adjustment.parameters import BY_CONSOLE
from agent.commands import Command, CommandError, decoded, whole_number
from agent.weighing.core import Refused
from agent.weighing.weight import E_MG, ZERO_COUNTS, points, round_divide

_MAX_MG = const(1)
_LEAST_INTERVALS = const(20)
_MILLIE = const(1000)
# Span is computed from the weight in millionths of an interval.
_MICROE = const(1000000)
_LEAST_VALUE = const(-16777216)
_LARGEST_VALUE = const(1000000000)
_UNITS_MG = {"kg": 1000000, "g": 1000}


async def _zero(scale, words, reply):
    if words:
        raise CommandError("usage", "it is 'adjust zero' with an empty pan and nothing after it")
    await scale.open_adjustment()
    zero_counts = await scale.settled_counts()
    before = scale.weighing.gross_parts(zero_counts, _MICROE)
    number = await scale.parameters.commit({ZERO_COUNTS: zero_counts})
    scale.weighing.adjust_zero(zero_counts)
    await _told_with_errors(scale, reply, number, 0, before)


async def _span(scale, words, reply):
    mass_mg = _mass_mg(words)
    e_mg = scale.parameters.map[E_MG]
    if not _LEAST_INTERVALS * e_mg <= mass_mg <= scale.parameters.map[_MAX_MG]:
        raise CommandError("mass", "the mass must be from 20 e to Max: take one near Max if there is one")
    await scale.open_adjustment()
    counts = await scale.settled_counts()
    weighed = scale.weighing.gross_parts(counts, _MICROE)
    expected = mass_mg * _MICROE // e_mg
    if not expected <= 2 * weighed <= 4 * expected:
        raise CommandError("mass", "the scale weighs less than half or more than twice that: put the mass on the pan")
    changes = {}
    for place, (point_counts, _) in enumerate(points(scale.parameters.map)):
        changes[fields.FIRST_POINT_KEY + 2 * place] = round_divide(point_counts * weighed, expected)
    number = await scale.parameters.commit(changes)
    await _told_with_errors(scale, reply, number, expected, weighed)


async def _told_with_errors(scale, reply, number, expected, weighed):
    """Weigh once more and answer with the errors before and after, from weights in millionths of an interval."""
    after = None
    try:
        counts = await scale.settled_counts()
        after = _thousandths(scale.weighing.gross_parts(counts, _MICROE) - expected)
    except Refused:
        pass  # the change is made; that the load moved afterwards only leaves this error unknown
    await _told(scale, reply, number, _thousandths(weighed - expected), after)


def _thousandths(microe):
    return round_divide(microe, _MICROE // _MILLIE)


def _mass_mg(words):
    """`1.1 kg` as milligrams, exactly."""
    if len(words) != 2 or words[1] not in _UNITS_MG:
        raise CommandError("usage", "it is 'adjust span MASS kg' or 'adjust span MASS g'")
    whole, _, fraction = words[0].partition(".")
    unit_mg = _UNITS_MG[words[1]]
    if not whole.isdigit() or (fraction and not fraction.isdigit()) or len(whole) > 6 or len(fraction) > 6:
        raise CommandError("mass", "the mass is a number like 1.5, not '%s'" % words[0][:32])
    scaled = int(whole + fraction) * unit_mg
    if scaled % 10 ** len(fraction):
        raise CommandError("mass", "the mass has parts of a milligram: give fewer decimals")
    return scaled // 10 ** len(fraction)


async def _set(scale, words, reply):
    if len(words) != 2:
        raise CommandError("usage", "it is 'adjust set NAME VALUE'; 'parameters' shows the names")
    key = fields.key_of(words[0])
    if key is None:
        raise CommandError("name", "there is no parameter '%s': 'parameters' shows the names" % words[0][:40])
    value = None if words[1] == "none" else whole_number(words[1], _LEAST_VALUE, _LARGEST_VALUE, words[0])
    await scale.open_adjustment()
    number = await scale.parameters.commit({key: value})
    await _told(scale, reply, number)


async def _told(scale, reply, number, before=None, after=None):
    held = scale.parameters
    value = {
        "number": number,
        "digest": held.digest.hex(),
        "calibration_counter": held.calibration_counter,
        "configuration_counter": held.configuration_counter,
    }
    lines = ["nothing differs from what it was" if number is None else "done, statement %d" % number]
    if before is not None:
        value["error_before_millie"] = before
        value["error_after_millie"] = after
        told = "unknown, as the load moved" if after is None else _intervals(after)
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
    await scale.parameters.close_session(BY_CONSOLE)
    await reply.give({"session": False}, "the adjustment session is closed")


async def _permit(scale, words, reply):
    if len(words) != 1:
        raise CommandError("usage", "it is 'adjust permit PERMIT', the permit in base64url")
    await scale.downlink.present(decoded(words[0]))
    waiting = not scale.switch.closed
    if not waiting:
        await scale.open_adjustment()
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
        "changes parameters, with the switch on: zero | span MASS kg | set NAME VALUE | close | permit PERMIT",
        _adjust,
    ),
)
