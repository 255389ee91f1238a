"""What the scale's events say, in words."""

from datetime import UTC, datetime

from steelyard_protocol.events import Event, EventKind, ParameterChange

from steelyard_cloud.web.words.i18n import N_, Speech
from steelyard_cloud.web.words.parameters import parameter_name

# A sentence has places for its event's facts, by their names in the definition.
EVENTS = {
    EventKind.PARAMETER_CHANGE: N_("Parameters changed: {fields}"),
    EventKind.CASE_OPENED: N_("Case opened: {opened}"),
    EventKind.LOCKED: N_("Scale locked itself"),
    EventKind.UNLOCKED: N_("Scale unlocked"),
    EventKind.WRONG_CODE: N_("Wrong unlock code entered"),
    EventKind.ZERO_OUT_OF_RANGE: N_("Zero out of range"),
    EventKind.ADC_FAULT: N_("ADC fault"),
    EventKind.CLOCK_SET: N_("Clock set"),
    EventKind.DOWNLINK_REFUSED: N_("Scale refused an order from the platform"),
    EventKind.KEY_SUCCESSION: N_("Key replaced"),
    EventKind.SOFTWARE_UPDATE: N_("Software updated"),
    EventKind.SESSION_OPENED: N_("Adjustment session opened"),
    EventKind.SESSION_CLOSED: N_("Adjustment session closed"),
    EventKind.JOURNAL_LOST: N_("Journal lost"),
    EventKind.STATEMENTS_LOST: N_("Scale reported lost statements"),
    EventKind.SNAPSHOTS_LEFT_OUT: N_("Snapshots left out because the journal was nearly full"),
    EventKind.PERIOD_CHANGED: N_("Reporting period changed"),
    EventKind.ROLLED_BACK: N_("Memory rolled back"),
    EventKind.FLASH_FAULT: N_("Flash worn out in places; what it did not keep was written elsewhere"),
    EventKind.UPDATE_BEGUN: N_("New software, number {number}, began to arrive"),
    EventKind.UPDATE_FAILED: N_("New software, number {number}, was given up; the software before it runs"),
    EventKind.SALES_STATED: N_("Sales are stated differently, after the room in the journal"),
    EventKind.KEY_FAULT: N_("Scale could not sign for a time: fault of its key store"),
}


def event_sentence(speech: Speech, event: Event, stated_s: int) -> str:
    """What an event says; `stated_s` is the time of its statement, 0 where the scale knew none."""
    places = event.named
    if isinstance(event.facts, ParameterChange):
        places["fields"] = ", ".join(parameter_name(speech, change.field) for change in event.facts.changes)
    elif event.kind == EventKind.CASE_OPENED:
        places["opened"] = opened(speech, places["stamp"], stated_s)
    try:
        template = EVENTS[EventKind(event.kind)]
    except ValueError:
        return speech.say(N_("Unknown kind of event: {kind}"), kind=event.kind)
    return speech.say(template, **places)


def opened(speech: Speech, stamp_s: int | None, stated_s: int | None) -> str:
    """When the case was opened, by the stamp of its latch; without one at least the time by which it was stated."""
    if stamp_s:
        return speech.moment(datetime.fromtimestamp(stamp_s, UTC))
    if stated_s:
        return speech.say(
            N_("at an unknown time, not after {stated}"), stated=speech.moment(datetime.fromtimestamp(stated_s, UTC))
        )
    return speech.say(N_("at an unknown time"))
