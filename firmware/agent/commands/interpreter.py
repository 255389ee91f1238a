"""What becomes of a line typed at the service console: parsed, carried out, answered.

Loaded when a line has come, with the one module that has its command, and let go of after the answer: see
`agent.console`.
"""

import asyncio
import json
import sys

from micropython import const

from agent.commands import CommandError, require_no_words
from agent.errors import AgentError
from agent.port.console import LineTooLong

_LINE_BYTES = const(1024)
_LONG_COMMAND = b"enrol accept "

# Each command's module.
_PLACES = (
    ("adjust", "adjust"),
    ("enrol", "life"),
    ("export", "records"),
    ("log", "records"),
    ("parameters", "look"),
    ("status", "look"),
    ("tare", "weigh"),
    ("time", "life"),
    ("watch", "look"),
    ("zero", "weigh"),
)


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


def _load(name):
    """The Command called `name`, None if there is none; its module is loaded for it."""
    for command_name, place in _PLACES:
        if command_name == name:
            module = "agent.commands." + place
            __import__(module)
            for command in sys.modules[module].COMMANDS:
                if command.name == name:
                    return command
    return None


async def _help(words, reply):
    require_no_words(words, "help")
    value = [{"name": "help", "usage": "help", "effect": "says what each command does"}]
    for name, _ in _PLACES:
        command = _load(name)
        value.append({"name": command.name, "usage": command.usage, "effect": command.effect})
        await asyncio.sleep_ms(0)
    value.sort(key=lambda command: command["name"])
    lines = ["%-34s %s" % (command["usage"], command["effect"]) for command in value]
    lines.append("Add json to a command to get one line of JSON.")
    await reply.give(value, *lines)


async def answer(terminal, scale, line):
    """Carry out the command in `line`, bytes, on `scale`; whatever is wrong with it becomes the answer."""
    as_json = line.endswith(b" json")
    await asyncio.sleep_ms(0)  # loading was a piece of work by itself, and so is each step here
    try:
        name, words, as_json = parse(line)
        reply = Reply(terminal, as_json)
        if name == "help":
            await _help(words, reply)
            return
        command = _load(name)
        if command is None:
            raise CommandError("unknown-command", "there is no command '%s': 'help' lists them all" % name[:32])
        await asyncio.sleep_ms(0)
        await command.handler(scale, words, reply)
    except AgentError as error:
        await refuse(terminal, as_json, error.code, str(error))
    except ValueError as error:
        await refuse(terminal, as_json, "wrong-value", str(error))
    except OSError as error:  # of the flash, or of a chip
        await refuse(terminal, as_json, "device", str(error))
    except Exception as error:
        await refuse(terminal, as_json, "internal", "%s in the scale's program: report this" % repr(error))


async def refuse(terminal, as_json, code, text):
    """Answer with an error: `code` for programs, `text` for people."""
    await Reply(terminal, as_json).give({"error": code, "message": text}, "error: " + text)


def parse(line):
    """(command's name, words after it, whether JSON is wanted) of a line of bytes. Raises CommandError, LineTooLong."""
    if len(line) > _LINE_BYTES and not line.startswith(_LONG_COMMAND):
        raise LineTooLong(_LINE_BYTES)
    try:
        text = line.decode()
    except UnicodeError:
        raise CommandError("not-text", "the line is not UTF-8 text: set the terminal to UTF-8") from None
    words = split(text)
    as_json = len(words) > 1 and words[-1] == "json"
    if as_json:
        words.pop()
    return words[0], words[1:], as_json


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
