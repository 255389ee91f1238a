"""Tare and zero, as the keys of the scale set them."""

from agent.commands import Command, CommandError, require_at_most


async def _tare(scale, words, reply):
    if words == ["clear"]:
        scale.weighing.clear_tare()
    elif words:
        raise CommandError("usage", "it is 'tare' or 'tare clear', not 'tare %s'" % words[0])
    else:
        scale.weighing.set_tare()
    await _show(scale, reply)


async def _zero(scale, words, reply):
    require_at_most(words, 0, "zero")
    scale.weighing.set_zero()
    await _show(scale, reply)


async def _show(scale, reply):
    weighing = scale.weighing
    value = {"gross": weighing.gross, "tare": weighing.tare, "net": weighing.net(), "zero_counts": weighing.zero_counts}
    tare = weighing.text(weighing.tare)
    await reply.give(value, "%s net, tare %s, zero %d counts" % (scale.shown(), tare, weighing.zero_counts))


COMMANDS = (
    Command("tare", "tare [clear]", "takes the resting load as tare, or clears it", _tare),
    Command("zero", "zero", "makes the resting, nearly empty pan the zero (within 4 % of Max)", _zero),
)
