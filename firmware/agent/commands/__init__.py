"""The service console's commands, one module for each thing that somebody does at a scale.

Each module has a tuple `COMMANDS` of `Command`; the interpreter knows no others. A handler is called with the scale
(`agent.scale.Scale`), the words after the command's name and the reply to write to.
"""

from agent.errors import CaseError
from agent.orders.enrolment import from_text


class Command:
    """A command of the closed list: how to type it, what it does to the scale, and what carries it out."""

    def __init__(self, name, usage, effect, handler):
        self.name = name
        self.usage = usage
        self.effect = effect
        self.handler = handler


class CommandError(CaseError):
    """A command cannot be carried out. The text says what was wrong and what to do."""

    code = "command-error"


def decoded(text):
    """The bytes of a base64url word; raises CommandError."""
    try:
        return from_text(text)
    except ValueError as error:
        raise CommandError("base64url", "%s: copy all of it" % error) from None


def require_at_most(words, most, usage):
    """Raise CommandError if more than `most` words follow a command: what is not understood is not passed over."""
    if len(words) > most:
        raise CommandError("usage", "it is '%s' and nothing after it: see 'help'" % usage)


def whole_number(text, least, most, what):
    """`text` as an integer from `least` to `most`; raises CommandError naming `what` it was for."""
    digits = text[1:] if text[:1] == "-" else text
    if not digits.isdigit() or len(digits) > 10 or not least <= int(text) <= most:
        raise CommandError("number", "%s must be a whole number from %d to %d, not '%s'" % (what, least, most, text))
    return int(text)
