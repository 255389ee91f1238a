"""What the RS-232 port is for."""

import board

from agent.commands import Command, CommandError, require_at_most
from agent.record import serial

_USAGE = "serial [%s]" % "|".join(serial.USES)


async def _serial(scale, words, reply):
    require_at_most(words, 1, _USAGE)
    if board.UART is None:
        raise CommandError("no-port", "this board has no RS-232 port")
    store = scale.ledger.store
    if words:
        if words[0] not in serial.USES:
            raise CommandError("usage", "it is '%s', not 'serial %s'" % (_USAGE, words[0][:32]))
        await serial.set_use(store, words[0])
    later = serial.use(store)
    text = "the RS-232 port is a %s" % scale.rs232
    await reply.give(
        {"serial": scale.rs232, "next_start": later},
        text if later == scale.rs232 else "%s; from the next start on a %s" % (text, later),
    )


COMMANDS = (Command("serial", _USAGE, "shows what the RS-232 port is for, or sets it for the next start", _serial),)
