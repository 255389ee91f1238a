"""A page of codes when what it does fails, it never stays at waiting; and when it is left, nothing of it stays."""

import asyncio
import sys

from agent.errors import AgentError
from agent.loaded import CODES, hold, let_go
from agent.operator import code_pages


class Refused(AgentError):
    code = "refused"
    message = "no such thing here"


def outcome(question, answer, keys):
    """The page's lines after each key, once its work has ended."""
    code_pages._KINDS["9"] = ("TITLE", question, answer)
    changes = []
    seen = []

    async def ended(work):
        try:
            await work
        except (OSError, MemoryError):
            pass

    async def main():
        page = code_pages.CodePage(None, "9", lambda work: asyncio.create_task(ended(work)), lambda: changes.append(1))
        assert "Wait ..." in page.lines()
        assert page.key("C") and "Wait ..." in page.lines(), "what is under way is not left"
        for key in keys:
            await asyncio.sleep_ms(1)
            seen.append((page.lines(), page.key(key)))
        await asyncio.sleep_ms(1)
        seen.append((page.lines(), None))

    asyncio.run(main())
    assert changes
    return seen


async def _asked(scale):
    return ("Number:",)


def raising(error):
    async def work(*arguments):
        raise error

    return work


def test_a_failure_is_said_and_the_number_is_asked_for_again():
    for error, said in ((MemoryError(), "Fault:"), (OSError(5), "Fault:"), (Refused(), "no such thing")):
        before, answered, again = outcome(_asked, raising(error), "+C")
        assert "Number:" in before[0] and before[1]
        assert said in answered[0] and answered[1], answered
        assert "Number:" in again[0]


def test_without_a_question_the_page_is_left_at_once():
    for error in (MemoryError(), Refused()):
        assert outcome(raising(error), _asked, "C")[0][1] is False


def test_an_answer_ends_the_page_and_no_key_but_one_does_anything():
    async def answer(scale, typed):
        return ("got " + typed,), ()

    seen = outcome(_asked, answer, "1234567890+0C")
    assert "got 12345678" in seen[-2][0]
    assert seen[-2][1] is False


def loaded():
    return [name for name in sys.modules if name.startswith(("agent.codes", "agent.wire.agreement", "agent.wire.ocra"))]


async def test_what_work_loads_after_its_page_was_left_goes_with_the_work():
    async def answer(scale):
        await asyncio.sleep_ms(1)
        from agent.codes import key

        assert key and loaded()
        return ()

    code_pages._KINDS["9"] = ("TITLE", answer, None)
    page = code_pages.CodePage(None, "9", asyncio.create_task, lambda: None)
    page.leave()
    await asyncio.sleep_ms(5)
    assert loaded() == []


def test_what_two_use_goes_with_the_last_of_them():
    hold(CODES)
    from agent.codes import key

    hold(CODES)
    let_go(CODES)
    from agent.codes import key as same

    assert key is same
    let_go(CODES)
    assert loaded() == []
