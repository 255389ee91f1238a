"""The menu's pages for inspectors and repairers: fresh code, check code, unlocking. Loaded when one is opened.

What takes long runs beside the keys; a refusal stands on the page, and the number can be typed again.
"""

from micropython import const

from agent.errors import AgentError
from agent.loaded import let_go
from agent.operator import pictures

_COLUMNS = const(16)
_DIGITS = const(8)
_WAIT = ("", "Wait ...")
_PLACES = pictures.LOADED + (("agent.operator", "code_pages"),)


def _wrapped(text):
    """The words of a text in lines of the display."""
    lines, line = [], ""
    for word in text.split(" "):
        if line and len(line) + 1 + len(word) > _COLUMNS:
            lines.append(line)
            line = word
        else:
            line = line + " " + word if line else word
    return tuple(lines) + (line,)


def _halves(digits):
    return digits[:4] + " " + digits[4:]


class _Page:
    """A number of 8 digits is typed, `+` has it worked on. `code` is a picture to be shown instead of `lines()`."""

    title = ""
    asked = ""

    def __init__(self, scale, changed):
        self._scale = scale
        self._changed = changed
        self._typed = ""
        self._said: tuple = ()
        self.code: tuple = ()

    def lines(self):
        """The page, up to eight lines."""
        lines = (self.title,) + (self._said or self._question() + (self._typed + "_",))
        below = ("C back",) if self._said else ("+ accept", "C back")
        return (lines + ("",) * (8 - len(lines) - len(below)) + below)[:8]

    def _question(self):
        return _wrapped(self.asked)

    def key(self, key):
        """Take a key: the coroutine that answers it, None where there is nothing to do, False once the page is left."""
        if self._said is _WAIT:
            return None
        if key == "C":
            left = not (self._typed or self._said or self.code)
            self._typed, self._said, self.code = "", (), ()
            return None if not left else False
        if self._said or self.code:
            return None
        if key == "+":
            typed, self._typed, self._said = self._typed, "", _WAIT
            return self._run(typed)
        if key.isdigit() and len(self._typed) < _DIGITS:
            self._typed += key
        return None

    async def _run(self, typed):
        try:
            await self._answer(typed)
        except AgentError as error:
            self._said = _wrapped(str(error))[:7]
        finally:
            self._changed()

    async def _answer(self, typed):
        raise NotImplementedError

    def begin(self):
        """A coroutine to run when the page is opened, or None."""
        return None

    def leave(self):
        """Let go of all that only this page needs."""
        let_go(_PLACES)


class Fresh(_Page):
    """What the scale signs now, as a QR code."""

    title = "FRESH CODE"
    asked = "Your number, 8 digits or none:"

    async def _answer(self, typed):
        from agent.codes import fresh

        self.code = await pictures.fresh_picture(self._scale, fresh.nonce_of(typed) if typed else None)
        self._said = ()


class Check(_Page):
    """The answer to the question on the platform's page."""

    title = "CHECK CODE"
    asked = "Number on the page:"

    async def _answer(self, typed):
        from agent.codes import key

        self._said = ("", "Type there:", "", _halves(await key.check_answer(self._scale, typed)))


class Unlock(_Page):
    """The locked scale's question, and the code that somebody got for it."""

    title = "UNLOCK"

    def __init__(self, scale, changed):
        super().__init__(scale, changed)
        self._challenge: tuple = ()
        self._said = _WAIT

    def _question(self):
        number, question, digit = self._challenge
        return "Key " + number, "Question", _halves(question), "Check digit " + digit, "Code:"

    def key(self, key):
        if not self._challenge and self._said is not _WAIT:
            return False if key == "C" else None
        return super().key(key)

    def begin(self):
        return self._ask()

    async def _ask(self):
        from agent.codes import unlocking

        try:
            self._challenge = await unlocking.challenge(self._scale)
            self._said = ()
        except AgentError as error:
            self._said = _wrapped(str(error))[:7]
        self._changed()

    async def _answer(self, typed):
        from agent.codes import unlocking

        await unlocking.unlock(self._scale, typed)
        self._said = ("", "Unlocked.") + _wrapped("It has to be verified again.")
