"""The menu's pages for inspectors and repairers: fresh code, check code, unlocking, repair. Loaded when one is opened.

Each asks for a number of 8 digits, but for repair, and answers it. What takes long runs beside the keys.
"""

from micropython import const

from agent.adjustment.parameters import BY_CONSOLE
from agent.errors import AgentError, CaseError
from agent.loaded import hold, let_go
from agent.operator import pictures

_COLUMNS = const(16)
_DIGITS = const(8)
_WAIT = ("", "Wait ...")
_FAULT = ("", "Fault:", "call service")
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


# Questions give lines, answers give lines and a picture; all raise AgentError.


async def _own_number(scale):
    return _wrapped("Your number, 8 digits or none:")


async def _fresh(scale, typed):
    from agent.codes import fresh

    return (), await pictures.fresh_picture(scale, fresh.nonce_of(typed) if typed else None)


async def _number_on_the_page(scale):
    return _wrapped("Number on the page:")


async def _check(scale, typed):
    from agent.codes import key

    return ("", "Type there:", "", _halves(await key.check_answer(scale, typed))), ()


async def _challenge(scale):
    from agent.codes import unlocking

    number, question, digit = await unlocking.challenge(scale)
    return "Key %s check %s" % (number, digit), "Question", _halves(question), "Code:"


async def _unlock(scale, typed):
    from agent.codes import unlocking

    await unlocking.unlock(scale, typed)
    return ("", "Unlocked.") + _wrapped("It has to be verified again."), ()


async def _repair_state(scale):
    if scale.parameters.in_repair:
        return _wrapped("Open for %d min. + ends it." % (scale.sessions.left_ms() // 60000))
    if not scale.sessions.repair_waits:
        raise CaseError("no-permit", "No permit to repair is here.")
    return _wrapped("A permit is here. + begins.")


async def _repair(scale, typed):
    if scale.parameters.in_repair:
        await scale.sessions.close(BY_CONSOLE)
        return ("", "Repair ended."), ()
    await scale.sessions.open_repair()
    return ("", "Under repair."), ()


_KINDS = {
    "3": ("FRESH CODE", _own_number, _fresh),
    "4": ("CHECK CODE", _number_on_the_page, _check),
    "5": ("UNLOCK", _challenge, _unlock),
    "6": ("REPAIR", _repair_state, _repair),
}


class CodePage:
    """One visit to the page of the menu's key `kind`. `do(work)` has a coroutine run, `changed()` the page drawn again.

    `code` is a picture to be shown instead of `lines()`, mostly none.
    """

    def __init__(self, scale, kind, do, changed):
        self._scale = scale
        self._title, self._question, self._answer = _KINDS[kind]
        self._do = do
        self._changed = changed
        self._asked: tuple = ()  # nothing before there is a question, and once it is answered
        self._typed = ""
        self._said: tuple = ()
        self.code: tuple = ()
        hold(_PLACES)
        self._begin(self._ask())

    def lines(self):
        """The page, up to eight lines."""
        lines = (self._title,) + (self._said or self._asked + (self._typed + "_",))
        below = ("C back",) if self._said else ("+ accept", "C back")
        return (lines + ("",) * (8 - len(lines) - len(below)) + below)[:8]

    def key(self, key):
        """Take a key; False once the page is left."""
        if self._said is _WAIT:
            return True
        if key == "C":
            return self._back()
        if not self._said and not self.code:
            if key == "+":
                typed, self._typed = self._typed, ""
                self._begin(self._give(typed))
            elif key.isdigit() and len(self._typed) < _DIGITS:
                self._typed += key
        return True

    def _back(self):
        if self._said and self._asked:
            self._begin(self._ask())  # it was refused: asked again, as the question may be another now
            return True
        was_typed = bool(self._typed)
        self._typed = ""
        return was_typed

    def _begin(self, work):
        self._said = _WAIT
        hold(_PLACES)  # also where the page is left meanwhile
        self._do(self._run(work))

    async def _run(self, work):
        said = _FAULT
        try:
            said = await work
        except AgentError as error:
            said = _wrapped(str(error))
        finally:
            self._said = said
            self._changed()
            let_go(_PLACES)

    async def _ask(self):
        self._asked = ()
        self._asked = await self._question(self._scale)
        return ()

    async def _give(self, typed):
        said, self.code = await self._answer(self._scale, typed)
        self._asked = ()
        return said

    def leave(self):
        """Let go of all that only this page needs."""
        let_go(_PLACES)
