"""What can come between an unlock code and the open lock: another opening of the case, another code, a full journal."""

import asyncio

from agent.adjustment import unlocking as permitted
from agent.adjustment.parameters import PermitRefused
from agent.record.journal import JournalFull
from agent.sealing import lock
from agent.sealing.unlock import Unlocking, UnlockRefused
from agent.steps import spread
from agent.wire import statements
from ledger_bench import Board, circumstances, enrol, payloads


async def right(question):
    await asyncio.sleep_ms(0)
    return "%08d" % ((question + 1) % 100000000)


def drawing(numbers):
    """A random source that draws these questions."""
    return lambda count: numbers.pop(0).to_bytes(count, "big")


async def locked(ledger, numbers=(48151623, 42)):
    await enrol(ledger)
    await ledger.state_start(circumstances)
    ledger.lock.engage(lock.CASE_OPENED)
    return Unlocking(ledger.store, ledger.chain, ledger.lock, ledger.clock, drawing(list(numbers)))


async def refusal(unlocking, answer, expected=right):
    try:
        await unlocking.attempt(answer, expected)
    except UnlockRefused as error:
        return error.code
    return None


def kinds(ledger):
    return [one[10][0] for one in payloads(ledger) if one[0] == statements.EVENT]


def test_the_lock_is_stated_before_it_is_opened():
    async def story(ledger):
        unlocking = await locked(ledger)
        assert await unlocking.question() == 48151623
        assert await refusal(unlocking, "48151624") is None
        assert kinds(ledger) == [statements.LOCKED, statements.UNLOCKED]
        assert ledger.lock.why == lock.NOT_LOCKED
        assert not ledger.parameters.locked

    Board().flash().life(story)


CASES = {"test_a_case_that_is_opened_meanwhile_stays_locked": ("while it is looked at", "while it is stated")}


def test_a_case_that_is_opened_meanwhile_stays_locked(when):
    async def story(ledger):
        unlocking = await locked(ledger)
        question = await unlocking.question()

        async def expected(question):
            if when == "while it is looked at":
                ledger.lock.engage(lock.CASE_OPENED)
            return await right(question)

        if when == "while it is stated":
            write = ledger.store.write_steps

            def engaging(name, value):
                if name == "use/unlock" and value[0] is None:
                    ledger.lock.engage(lock.CASE_OPENED)
                return write(name, value)

            ledger.store.write_steps = engaging
        assert await refusal(unlocking, await right(question), expected) == "case-opened"
        assert ledger.parameters.locked
        assert ledger.lock.why == lock.CASE_OPENED
        await ledger.lock.state(ledger.chain)
        assert kinds(ledger)[-1] == statements.LOCKED

    board = Board().flash()
    board.life(story)

    async def after(ledger):
        assert ledger.parameters.locked

    board.life(after)


def test_one_code_at_a_time():
    async def story(ledger):
        unlocking = await locked(ledger)
        await unlocking.question()
        codes = await asyncio.gather(refusal(unlocking, "00000000"), refusal(unlocking, "00000001"))
        assert sorted(codes) == ["busy", "wrong"], codes
        assert unlocking.wrong == 1

    Board().flash().life(story)


def test_a_right_code_without_room_for_its_event_opens_nothing():
    async def story(ledger):
        unlocking = await locked(ledger)
        question = await unlocking.question()
        await ledger.lock.state(ledger.chain)

        async def full(*_):
            raise JournalFull

        append, ledger.chain.append = ledger.chain.append, full
        try:
            await unlocking.attempt(await right(question), right)
        except JournalFull:
            pass
        else:
            raise AssertionError("it was opened")
        assert ledger.parameters.locked
        ledger.chain.append = append
        assert await unlocking.question() == question
        assert await refusal(unlocking, await right(question)) is None

    Board().flash().life(story)


def test_waits_double_up_to_a_day_and_end_with_the_right_code():
    async def story(ledger):
        unlocking = await locked(ledger, range(100))
        waits = []
        for _ in range(18):
            await unlocking.question()
            assert await refusal(unlocking, "99999999") == "wrong"
            waits.append(unlocking.wait_s)
            ledger.clock.now_s += waits[-1]
        assert waits == [0] * 4 + [60 << place for place in range(11)] + [86400] * 3
        assert await refusal(unlocking, await right(await unlocking.question())) is None
        ledger.lock.engage(lock.CASE_OPENED)
        await unlocking.question()
        assert await refusal(unlocking, "99999999") == "wrong"
        assert unlocking.wait_s == 0

    Board().flash().life(story)


