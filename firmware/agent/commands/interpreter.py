"""What becomes of a line typed at the service console: parsed, carried out, answered.

Loaded when a line has come, with the one module that has its command, and let go of after the answer: see
`agent.console`.
"""

import asyncio
import sys

from micropython import const

from agent.commands import CommandError, require_at_most
from agent.errors import AgentError
from agent.port.console import LineTooLong

_LINE_BYTES = const(1024)
_BLANK = const(32)
_LONG_COMMAND = b"enrol accept "

# Each command's module.
_PLACES = (
    ("adjust", "adjust"),
    ("check", "codes"),
    ("enrol", "life"),
    ("export", "records"),
    ("fresh", "codes"),
    ("log", "records"),
    ("parameters", "look"),
    ("prices", "prices"),
    ("repair", "repair"),
    ("serial", "port"),
    ("status", "look"),
    ("tare", "weigh"),
    ("time", "life"),
    ("unlock", "codes"),
    ("update", "update"),
    ("watch", "look"),
    ("zero", "weigh"),
)


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
    require_at_most(words, 0, "help")
    value = [{"name": "help", "usage": "help", "effect": "says what each command does"}]
    for name, _ in _PLACES:
        command = _load(name)
        value.append({"name": command.name, "usage": command.usage, "effect": command.effect})
        await asyncio.sleep_ms(0)
    value.sort(key=lambda command: command["name"])
    lines = ["%-34s %s" % (command["usage"], command["effect"]) for command in value]
    lines.append("Add json to a command to get one line of JSON.")
    await reply.give(value, *lines)


async def answer(reply, scale, line):
    """Carry out the command in `line`, bytes, on `scale`; whatever is wrong with it becomes the answer."""
    await asyncio.sleep_ms(0)  # loading was a piece of work by itself, and so is each step here
    try:
        await _carry_out(scale, line, reply)
    except AgentError as error:
        await reply.refuse(error.code, str(error))
    except ValueError as error:
        await reply.refuse("wrong-value", str(error))
    except OSError as error:  # of the flash, or of a chip
        text = "a chip, or the flash, does not do it (%s): try again, then have the scale repaired"
        await reply.refuse("device", text % error)
    except Exception as error:
        await reply.refuse("internal", "%s in the scale's program: report this" % repr(error))


async def _carry_out(scale, line, reply):
    name, words = parse(line)
    if reply.as_json:
        words.pop()
    if name == "help":
        await _help(words, reply)
        return
    command = _load(name)
    if command is None:
        raise CommandError("unknown-command", "there is no command '%s': 'help' lists them all" % name[:32])
    await asyncio.sleep_ms(0)
    await command.handler(scale, words, reply)


def parse(line):
    """(command's name, words after it) of a line of bytes. Raises CommandError, LineTooLong."""
    if len(line) > _LINE_BYTES and not line.startswith(_LONG_COMMAND):
        raise LineTooLong(_LINE_BYTES)
    try:
        text = line.decode()
    except UnicodeError:
        raise CommandError("not-text", "the line is not UTF-8 text: set the terminal to UTF-8") from None
    if _has_control(line, text):
        raise CommandError("control", "the line has a control character, such as an arrow key's: type it again")
    words = split(text)
    if not words:
        raise CommandError("usage", "there is no command in this line: 'help' lists them all")
    return words[0], words[1:]


def _has_control(line, text):
    if min(line, default=_BLANK) < _BLANK:
        return True
    return len(line) > len(text) and any("\x7f" <= letter < "\xa0" or letter in "\u2028\u2029" for letter in text)


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
