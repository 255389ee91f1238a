"""The power is cut at every program and erase while a scale is locked, asked for codes, opened and locked again.

`main(one_in)` prints how much was cut; `sabotage(how)` does the same with a firmware broken in one place.
"""

import json
import os

from agent.sealing import lock, unlock
from agent.sealing.lock import Lock
from agent.sealing.unlock import Unlocking, UnlockRefused
from agent.wire import statements
from cutting import Bench, Explorer, Known
from ledger_bench import QuickKeyStore, circumstances, enrol, event, payloads

WRONG_TRIES = 7
LOCK_EVENTS = (statements.LOCKED, statements.UNLOCKED)


async def expected(question):
    return "%08d" % ((question + 1) % 100000000)


def unlocking_of(ledger):
    return Unlocking(ledger.store, ledger.chain, ledger.lock, ledger.clock, os.urandom)


def engage(bench, ledger):
    bench.note("locking", None)
    ledger.lock.engage(lock.CASE_OPENED)
    bench.note("locked", None)


async def ask(bench, unlocking):
    question = await unlocking.question()
    bench.note("question", question)
    return question


async def try_code(bench, unlocking, answer):
    bench.note("trying", None)
    try:
        await unlocking.attempt(answer, expected)
    except UnlockRefused as error:
        assert error.code == "wrong", error.code
        bench.note("wrong", unlocking.wrong)
        bench.note("wait", unlocking.wait_s)
        return
    bench.note("opened", None)


async def wait(bench, ledger, unlocking):
    while unlocking.wait_s:
        ledger.clock.now_s += 60
        bench.note("wait", unlocking.wait_s)
        await unlocking.tick()


def story(bench):
    """Locked, seven wrong codes with a restart between them, the right one, and locked again."""

    async def locked(ledger):
        await enrol(ledger)
        await ledger.state_start(circumstances)
        engage(bench, ledger)
        await ledger.lock.state(ledger.chain)
        unlocking = unlocking_of(ledger)
        for _ in range(WRONG_TRIES - 1):
            question = await ask(bench, unlocking)
            await try_code(bench, unlocking, "%08d" % question)
            await wait(bench, ledger, unlocking)

    async def opened(ledger):
        await ledger.state_start(circumstances)
        unlocking = unlocking_of(ledger)
        question = await ask(bench, unlocking)
        await try_code(bench, unlocking, "%08d" % question)
        await wait(bench, ledger, unlocking)
        await try_code(bench, unlocking, await expected(await ask(bench, unlocking)))
        await event(ledger)
        engage(bench, ledger)
        await ledger.lock.state(ledger.chain)
        await ask(bench, unlocking_of(ledger))

    bench.life(locked)
    bench.life(opened)


class KnownLock(Known):
    """What the world also knows of the lock: what it was told, and what is under way."""

    def __init__(self):
        super().__init__()
        self.told = "open"
        self.trying = False
        self.question = None
        self.used = []
        self.wrong = 0
        self.wait_s = 0

    def copy(self):
        other = KnownLock()
        other.released, other.commits, other.held = dict(self.released), list(self.commits), self.held
        other.receipted, other.boot_number, other.keys = self.receipted, self.boot_number, self.keys
        other.told, other.trying, other.question = self.told, self.trying, self.question
        other.used, other.wrong, other.wait_s = list(self.used), self.wrong, self.wait_s
        return other

    def take(self, fact, value):
        if fact == "locking":
            self.told = "locking"
        elif fact == "locked":
            self.told = "locked"
        elif fact == "question":
            self.question = value
        elif fact == "trying":
            self.trying = True
        elif fact == "wrong":
            self.trying, self.wrong = False, value
        elif fact == "wait":
            self.wait_s = value
        elif fact == "opened":
            self.used.append(self.question)
            self.told, self.trying, self.question, self.wrong, self.wait_s = "open", False, None, 0, 0
        else:
            super().take(fact, value)


def judge(bench, known):
    """Start the scale once more and compare what it holds with what is known; this start is not cut."""

    async def look(ledger):
        for number, statement in known.released.items():
            assert ledger.journal.read(number) == statement, "statement %d has changed" % number
        unlocking = unlocking_of(ledger)
        stated = [one[10][0] for one in payloads(ledger) if one[0] == statements.EVENT and one[10][0] in LOCK_EVENTS]
        was_opened = stated[-1:] == [statements.UNLOCKED]
        is_locked = ledger.lock.why != lock.NOT_LOCKED
        if known.told == "open":
            assert not is_locked, "an opened scale is locked"
        elif known.told == "locked" and not is_locked:
            assert known.trying and was_opened, "unlocked without a statement of it"
        if is_locked and was_opened:
            assert not ledger.lock._stated, "locked though it was opened"
        if is_locked and known.told == "locked":
            assert unlocking.wrong >= known.wrong, "a wrong code was forgotten"
            assert unlocking.wait_s >= known.wait_s, "a wait was forgotten"
            assert known.question is None or unlocking._question == known.question, "another question"
        if was_opened and not is_locked and known.question is not None:
            known.used.append(known.question)
        assert unlocking._question not in known.used, "a question that was used"
        assert bench.chip.faults == 0, "the flash refused something"

    bench.life(look)


def recovery(bench):
    async def goes_on(ledger):
        await ledger.state_start(circumstances)
        if ledger.chain.enrolled:
            await event(ledger)

    bench.life(goes_on)


class LockExplorer(Explorer):
    """Cuts the story of a lock, and judges the lock too."""

    def cut(self, running, operation, how, seed, known, depth):
        bench = self.bench
        bench.chip.load(running)
        bench.chip.torn(operation, how, seed)
        image = bench.chip.image()
        judge(bench, known)
        operations, facts = bench.run(image, recovery)
        after = known.copy()
        after.take_all(facts)
        judge(bench, after)
        if depth:
            self.cuts_of_recoveries += 1
            return
        self.cuts += 1
        if self.one_in and self.cuts % self.one_in == 0:
            self.explore(image, operations, facts, known, depth + 1)


def main(one_in):
    bench = Bench(QuickKeyStore)
    bench.flash()
    image = bench.chip.image()
    operations, facts = bench.run(image, story)
    known = KnownLock()
    known.take_all(facts)
    assert known.told == "locked" and len(known.used) == 1
    judge(bench, known)
    explorer = LockExplorer(bench, one_in)
    explorer.explore(image, operations, facts, KnownLock())
    print(
        json.dumps(
            {
                "operations": len(operations),
                "cuts": explorer.cuts,
                "cuts_of_recoveries": explorer.cuts_of_recoveries,
            }
        )
    )


def nothing(*_):
    return ()


def opens_before_it_says_so():
    release = Lock.release

    async def wrong(self, chain, by, order, settle, opening):
        await self.state(chain)
        self._open()
        return await release(self, chain, by, order, settle, opening)

    Lock.release = wrong


def leaves_an_opened_lock_to_the_next_start():
    Lock.was_released = lambda self, chain: False


def keeps_the_question():
    unlock.forget_steps = nothing


def counts_tries_in_memory():
    save = Unlocking._save

    async def wrong(self):
        tries, self.wrong = self.wrong, 0
        await save(self)
        self.wrong = tries

    Unlocking._save = wrong


def sabotage(how):
    """Break the firmware with the function called `how`, then do as `main`."""
    globals()[how]()
    main(0)
