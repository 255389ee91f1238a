"""The scale's life on record: enrolment with its platform, and the clock."""

from micropython import const

from agent.commands import Command, CommandError, decoded, require_at_most, whole_number
from agent.orders import signed_time
from agent.orders.enrolment import to_text

_WORD_BYTES = const(32)
_WORDS = ("maker", "model", "serial", "code")


async def _enrol(scale, words, reply):
    if words[:1] == ["accept"]:
        if len(words) != 2:
            raise CommandError("usage", "it is 'enrol accept ANSWER', the answer in base64url")
        await scale.accept(decoded(words[1]))
        await reply.give({"accepted": True}, "accepted: the scale now reports to its platform")
        return
    if words == ["element"]:
        await _configure_element(scale, reply)
        return
    if scale.chain.enrolled and not words:
        statement = scale.chain.enrolment
    else:
        statement = await scale.enrol(*_enrolment_words(words))
    text = to_text(statement)
    value = {"identity": scale.identity, "public_code": scale.public_code, "statement": text}
    await reply.give(value, "identity %s; give this statement to the platform:" % scale.identity, text)


async def _configure_element(scale, reply):
    configure = getattr(scale.keystore, "configure", None)
    if configure is None:
        raise CommandError("no-element", "this board has no secure element: its keys are in flash")
    await configure()
    await reply.give({"configured": True}, "the secure element is configured and locked: enrol the scale")


def _enrolment_words(words):
    given = {}
    for word in words:
        name, _, value = word.partition("=")
        if name not in _WORDS or not value or name in given:
            raise CommandError(
                "usage", "it is 'enrol maker=M model=M serial=S code=C', each once, not '%s'" % word[:40]
            )
        given[name] = value
        if len(value.encode()) > _WORD_BYTES:
            raise CommandError("word", "%s has more than %d bytes: give a shorter one" % (name, _WORD_BYTES))
    missing = [name for name in _WORDS if name not in given]
    if missing:
        raise CommandError("usage", "'enrol' lacks %s" % ", ".join(missing))
    return [given[name] for name in _WORDS]


async def _time(scale, words, reply):
    require_at_most(words, 1, "time [seconds]")
    clock = scale.clock
    if words:
        unix_s = whole_number(words[0], clock.EARLIEST_S, clock.LATEST_S, "the time in Unix seconds")
        await signed_time.set_by_hand(scale.acts, scale, unix_s)
    value = {"time": clock.stamp(), "clock_quality": clock.quality()}
    await reply.give(value, "time %d (quality %d: 0 none, 1 clock, 2 network, 3 signed)" % tuple(value.values()))


COMMANDS = (
    Command(
        "enrol",
        "enrol [maker=M model=M serial=S code=C]",
        "makes key and first statement, once, and shows it; 'enrol accept ANSWER' takes the platform's answer; "
        "'enrol element' configures and locks a new secure element for ever",
        _enrol,
    ),
    Command("time", "time [seconds]", "shows the clock, or sets it to Unix seconds", _time),
)
