"""Where a command writes its answer: text for people or JSON, plain or in frames.

A program asks in a frame, so that it knows which answer is whose and that both came whole, whatever the line does. A
frame is one line that ends with a blank, `#` and the CRC-32 of all before, eight hexadecimal digits:
- a question is `@ID COMMAND`, ID being up to 16 letters of ASCII that no question had before;
- its answer comes in pieces, KIND and ID in one word, then the piece's number from 0 on, then text. The kind is `=`
  where the text ends a line, `+` where the next piece goes on with it, and `.` at the end of the answer.
"""

import asyncio
import json
from binascii import crc32

from micropython import const

_QUESTION = b"@"
_CHECK = " #%08x"
_LONGEST_ID = const(16)
_BLANK = const(32)
_DELETE = const(127)


def reply_to(terminal, line):
    """(reply, command, as bytes) for a line from the console; the command is None where a frame is damaged."""
    line = line.strip(b" ")
    if not line.startswith(_QUESTION):
        return Reply(terminal, line), line
    text = line.rpartition(b" #")[0]
    ident, _, command = text[1:].partition(b" ")
    whole = text and line == text + (_CHECK % crc32(text)).encode()
    if not whole or not 0 < len(ident) <= _LONGEST_ID or min(ident) <= _BLANK or max(ident) >= _DELETE:
        return Reply(terminal, line), None
    return FramedReply(terminal, command, ident.decode()), command


class Reply:
    """An answer for somebody at a terminal."""

    def __init__(self, terminal, command):
        self._terminal = terminal
        self.as_json = command.endswith(b" json")
        self.key = terminal.key

    async def write(self, text):
        """Write a piece of a line."""
        await self._terminal.write(text)

    async def line(self, text):
        """Write one line, or what else is left of one."""
        await self._terminal.write(text + "\n")

    async def end(self):
        """Say that this was all; at a terminal the prompt does."""

    async def give(self, value, *lines):
        """Answer with `value` if JSON was asked for, else with the lines."""
        if self.as_json:
            await self.line(json.dumps(value))
        else:
            for text in lines:
                await self.line(text)

    async def items(self, items):
        """Answer with the generator `items` of pairs (value, line) as one JSON array, or a line each."""
        separator = "["
        for value, text in items:
            if self.as_json:
                await self.write(separator + json.dumps(value))
                separator = ","
            else:
                await self.line(text)
            await asyncio.sleep_ms(0)
        if self.as_json:
            await self.line("]" if separator == "," else "[]")

    async def refuse(self, code, text):
        """Answer with an error: `code` for programs, `text` for people."""
        await self.give({"error": code, "message": text}, "error: " + text)


class FramedReply(Reply):
    """An answer in frames to the question `ident`."""

    def __init__(self, terminal, command, ident):
        super().__init__(terminal, command)
        self._ident = ident
        self._number = 0

    async def write(self, text):
        """Give a piece of a line."""
        await self._give("+", text)

    async def line(self, text):
        """Give one line, or what else is left of one."""
        await self._give("=", text)

    async def end(self):
        """Say that this was all."""
        await self._give(".", "")

    async def _give(self, kind, text):
        head = "%s%s %d " % (kind, self._ident, self._number)
        self._number += 1
        check = crc32(text.encode(), crc32(head.encode()))
        await self._terminal.write(head)
        await self._terminal.write(text)
        await self._terminal.write((_CHECK + "\n") % check)
