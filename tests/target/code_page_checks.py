"""A page of codes when what it does fails: it never stays at waiting."""

import asyncio

from agent.errors import AgentError
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
