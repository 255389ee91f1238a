"""The service console: one line, one command of a closed list, one answer; for people, or JSON on request.

An answer ends with an empty line and the prompt. Nothing typed here can stop the scale: what cannot be understood is
answered with `error: ` and what to do. Nobody is at the console most of the time, so the commands take heap only while
a line is being answered.
"""

import asyncio

from micropython import const

from agent.loaded import CODES, hold, let_go
from agent.port.console import LineTooLong

_MOST_BYTES = const(4096)
_PROMPT = "\n> "
_COMMANDS = "agent.commands"
# What answering a line loads and lets go of: the package that holds it, and its name there.
_OWN = (("agent", "commands"), ("agent.adjustment", "calibration"), ("agent.record", "prices"))
_OTHERS = (("agent.adjustment", "fields"), ("agent.orders", "enrolment"), ("agent.orders", "signed_time"))
_PORT = (("agent.port", "slots"), ("agent.record", "serial"), ("agent.record", "software"))
_LOADED = _OWN + CODES + _OTHERS + _PORT

_NO_ROOM = "error: there is no room in memory for this just now: try again"
_NO_ROOM_JSON = '{"error": "no-room", "message": "there is no room in memory for this just now: try again"}'


async def tell_why_not(terminal, code, text):
    """Answer every line with the same error, without end: the console of a scale that cannot start."""
    from agent.commands import interpreter

    line = b""
    while True:
        await interpreter.refuse(terminal, line, code, text)
        await terminal.write(_PROMPT)
        try:
            line = await terminal.readline(_MOST_BYTES)
        except LineTooLong:
            line = b""


class ServiceConsole:
    """Reads commands from `terminal` (`agent.port.console.Terminal`) and carries them out on `scale`."""

    def __init__(self, terminal, scale):
        self._terminal = terminal
        self._scale = scale

    async def run(self):
        """Serve until the stream ends."""
        await self._terminal.write(_PROMPT)
        while True:
            line, too_long = b"", None
            try:
                line = await self._terminal.readline(_MOST_BYTES)
            except LineTooLong as error:
                too_long = str(error)
            except OSError:
                return
            if too_long or line.strip():
                await self._answer(line, too_long)
            await self._terminal.write(_PROMPT)

    async def _answer(self, line, too_long):
        hold(_LOADED)
        try:
            __import__(_COMMANDS)  # by itself, as loading takes long enough
            await asyncio.sleep_ms(0)
            from agent.commands import interpreter

            if too_long:
                await interpreter.refuse(self._terminal, line, "line-too-long", too_long)
            else:
                await interpreter.answer(self._terminal, self._scale, line)
        except MemoryError:  # of what is typed nothing may stop the scale
            await self._terminal.write((_NO_ROOM_JSON if line.endswith(b" json") else _NO_ROOM) + "\n")
        finally:
            let_go(_LOADED)
