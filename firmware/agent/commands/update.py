"""New software by the cable: its manifest, then piece by piece what is in it."""

from micropython import const

from agent.commands import Command, CommandError, decoded, whole_number
from agent.port import slots
from agent.record import software

_NAME_BYTES = const(16)
_LAST = const(192511)
_COMING = const(1)
_NO_SLOTS = "this board has no slots for updates: its software is replaced at the factory, under the seal"


async def _update(scale, words, reply):
    action = words[0] if words else None
    if not slots.fitted():
        raise CommandError("no-slots", _NO_SLOTS)
    if action == "manifest" and len(words) == 2:
        await scale.downlink.present(decoded(words[1]))
    elif action == "piece" and len(words) == 3:
        _take(scale, whole_number(words[1], 0, _LAST, "the offset"), decoded(words[2]))
    elif action == "restart" and len(words) == 1:
        _coming(scale).restart_soon()
    elif action is not None:
        raise CommandError("usage", "it is 'update', 'update manifest M', 'update piece OFFSET P' or 'update restart'")
    await _show(scale, reply)


def _coming(scale):
    if scale.acts.update is None:
        raise CommandError("no-update", "no update has begun: give its manifest first")
    return scale.acts.update


def _take(scale, offset, data):
    update = _coming(scale)
    if not update.take(update.manifest.image[:_NAME_BYTES], offset, data):
        raise CommandError("not-wanted", "this piece is not wanted: 'update' says which is")


async def _show(scale, reply):
    name, version, code_hash = scale.software
    update = scale.acts.update
    value = {"name": name, "version": version, "number": software.NUMBER, "hash": code_hash.hex()}
    value.update({"slot": software.slot(), "coming": None})
    lines = ["running %s %s, number %d, %s" % (name, version, software.NUMBER, software.slot() or "as flashed")]
    if update is not None:
        coming = update.manifest
        value["coming"] = {
            "version": coming.version,
            "number": coming.number,
            "length": coming.length,
            "wanted": update.wanted,
            "installed": update.stage != _COMING,
            "error": update.error,
        }
        lines.append("coming: %s, number %d: %s" % (coming.version, coming.number, _progress(update)))
    await reply.give(value, *lines)


def _progress(update):
    if update.error:
        return update.error
    if update.stage != _COMING:
        return "it starts once nobody has used the scale for a minute"
    if update.wanted is None:
        return "wait: a sector is looked at, or erased once the pan is empty"
    return "the piece at %d of %d bytes is wanted" % (update.wanted, update.manifest.length)


COMMANDS = (
    Command(
        "update",
        "update [manifest|piece|restart]",
        "shows the software; takes new one: manifest MANIFEST | piece OFFSET PIECE | restart",
        _update,
    ),
)
