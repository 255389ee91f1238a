"""Unlock codes: a question that the locked scale shows, the answer that an authorised person gets from the platform.

The question survives power cuts; it goes when it was answered, or after 30 powered minutes. Each try is written down
before it is looked at. After five wrong answers each further one doubles the time until the next try, counted in
powered time. Loaded while the scale is locked only.
"""

import asyncio

from micropython import const

from agent.errors import CaseError
from agent.sealing import lock
from agent.steps import spread

QUESTION_DIGITS = const(8)
ORDER_OF_CODES = const(0x80000000)
"""In the event *unlocked* the order is this and the question, as permits have the numbers below."""

_FILE = "use/unlock"
_QUESTIONS = const(100000000)
_QUESTION_S = const(1800)
_SAVE_EVERY_S = const(60)
_FREE_TRIES = const(5)
_FIRST_WAIT_S = const(60)
_LONGEST_WAIT_S = const(86400)


class UnlockRefused(CaseError):
    """The scale stays locked. The text says what to do."""

    code = "unlock-refused"


def forget_steps(store):
    """Write in steps that no question is open and no answer was wrong."""
    return store.write_steps(_FILE, [None, 0, 0, 0])


class Unlocking:
    """`clock` has `uptime_s()`, `random(n)` gives n random bytes; `wrong` is how many answers in a row were wrong."""

    def __init__(self, store, chain, scale_lock, clock, random):
        self._store = store
        self._chain = chain
        self._lock = scale_lock
        self._clock = clock
        self._random = random
        self._question, self._age_s, self.wrong, self._wait_s = store.read(_FILE) or [None, 0, 0, 0]
        self._counted_s = clock.uptime_s()
        self._saved_s = self._counted_s
        self._busy = False
        self._writing = asyncio.Lock()

    def _count(self):
        now_s = self._clock.uptime_s()
        passed_s, self._counted_s = now_s - self._counted_s, now_s
        self._age_s = min(self._age_s + passed_s, _QUESTION_S)
        self._wait_s = max(0, self._wait_s - passed_s)

    async def _save(self):
        async with self._writing:
            await spread(self._store.write_steps(_FILE, [self._question, self._age_s, self.wrong, self._wait_s]))
            self._saved_s = self._counted_s

    async def tick(self):
        """Count powered time; every minute or so, while the scale is locked."""
        self._count()
        if self._busy or not self._wait_s and self._question is None:
            return
        is_old = self._question is not None and self._age_s >= _QUESTION_S
        if is_old:
            self._question = None  # or its age would be written down without end
        if is_old or self._counted_s - self._saved_s >= _SAVE_EVERY_S:
            await self._save()

    @property
    def wait_s(self):
        """Seconds until the next answer is looked at."""
        self._count()
        return self._wait_s

    async def question(self):
        """Return the open question, a number of 8 digits; a new one where there is none or it is too old."""
        self._require_case_lock()
        self._count()
        if self._question is None or self._age_s >= _QUESTION_S:
            self._require_idle()
            self._question, self._age_s = int.from_bytes(self._random(16), "big") % _QUESTIONS, 0
            await self._save()
        return self._question

    async def attempt(self, answer, expected):
        """Open the lock if `answer`, text, is what awaiting `expected(question)` gives.

        Raises UnlockRefused, JournalFull.
        """
        self._require_case_lock()
        if len(answer) != QUESTION_DIGITS or not answer.isdigit():
            raise UnlockRefused("answer", "an unlock code has %d digits" % QUESTION_DIGITS)
        self._require_idle()
        self._busy = True
        opening = self._lock.begin_opening()
        try:
            await self._attempt(answer, expected, opening)
        finally:
            self._busy = False
            self._lock.end_opening(opening)

    async def _attempt(self, answer, expected, opening):
        question = self._open_question()
        # Counted as wrong before it is looked at: cutting the power gains no try.
        self.wrong += 1
        if self.wrong >= _FREE_TRIES:
            self._wait_s = min(_FIRST_WAIT_S << min(self.wrong - _FREE_TRIES, 16), _LONGEST_WAIT_S)
        await self._save()
        if await expected(question) != answer:
            raise UnlockRefused("wrong", "the code is wrong: the next one is looked at in %d s" % self.wait_s)
        order = ORDER_OF_CODES + question
        if not await self._lock.release(self._chain, lock.BY_CODE, order, self._settle, opening):
            raise UnlockRefused("case-opened", "the case was opened meanwhile: the scale is locked again")

    def _open_question(self):
        self._count()
        if self._wait_s:
            raise UnlockRefused("wait", "too many wrong codes: wait for %d s with the scale on" % self._wait_s)
        if self._question is None or self._age_s >= _QUESTION_S:
            raise UnlockRefused("no-question", "the question is too old: show the new one, and get a code for it")
        return self._question

    def _settle(self):
        yield from forget_steps(self._store)
        self._question, self.wrong, self._wait_s = None, 0, 0

    def _require_idle(self):
        if self._busy or self._lock.opening:
            raise UnlockRefused("busy", "another code or a permit is being looked at: wait for it")

    def _require_case_lock(self):
        if self._lock.why not in (lock.CASE_OPENED, lock.CLOCK_SILENT):
            why = (
                "the scale is not locked" if not self._lock.why else "no code opens this lock: have the scale repaired"
            )
            raise UnlockRefused("no-code", why)
