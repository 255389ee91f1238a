"""Where a command writes its answer: text for people or JSON, to a terminal or, in `framed`, to a program."""

import asyncio
import json


class Reply:
    """An answer to `command`, bytes."""

    given_up = False  # whether nobody wants the rest

    def __init__(self, command):
        self.as_json = command.endswith(b" json")

    async def write(self, text):
        """Write a piece of a line."""
        raise NotImplementedError

    async def pressed(self):
        """Return once somebody presses a key, or wants no more."""
        raise NotImplementedError

    async def line(self, text):
        """Write one line, or what else is left of one."""
        await self.write(text + "\n")

    async def now(self):
        """Have what is written read before the rest is worked out; a terminal shows it at once."""

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
            if self.given_up:
                return
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


class TypedReply(Reply):
    """An answer for somebody at a terminal."""

    def __init__(self, terminal, command):
        super().__init__(command)
        self._terminal = terminal

    async def write(self, text):
        """Write a piece of a line."""
        await self._terminal.write(text)

    async def pressed(self):
        """Wait for a key."""
        await self._terminal.key()
