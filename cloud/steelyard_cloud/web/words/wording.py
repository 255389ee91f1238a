"""The words of the console: findings, events, verdicts, states and parameters, each from its code and values.

Messages are English and the keys of the translations. Nothing here decides anything.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from steelyard_protocol.bodies import Event, EventKind, ParameterChange

from steelyard_cloud.web.words.i18n import N_, Speech

RULES = {
    "authenticity": N_("Authenticity"),
    "continuity": N_("Continuity"),
    "parameter_change": N_("Parameters changed without a permit"),
    "case": N_("Case opened"),
    "software": N_("Software not approved"),
    "weight": N_("Weight not recomputable"),
    "silent": N_("Silent"),
}

SEVERITIES = {3: (N_("Tampering"), "tamper"), 2: (N_("Warning"), "warning"), 1: (N_("Notice"), "notice")}

STATES = {
    "open": N_("Open"),
    "acknowledged": N_("Acknowledged"),
    "investigating": N_("Investigating"),
    "confirmed": N_("Confirmed"),
    "authorised": N_("Was authorised"),
    "false": N_("False alarm"),
    "late": N_("Came late"),
    "closed": N_("Closed"),
    "regressed": N_("Found again"),
}

FINDINGS: dict[tuple[str, str], tuple[str, str]] = {
    ("parameter_change", "changed"): (
        N_("Parameters changed without a permit"),
        N_("{changes}; the scale itself reported it."),
    ),
    ("parameter_change", "changed-silently"): (
        N_("Parameters differ, and no change was reported"),
        N_("The signed parameters are not those that were verified, and no event in the chain explains how."),
    ),
    ("parameter_change", "too-many-states"): (
        N_("Parameters changed too often to follow"),
        N_("More sets of parameters were seen than are kept; look at the statements themselves."),
    ),
    ("case", "opened"): (
        N_("Case opened"),
        N_("The scale reports that its case was opened: {opened}."),
    ),
    ("case", "too-many"): (
        N_("Case opened too often to follow"),
        N_("The case was opened more often than is kept; look at the statements themselves."),
    ),
    ("software", "not-approved"): (
        N_("Software not approved"),
        N_("The scale runs {name} {version}, whose hash is not in the type approval."),
    ),
    ("weight", "not-recomputable"): (
        N_("Weight not recomputable"),
        N_("The indicated weight does not follow from the counts and parameters in the same signed statement."),
    ),
    ("silent", "silent"): (
        N_("No reports"),
        N_("Nothing was received for three reporting periods."),
    ),
    ("continuity", "gap"): (
        N_("Statements missing"),
        N_("{missing} statements of the chain never arrived, although later ones did."),
    ),
    ("continuity", "fork"): (
        N_("Two contents under one number"),
        N_("The same identity signed two different statements with one number: a copied key, or restored memory."),
    ),
    ("continuity", "re-signed"): (
        N_("Signed twice"),
        N_("The same content came with two signatures."),
    ),
    ("continuity", "link"): (
        N_("The chain is broken"),
        N_("A statement does not link to the one before it."),
    ),
    ("continuity", "counters"): (
        N_("A counter went down"),
        N_("The calibration or configuration counter is lower than before; it can only rise on an intact scale."),
    ),
    ("continuity", "boot"): (
        N_("A boot number went down"),
        N_("The boot number is lower than before."),
    ),
    ("continuity", "uptime"): (
        N_("Time ran backwards"),
        N_("The time since start is lower than before within one start."),
    ),
    ("continuity", "journal-lost"): (
        N_("Journal lost"),
        N_("The scale reports that it lost its journal."),
    ),
    ("continuity", "rolled-back"): (
        N_("Rolled back"),
        N_("The scale found a receipt beyond its own head: its memory was set back."),
    ),
    ("authenticity", "profile"): (
        N_("Out of profile"),
        N_("An authentic statement departs from the wire's profile: {breach}."),
    ),
    ("authenticity", "bad-signature"): (
        N_("Bad signature inside the chain"),
        N_("A statement that a later one vouches for carries a signature that does not verify."),
    ),
}

REASONS = {
    "no-permit": N_("No permit was named."),
    "unknown-permit": N_("The permit that it names is not on record."),
    "permit-for-something-else": N_("The permit is for something else."),
    "field-not-permitted": N_("The permit does not cover these parameters."),
    "permit-spent": N_("The permit was for other counters: it is spent."),
    "outside-window": N_("It happened outside the permit's window."),
    "from-unexplained-state": N_("It started from parameters that were already unexplained."),
    "no-event": N_("No event tells of it."),
    "before-start": N_("That was before the scale was switched on."),
}

EVENTS = {
    EventKind.PARAMETER_CHANGE: N_("Parameters changed: {fields}"),
    EventKind.CASE_OPENED: N_("Case opened: {opened}"),
    EventKind.LOCKED: N_("Scale locked itself"),
    EventKind.UNLOCKED: N_("Scale unlocked"),
    EventKind.WRONG_CODE: N_("Wrong unlock code entered"),
    EventKind.ZERO_OUT_OF_RANGE: N_("Zero out of its range"),
    EventKind.ADC_FAULT: N_("Fault of the converter"),
    EventKind.CLOCK_SET: N_("Clock set"),
    EventKind.DOWNLINK_REFUSED: N_("Scale refused an order of the platform"),
    EventKind.KEY_SUCCESSION: N_("Key succeeded by a new one"),
    EventKind.SOFTWARE_UPDATE: N_("Software updated"),
    EventKind.SESSION_OPENED: N_("Adjustment session opened"),
    EventKind.SESSION_CLOSED: N_("Adjustment session closed"),
    EventKind.JOURNAL_LOST: N_("Journal lost"),
    EventKind.STATEMENTS_LOST: N_("Statements declared lost"),
    EventKind.SNAPSHOTS_LEFT_OUT: N_("Snapshots left out, as the journal was nearly full"),
    EventKind.PERIOD_CHANGED: N_("Reporting period changed"),
    EventKind.ROLLED_BACK: N_("Memory was set back"),
}

VERDICTS = {
    "not-on-record": (N_("Not on record"), "bad", "unknown"),
    "altered": (N_("Altered — do not rely on it"), "bad", "altered"),
    "locked": (N_("Locked"), "warn", "locked"),
    "not-verified": (N_("Not verified"), "warn", "unknown"),
    "expired": (N_("Verification expired"), "warn", "expired"),
    "no-recent-data": (N_("No recent data"), "grey", "silent"),
    "verified": (N_("Verified and in date, no change reported"), "good", "good"),
}
"""Word, tone and icon of each public verdict."""

VERDICT_LINES = {
    "not-on-record": N_(
        "No scale has this code. Check that you read it correctly; a scale without a record is not lawful for trade."
    ),
    "altered": N_("Its signed parameters are not those that were verified."),
    "locked": N_("Its case was opened. It must not be used until an authorised person unlocks it."),
    "not-verified": N_("No valid verification of its present parameters is on record."),
    "expired": N_("It must be verified again before it is used for trade."),
    "no-recent-data": N_("It was verified, but has not reported lately, so nothing can be said of it now."),
    "verified": N_("Its signed reports match what was verified."),
}

AT_STATEMENT = N_("statement {number}")

LIFE = {
    "produced": N_("Produced"),
    "verified": N_("In use, verified"),
    "in repair": N_("In repair"),
    "retired": N_("Retired"),
}

PARAMETERS = {
    1: N_("Maximum capacity"),
    2: N_("Minimum capacity"),
    3: N_("Verification scale interval e"),
    4: N_("Filter length"),
    5: N_("Stability band"),
    6: N_("Stability time"),
    7: N_("Zero tracking rate"),
    8: N_("Zero setting range"),
    9: N_("Initial zero range"),
    10: N_("Price decimals"),
    11: N_("Currency (ISO 4217)"),
    12: N_("Adjustment needs a permit"),
    32: N_("Zero at calibration"),
    33: N_("Gravity at calibration"),
    34: N_("Gravity at the place of use"),
    35: N_("Reference temperature"),
    36: N_("Zero temperature coefficient"),
    37: N_("Span temperature coefficient"),
}
_CHANGES_SHOWN = 4
_POINT_COUNTS = N_("Calibration point {n}: counts")
_POINT_MASS = N_("Calibration point {n}: mass")

# Unit, power of ten that divides the stored integer, decimals shown.
_UNITS: dict[int, tuple[str, int, int]] = {
    1: ("kg", 6, 3),
    2: ("g", 3, 1),
    3: ("g", 3, 1),
    4: ("", 0, 0),
    5: ("e", 3, 3),
    6: ("s", 3, 1),
    7: ("e/s", 3, 3),
    8: ("% Max", 1, 1),
    9: ("% Max", 1, 1),
    10: ("", 0, 0),
    11: ("", 0, 0),
    32: ("", 0, 0),
    33: ("m/s²", 6, 6),
    34: ("m/s²", 6, 6),
    35: ("°C", 2, 2),
    36: ("/K", 3, 3),
    37: ("ppm/K", 3, 3),
}


def parameter_name(speech: Speech, key: int) -> str:
    """The name of a parameter for people."""
    if key in PARAMETERS:
        return speech.say(PARAMETERS[key])
    if 40 <= key < 52:
        return speech.say(_POINT_MASS if key % 2 else _POINT_COUNTS, n=(key - 40) // 2 + 1)
    return speech.say(N_("Parameter {key}"), key=key)


def parameter_value(speech: Speech, key: int, value: int | None) -> str:
    """The value of a parameter with its unit; a dash where it is absent."""
    if value is None:
        return "—"
    if key == 12:
        return speech.say(N_("yes")) if value else speech.say(N_("no"))
    if key == 11:
        return f"{value:03d}"
    if 40 <= key < 52:
        unit, power, decimals = ("kg", 6, 3) if key % 2 else ("", 0, 0)
    else:
        unit, power, decimals = _UNITS.get(key, ("", 0, 0))
    text = speech.number(value / 10**power, decimals)
    return f"{text} {unit}" if unit else text


def parameter_difference(speech: Speech, key: int, before: int | None, after: int | None) -> str:
    """How much a parameter changed, in percent where that means something."""
    if before is None or after is None or before == after:
        return "—"
    if key in (10, 11, 12):
        return speech.say(N_("changed"))
    if before == 0 or key in (32, 35, 36, 37):
        sign = "+" if after > before else "−"
        return sign + parameter_value(speech, key, abs(after - before))
    change = (after - before) / before * 100
    return f"{'+' if change > 0 else '−'}{speech.number(abs(change), 2)} %"


def finding_title(speech: Speech, rule: str, values: Mapping[str, Any]) -> str:
    """A short name of what was found."""
    title, _ = FINDINGS.get((rule, str(values.get("code"))), (RULES.get(rule, N_("Finding")), ""))
    return speech.say(title)


def finding_sentence(speech: Speech, rule: str, values: Mapping[str, Any]) -> str:
    """One sentence on what was found; the reason follows where there is one."""
    _, template = FINDINGS.get((rule, str(values.get("code"))), ("", N_("An unknown kind of finding: {code}.")))
    places = {
        "changes": _changes(speech, values),
        "opened": _opened(speech, values.get("stamp_s"), values.get("dated_s")),
    }
    text = speech.say(template, **{"code": "?", **values, **places})
    reason = REASONS.get(str(values.get("reason")))
    return speech.say(N_("{first} {then}"), first=text, then=speech.say(reason)) if reason else text


def _opened(speech: Speech, stamp_s: int | None, stated_s: int | None) -> str:
    """When the case was opened, by the stamp of its latch; without one at least the time by which it was stated."""
    if stamp_s:
        return speech.moment(datetime.fromtimestamp(stamp_s, UTC))
    if stated_s:
        return speech.say(
            N_("at an unknown time, not after {stated}"), stated=speech.moment(datetime.fromtimestamp(stated_s, UTC))
        )
    return speech.say(N_("at an unknown time"))


def _changes(speech: Speech, values: Mapping[str, Any]) -> str:
    """The parameters that a finding tells of, each with its difference."""
    shown = [
        f"{parameter_name(speech, key)} {parameter_difference(speech, key, old, new)}"
        for key, old, new in values.get("changes", ())[:_CHANGES_SHOWN]
    ]
    return ", ".join(shown) + (" …" if len(values.get("changes", ())) > _CHANGES_SHOWN else "")


def severity(speech: Speech, level: int) -> tuple[str, str]:
    """The word for a severity, and its tone in the style sheet."""
    word, tone = SEVERITIES.get(level, SEVERITIES[1])
    return speech.say(word), tone


def state(speech: Speech, code: str) -> str:
    """The word for an alert's state."""
    return speech.say(STATES.get(code, N_("Open")))


def event_sentence(speech: Speech, event: Event, stated_s: int) -> str:
    """What an event says; `stated_s` is the time of its statement, 0 where the scale knew none."""
    facts = event.facts
    places = {}
    if isinstance(facts, ParameterChange):
        places["fields"] = ", ".join(parameter_name(speech, change.field) for change in facts.changes)
    elif event.kind == EventKind.CASE_OPENED:
        places["opened"] = _opened(speech, facts[0], stated_s)
    try:
        template = EVENTS[EventKind(event.kind)]
    except ValueError:
        return speech.say(N_("Event of an unknown kind {kind}"), kind=event.kind)
    return speech.say(template, **places)
