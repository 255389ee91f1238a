"""The serial console as bytes: lines with echo for somebody at a bare terminal, frames, and writing that never hangs.

A terminal that stops reading loses what is written from two seconds later on until it reads again; the scale goes on
weighing.
"""

import asyncio
import select
import sys

from micropython import const

from agent.errors import AgentError
from agent.port import clock

_CHUNK = const(128)
_RETRY_MS = const(10)
_PATIENCE_MS = const(2000)

_BACKSPACE = const(8)
_LINE_FEED = const(10)
_RETURN = const(13)
_CANCEL = const(21)
_INTERRUPT = const(3)
_DELETE = const(127)
_BLANK = const(32)
_FRAME = const(0xFE)  # neither is ever part of UTF-8; see agent.port.frames
_FRAME_END = const(0xFD)
_LOW = const(127)
# Whoever typed half a line and left must not have it completed by whoever comes next.
_STALE_S = const(60)


class LineTooLong(AgentError):
    """A line was too long and was dropped."""

    code = "line-too-long"
    message = "the line has more than %d bytes and was dropped: send a shorter one"


class Terminal:
    """A stream of bytes in both directions, the board's standard input and output (USB serial on most) by itself."""

    def __init__(self, port=None):
        self._input = port or sys.stdin.buffer
        self._output = port or sys.stdout.buffer
        self._reader = asyncio.StreamReader(self._input)
        self._writable = select.poll()
        self._writable.register(self._output, select.POLLOUT)
        self._after_return = False
        self._patience_ms = _PATIENCE_MS
        self._line = bytearray()
        self._too_long = False
        self._typed_s = 0
        self._echoes = True

    async def key(self):
        """The next byte, as an integer; of carriage return and line feed together only the first.

        Raises OSError when the stream has ended.
        """
        while True:
            data = await self._reader.read(1)
            if not data:
                raise OSError("the console's stream has ended")
            follows_return = self._after_return
            self._after_return = data[0] == _RETURN
            if not (follows_return and data[0] == _LINE_FEED):
                return data[0]

    async def readline(self, limit):
        """The next line without its end, as bytes of at most `limit`, echoed as it is typed; or the next frame.

        Carriage return, line feed, or the two together end a line; backspace and delete take back, Ctrl-U and Ctrl-C
        drop the line, and so does the first key after over a minute. Other control characters stay in it, shown as `?`:
        whoever reads the line has to refuse them. Raises LineTooLong, once the line has ended.

        A frame drops what was typed and is not echoed. It is given as FE, its letters, FD; a line that has FE in it
        begins with that, but has another end. Whoever is cancelled loses nothing of what has come.
        """
        line = self._line
        while True:
            byte = await self.key()
            before_s, self._typed_s = self._typed_s, clock.uptime_s()
            in_frame = len(line) > 0 and line[0] == _FRAME
            if line and self._typed_s - before_s > _STALE_S:
                self._too_long = False
                line[:] = b""
                if not in_frame:
                    await self._echo(b"\r\n(dropped: 60 s without a key)\r\n> ")
                in_frame = False
            if byte == _FRAME:
                self._too_long = False
                line[:] = b"\xfe"
            elif in_frame and byte > _DELETE:
                if byte == _FRAME_END:
                    return self._take(b"\xfd")
                if len(line) < limit + limit // 2:  # base64 of as much as a line may have
                    line.append(byte & _LOW)
            elif byte in (_RETURN, _LINE_FEED):
                await self._echo(b"\r\n")
                if self._too_long:
                    self._take()
                    raise LineTooLong(limit)
                return self._take()
            else:
                await self._type(byte, limit)

    def _take(self, end=b""):
        """What has come, with `end` behind it; the next line begins."""
        line = bytes(self._line) + end
        self._line[:] = b""
        self._too_long = False
        return line

    async def _type(self, byte, limit):
        """Put a key into the line, or take back what was typed, and echo that."""
        line = self._line
        if byte in (_BACKSPACE, _DELETE):
            if line:
                line[-1:] = b""
                await self._echo(b"\b \b")
        elif byte in (_CANCEL, _INTERRUPT):
            self._too_long = False
            line[:] = b""
            await self._echo(b"\r\n> ")
        elif len(line) >= limit:
            self._too_long = True
        else:
            line.append(byte)
            await self._echo(b"?" if byte < _BLANK else bytes((byte,)))

    def echo(self, shown):
        """Whether what is typed is shown to whoever types it from now on."""
        self._echoes = shown

    async def _echo(self, data):
        if self._echoes:
            await self.write_bytes(data)

    async def write(self, text):
        """Write `text`; every line feed goes out as carriage return and line feed."""
        await self.write_bytes(text.replace("\n", "\r\n").encode())

    async def write_bytes(self, data):
        """Write `data` as it is."""
        view = memoryview(data)
        waited_ms = 0
        start = 0
        while start < len(data):
            if self._writable.poll(0):
                self._patience_ms = _PATIENCE_MS
                start += self._output.write(view[start : start + _CHUNK]) or 0
            elif waited_ms >= self._patience_ms:
                self._patience_ms = 0  # once for a whole answer, not once for each line of a long one
                return
            else:
                waited_ms += _RETRY_MS
                await asyncio.sleep_ms(_RETRY_MS)