def test_time_counts_while_the_scale_is_on_and_is_kept():
    board = Board().flash()

    async def first(ledger):
        unlocking = await locked(ledger)
        await unlocking.question()
        for _ in range(5):
            assert await refusal(unlocking, "99999999") == "wrong"
        ledger.clock.now_s += 59
        await unlocking.tick()
        assert unlocking.wait_s == 1

    async def second(ledger):
        unlocking = Unlocking(ledger.store, ledger.chain, ledger.lock, ledger.clock, None)
        assert unlocking.wait_s == 60, "less than a minute was not kept"
        assert await refusal(unlocking, "48151624") == "wait"
        for _ in range(29):
            ledger.clock.now_s += 60
            await unlocking.tick()
        assert await unlocking.question() == 48151623

    async def third(ledger):
        unlocking = Unlocking(ledger.store, ledger.chain, ledger.lock, ledger.clock, drawing([42]))
        ledger.clock.now_s += 60
        assert await refusal(unlocking, "48151624") == "no-question"
        assert await unlocking.question() == 42

    for story in (first, second, third):
        board.life(story)


def test_a_locked_scale_that_nobody_asks_writes_nothing_more():
    async def story(ledger):
        unlocking = await locked(ledger)
        writes = []
        write = ledger.store.write_steps

        def counting(name, value):
            writes.append(name)
            return write(name, value)

        ledger.store.write_steps = counting
        await unlocking.tick()
        assert writes == []
        await unlocking.question()
        for _ in range(60):
            ledger.clock.now_s += 60
            await unlocking.tick()
        assert len(writes) == 1 + 30, writes
        assert await unlocking.question() == 42

    Board().flash().life(story)


def test_another_lock_takes_no_code():
    async def story(ledger):
        unlocking = await locked(ledger)
        await ledger.lock.state(ledger.chain)
        ledger.lock._why = lock.PARAMETERS_MISMATCH
        assert await refusal(unlocking, "48151624") == "no-code"
        ledger.lock._why = lock.NOT_LOCKED
        assert await refusal(unlocking, "48151624") == "no-code"

    Board().flash().life(story)


async def _never(_):
    await spread(())
    raise AssertionError("it was looked at")


def test_what_is_no_code_is_not_looked_at_and_costs_no_try():
    async def story(ledger):
        unlocking = await locked(ledger)
        await unlocking.question()
        for typed in ("", "1234567", "123456789", "1234567a", "+1234567", " 1234567"):
            assert await refusal(unlocking, typed, _never) == "answer"
        assert unlocking.wrong == 0

    Board().flash().life(story)


def test_a_code_that_is_looked_at_opens_nothing_for_a_permit_that_the_case_has_overtaken():
    """While *unlocked* is signed for a permit the case is opened again, and somebody begins to try a wrong code."""

    class Permit:
        order_number = 5

    async def story(ledger):
        unlocking = await locked(ledger)
        await unlocking.question()
        await ledger.lock.state(ledger.chain)
        Permit.locked_at = ledger.lock.number
        append, looked_at, tries = ledger.chain.append, asyncio.Event(), []

        async def wrong(question):
            await looked_at.wait()
            return "nothing"

        async def overtaken(kind, body, settle=None):
            if not tries:
                ledger.lock.engage(lock.CASE_OPENED)
                tries.append(asyncio.create_task(refusal(unlocking, "12345678", wrong)))
                while not ledger.lock.opening:
                    await asyncio.sleep_ms(0)
            return await append(kind, body, settle)

        ledger.chain.append = overtaken
        try:
            await permitted.unlock(ledger, Permit, lambda: False)
        except PermitRefused as error:
            assert error.reason == "lock"
        else:
            raise AssertionError("it says that it has opened the lock")
        looked_at.set()
        assert await tries[0] == "wrong"
        ledger.chain.append = append
        assert ledger.lock.why == lock.CASE_OPENED
        await ledger.lock.state(ledger.chain)
        assert kinds(ledger)[-1] == statements.LOCKED

    Board().flash().life(story)
