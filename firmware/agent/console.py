"""The service console: one line, one command of a closed list, one answer; for people, or JSON on request.

An answer ends with an empty line and the prompt. Nothing typed here can stop the scale: what cannot be understood is
answered with `error: ` and what to do.
"""

import asyncio
import json

from micropython import const

from agent.chain import ChainError
from agent.commands import Command, CommandError, adjust, life, look, records, require_no_words, weigh
from agent.journal import JournalError
from agent.parameters import AdjustmentRefused
from agent.permits import PermitRefused
from agent.port.console import LineTooLong

_LINE_BYTES = const(1024)
_LONG_LINE_BYTES = const(4096)
_LONG_COMMAND = b"enrol accept "
_PROMPT = "\n> "


class Reply:
    """Where a command writes its answer: text for people, or one line of JSON."""

    def __init__(self, terminal, as_json):
        self._terminal = terminal
        self.as_json = as_json
        self.key = terminal.key

    async def write(self, text):
        """Write a piece of a line."""
        await self._terminal.write(text)

    async def line(self, text):
        """Write one line."""
        await self._terminal.write(text + "\n")

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


async def _help(scale, words, reply):
    require_no_words(words, "help")
    listed = [COMMANDS[name] for name in sorted(COMMANDS)]
    lines = ["%-34s %s" % (command.usage, command.effect) for command in listed]
    value = [{"name": command.name, "usage": command.usage, "effect": command.effect} for command in listed]
    lines.append("A trailing word json gives one line of JSON.")
    await reply.give(value, *lines)


_HELP = (Command("help", "help", "says what each command does", _help),)
COMMANDS = {
    command.name: command
    for command in _HELP + look.COMMANDS + weigh.COMMANDS + records.COMMANDS + adjust.COMMANDS + life.COMMANDS
}


async def tell_why_not(terminal, code, text):
    """Answer every line with the same error, without end: the console of a scale that cannot start."""
    line = b""
    while True:
        await Reply(terminal, line.endswith(b" json")).give({"error": code, "message": text}, "error: " + text)
        await terminal.write(_PROMPT)
        try:
            line = await terminal.readline(_LONG_LINE_BYTES)
        except LineTooLong:
            line = b""


class Console:
    """Reads commands from `terminal` (`agent.port.console.Console`) and carries them out on `scale`."""

    def __init__(self, terminal, scale):
        self._terminal = terminal
        self._scale = scale

    async def run(self):
        """Serve until the stream ends."""
        await self._terminal.write(_PROMPT)
        while True:
            try:
                line = await self._terminal.readline(_LONG_LINE_BYTES)
            except LineTooLong as error:
                await self._refuse(False, "line-too-long", str(error))
            except OSError:
                return
            else:
                if line.strip():
                    await self._answer(line)
            await self._terminal.write(_PROMPT)

    async def _answer(self, line):
        as_json = line.endswith(b" json")
        try:
            command, words, as_json = parse(line)
            await command.handler(self._scale, words, Reply(self._terminal, as_json))
        except (CommandError, AdjustmentRefused) as error:
            await self._refuse(as_json, error.code, str(error))
        except (ValueError, OSError, PermitRefused, ChainError, JournalError) as error:
            await self._refuse(as_json, _code(error), str(error))
        except Exception as error:
            await self._refuse(as_json, "internal", "%s in the scale's program: report this" % repr(error))

    async def _refuse(self, as_json, code, text):
        await Reply(self._terminal, as_json).give({"error": code, "message": text}, "error: " + text)


def _code(error):
    """An error class's name as programs see it: SwitchOff is switch-off."""
    code = ""
    for letter in type(error).__name__:
        if letter.isupper() and code:
            code += "-"
        code += letter.lower()
    return code


def parse(line):
    """(command, words after its name, whether JSON is wanted) of a line of bytes. Raises CommandError."""
    if len(line) > _LINE_BYTES and not line.startswith(_LONG_COMMAND):
        raise CommandError("line-too-long", "the line has more than %d bytes and was dropped" % _LINE_BYTES)
    try:
        text = line.decode()
    except UnicodeError:
        raise CommandError("not-text", "the line is not UTF-8 text: set the terminal to UTF-8") from None
    words = split(text)
    as_json = len(words) > 1 and words[-1] == "json"
    if as_json:
        words.pop()
    command = COMMANDS.get(words[0])
    if command is None:
        raise CommandError("unknown-command", "there is no command '%s': 'help' lists them all" % words[0][:32])
    return command, words[1:], as_json


def split(text):
    """Words of a line; double quotes keep blanks together. Raises CommandError for a quote that is not closed."""
    if '"' not in text:
        return text.split()
    words = []
    word = None
    quoted = False
    for letter in text:
        if letter == '"':
            quoted = not quoted
            word = word or ""
        elif letter in " \t" and not quoted:
            if word is not None:
                words.append(word)
            word = None
        else:
            word = (word or "") + letter
    if quoted:
        raise CommandError("quote", "a double quote is not closed")
    if word is not None:
        words.append(word)
    return words
