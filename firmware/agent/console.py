"""The service console: one line, one command of a closed list, one answer; for people, or JSON on request.

An answer ends with an empty line and the prompt. Nothing typed here can stop the scale: what cannot be understood is
answered with `error: ` and what to do. Nobody is at the console most of the time, so the commands take heap only while
a line is being answered. A program speaks in frames, without echo and prompt: `agent.commands.framed`.
"""

import asyncio

from micropython import const

from agent.loaded import CODES, hold, let_go
from agent.port.console import LineTooLong

_MOST_BYTES = const(4096)
_PROMPT = "\n> "
_FRAME_END = b"\xfd"
_COMMANDS = "agent.commands"
# What answering a line loads and lets go of: the package that holds it, and its name there.
_OWN = (("agent", "commands"), ("agent.adjustment", "calibration"), ("agent.record", "prices"))
_OTHERS = (("agent.adjustment", "fields"), ("agent.orders", "enrolment"), ("agent.orders", "signed_time"))
_PORT = (("agent.port", "frames"), ("agent.port", "slots"), ("agent.record", "serial"), ("agent.record", "software"))
_LOADED = _OWN + CODES + _OTHERS + _PORT

_NO_ROOM = "there is no room in memory for this just now: try again"
_NO_ROOM_JSON = '{"error": "no-room", "message": "%s"}\n'


class ServiceConsole:
    """Reads commands from `terminal` (`agent.port.console.Terminal`) and carries them out on `scale`."""

    def __init__(self, terminal, scale):
        self._terminal = terminal
        self._scale = scale
        self._memory = []  # of the newest change that came in a frame

    async def run(self):
        """Serve until the stream ends."""
        await self._terminal.write(_PROMPT)
        while True:
            line = too_long = None
            try:
                line = await self._terminal.readline(_MOST_BYTES)
                if line.endswith(_FRAME_END):
                    line = await self._converse(line)
            except LineTooLong as error:
                too_long = error
            except OSError:
                return
            if line is None and not too_long:  # the program has gone, and nobody has typed
                continue
            typed = (line or b"").strip(b" ")
            if too_long or self._asks(typed):
                await self._answer(typed, None, too_long)
            await self._terminal.write(_PROMPT)

    async def _converse(self, frame):
        """Answer frames; returns the first line that is none, None where none comes for a while."""
        try:
            hold(_LOADED)
            try:
                from agent.commands.framed import Conversation
            finally:
                let_go(_LOADED)
            return await Conversation(self._terminal, self._memory, self._answer).run(frame)
        except MemoryError:  # the program asks again
            return None

    async def _answer(self, line, reply, too_long=None):
        hold(_LOADED)
        try:
            __import__(_COMMANDS)  # by itself, as loading takes long enough
            await asyncio.sleep_ms(0)
            from agent.commands.reply import TypedReply

            reply = reply or TypedReply(self._terminal, line)
            await self._carry_out(line, reply, too_long)
        except MemoryError:  # of what is typed nothing may stop the scale
            if reply is None:
                form = _NO_ROOM_JSON if line.endswith(b" json") else "error: %s\n"
                await self._terminal.write(form % _NO_ROOM)
            else:
                await reply.refuse("no-room", _NO_ROOM)
        finally:
            let_go(_LOADED)
        if reply:
            await reply.end()

    def _asks(self, typed):
        """Whether a line asks for anything."""
        return typed.strip()

    async def _carry_out(self, line, reply, too_long):
        from agent.commands import interpreter

        if too_long:
            await reply.refuse(too_long.code, str(too_long))
        else:
            await interpreter.answer(reply, self._scale, line)


class RefusingConsole(ServiceConsole):
    """Answers every line with the same error, `code` and `text`: the console of a scale that cannot start."""

    def __init__(self, terminal, code, text):
        super().__init__(terminal, None)
        self._why = code, text

    async def run(self):
        """Say it at once, then to whoever asks, until the stream ends."""
        await self._answer(b"", None)
        await super().run()

    def _asks(self, typed):
        return True

    async def _carry_out(self, line, reply, too_long):
        await reply.refuse(*self._why)
