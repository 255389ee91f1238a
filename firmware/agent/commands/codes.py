"""Codes that the scale shows for the platform, and those that it takes from there."""

from agent.codes import fresh, key, unlocking
from agent.commands import Command, CommandError, require_at_most


async def _fresh(scale, words, reply):
    require_at_most(words, 1, "fresh [NONCE]")
    nonce = fresh.nonce_of(words[0]) if words else None
    segments = fresh.segments(scale.ledger.address, await fresh.fresh_code(scale, nonce))
    text = "".join(segments)
    await reply.give({"code": text, "segments": list(segments)}, text)


async def _check(scale, words, reply):
    if len(words) != 1:
        raise CommandError("usage", "it is 'check QUESTION', the 8 digits that the scale's public page shows")
    answer = await key.check_answer(scale, words[0])
    await reply.give({"answer": answer}, "answer %s: type it on the page" % answer)


async def _unlock(scale, words, reply):
    require_at_most(words, 1, "unlock [CODE]")
    if words:
        await unlocking.unlock(scale, words[0])
        await reply.give({"locked": False}, "unlocked: the scale has to be verified again")
        return
    number, question, digit = await unlocking.challenge(scale)
    value = {"key": number, "question": question, "check_digit": digit, "wait_s": scale.unlocking.wait_s}
    line = "unlock key %s, question %s, check digit %s" % (number, question, digit)
    await reply.give(value, line, "the next code is looked at in %d s" % value["wait_s"])


COMMANDS = (
    Command("check", "check QUESTION", "answers the public page's question about software and parameters", _check),
    Command("fresh", "fresh [NONCE]", "signs a fresh code for the public page; NONCE is 8 digits of your own", _fresh),
    Command(
        "unlock", "unlock [CODE]", "shows the question for an unlock code; with the code it opens the lock", _unlock
    ),
)
