"""What the scale has recorded: its last events in words, and its statements as they were signed."""

import asyncio

from micropython import const

from agent.adjustment import fields
from agent.commands import Command, require_at_most, whole_number
from agent.orders.enrolment import to_text
from agent.wire import cbor, cose, statements

_PAYLOAD = const(3)  # its place in a decoded message
_EVENTS_DEFAULT = const(20)
_EVENTS_MOST = const(100)
_LARGEST_NUMBER = const(0xFFFFFFFF)

# Kind of event → its name and those of its facts; a parameter change has words of its own.
# ---- from steelyard.cddl, by `make tables`
_EVENTS = {
    1: ("parameter change",),
    2: ("case opened", "stamp"),
    3: ("locked", "why"),
    4: ("unlocked", "by", "order"),
    5: ("wrong code", "count"),
    6: ("zero out of range", "zero", "count"),
    7: ("ADC fault", "missed", "faults"),
    8: ("clock set", "from", "to", "source"),
    9: ("downlink refused", "why", "order", "count"),
    10: ("key succession", "predecessor", "successor"),
    11: ("software update", "from", "to"),
    12: ("session opened", "permit"),
    13: ("session closed", "why"),
    14: ("journal lost", "head"),
    15: ("statements lost", "first", "last"),
    16: ("snapshots left out", "count"),
    17: ("period changed", "from", "to"),
    18: ("rolled back", "number"),
    19: ("sales stated", "form"),
    20: ("flash fault", "ring", "sector", "count"),
    21: ("update begun", "number", "image"),
    22: ("update failed", "number", "why"),
    23: ("key fault", "why", "count"),
}
# ----
_KINDS = {statements.ENROL: "enrolled", statements.BOOT: "started"}


async def _log(scale, words, reply):
    require_at_most(words, 1, "log [events]")
    wanted = whole_number(words[0], 1, _EVENTS_MOST, "the number of events") if words else _EVENTS_DEFAULT
    found = []
    for number, statement in scale.journal.iterate(1):
        if _is_event(statement):
            found.append(number)
            if len(found) > wanted:
                found.pop(0)
        await asyncio.sleep_ms(0)
    await reply.items(_told(scale.journal, found))


def _is_event(statement):
    # Kind is the second byte of the payload, after the array's head: no need to decode what is passed over.
    payload = cose.decode_sign1(statement)[_PAYLOAD]
    return payload[1] in (statements.ENROL, statements.BOOT, statements.EVENT)


def _told(journal, numbers):
    for number in numbers:
        payload = cbor.decode(cose.decode_sign1(journal.read(number))[_PAYLOAD])
        name, facts = _name_and_facts(payload)
        time_s, boot_number = payload[statements.TIME], payload[statements.BOOT_NUMBER]
        when = "at %d" % time_s if time_s else "boot %d + %d s" % (boot_number, payload[statements.UPTIME])
        value = {"number": number, "time": time_s, "boot": boot_number, "event": name, "facts": facts}
        told = " ".join("%s=%s" % pair for pair in facts.items())
        yield value, ("%6d  %-20s %s %s" % (number, when, name, told)).rstrip()


def _name_and_facts(payload):
    if payload[statements.KIND] != statements.EVENT:
        return _KINDS[payload[statements.KIND]], {}
    kind, facts = payload[statements.BODY]
    name, *names = _EVENTS.get(kind) or ("event %d" % kind,)
    if kind == statements.PARAMETER_CHANGE:
        return name, {fields.name_of(key): "%s -> %s" % (old, new) for key, old, new in facts[0]}
    return name, {names[place]: _readable(fact) for place, fact in enumerate(facts[: len(names)])}


def _readable(value):
    return value.hex() if isinstance(value, bytes) else value


async def _export(scale, words, reply):
    require_at_most(words, 2, "export [from [to]]")
    first = whole_number(words[0], 1, _LARGEST_NUMBER, "the first number") if words else 1
    last = whole_number(words[1], first, _LARGEST_NUMBER, "the last number") if len(words) > 1 else _LARGEST_NUMBER
    await reply.items(_exported(scale.journal, first, last))


def _exported(journal, first, last):
    for number, statement in journal.iterate(first):
        if number > last:
            return
        text = to_text(statement)
        yield text, text


COMMANDS = (
    Command("log", "log [events]", "shows the last events", _log),
    Command("export", "export [from [to]]", "prints statements, one line of base64url each", _export),
)
