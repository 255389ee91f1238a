"""Unlocking by a code: what the locked scale shows, and what becomes of the answer that somebody keys in."""

from agent.codes import key
from agent.errors import CaseError
from agent.wire import statements


async def challenge(scale):
    """Return what to show: number of the unlock key (4 digits), question (8 digits) and check digit, texts.

    Raises CodeRefused, UnlockRefused.
    """
    kid, _ = key.unlock_key(scale)
    number, question = "%04d" % key.key_number(kid), "%08d" % await scale.unlocking.question()
    return number, question, str(key.check_digit(number + question))


async def unlock(scale, answer):
    """Open the lock if `answer`, text, is the platform's to the question that is shown.

    Raises CodeRefused, UnlockRefused, JournalFull.
    """
    key.unlock_key(scale)
    if not scale.case.closed:
        raise key.CodeRefused("case-open", "the case is open: close it before you unlock the scale")

    async def expected(question):
        return await key.response(scale, key.UNLOCK, "%08d" % question)

    try:
        await scale.unlocking.attempt(answer, expected)
    except CaseError as error:
        if error.code == "wrong":
            await scale.events.note(statements.WRONG_CODE, 1)
        raise
