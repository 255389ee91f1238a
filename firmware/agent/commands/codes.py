"""Codes that the scale shows for the platform, and those that it takes from there."""

from micropython import const

from agent.codes import fresh, key, unlocking
from agent.commands import Command, CommandError, decoded, require_at_most

_LONGEST_CODE = const(32)  # what is longer is a permit


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
    require_at_most(words, 1, "unlock [CODE|PERMIT]")
    if words:
        if len(words[0]) > _LONGEST_CODE:
            await scale.downlink.present(decoded(words[0]))
            if scale.parameters.locked:
                raise CommandError(
                    "purpose", "this is no permit to unlock: 'adjust permit' or 'repair open' takes others"
                )
        else:
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
        "unlock", "unlock [CODE|PERMIT]", "shows the question for a code; with the code or a permit it unlocks", _unlock
    ),
)
