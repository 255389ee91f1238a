"""The scale's log in words: one line for each event, as a technician would tell it.

What the scale gives is `{"number", "time", "boot", "event", "facts"}`; an event or a fact that this program does not
know is called by the name that the scale gave it.
"""

import string
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

_LOCKED = {1: "its case was opened", 2: "its parameters do not match its records"}
_SOURCE = {1: "its own clock chip", 2: "the network", 3: "signed network time", 4: "the service console"}
_CLOSED = {1: "the adjustment switch was turned off", 2: "at the console", 3: "it timed out", 4: "the case was opened"}
_ORDER = {1: "a receipt", 2: "a permit", 3: "a key set", 4: "the time", 5: "a question", 6: "an update"}
_REFUSED = {
    1: "it is malformed",
    2: "it is too large",
    3: "the key is unknown",
    4: "the key does not have that role",
    5: "the signature is wrong",
    6: "it is for another scale",
    7: "its kind is unknown",
    8: "it names another statement",
    9: "the permit does not apply",
    10: "the key set is not newer",
    11: "the scale did not ask for it, or it came too late",
    12: "the question is not newer",
    13: "it is for another model",
    14: "the scale has this software, or newer",
    15: "there is no place for it",
    16: "the scale could not do it",
}
_FAILED = {
    1: "what came was not what its manifest says",
    2: "it did not work",
    3: "the platform did not hear it",
    4: "a newer one took its place",
}

_SENTENCES: dict[str, str] = {
    "enrolled": "Enrolled",
    "started": "Started",
    "case opened": "Case opened at {stamp}",
    "locked": "Locked itself: {why}",
    "unlocked": "Unlocked",
    "wrong code": "Wrong unlock code entered ({count} in all)",
    "zero out of range": "Zero out of range by {zero} counts ({count} times)",
    "ADC fault": "ADC fault: {missed} conversions missed, {faults} faulty",
    "clock set": "Clock set from {from} to {to} by {source}",
    "downlink refused": "Refused {order} from the platform: {why} ({count} in all)",
    "key succession": "Key {predecessor} replaced by {successor}",
    "software update": "Software updated from {from} to {to}",
    "session closed": "Adjustment session closed: {why}",
    "journal lost": "Journal lost; statement {head} was the last one known",
    "statements lost": "Statements {first} to {last} lost",
    "snapshots left out": "{count} snapshots left out because the journal was nearly full",
    "period changed": "Reporting period changed from {from} s to {to} s",
    "update begun": "New software, number {number}, began to arrive",
    "update failed": "New software, number {number}, given up: {why}",
    "rolled back": "Memory rolled back to before statement {number}",
}
_CODES: dict[tuple[str, str], dict[int, str]] = {
    ("locked", "why"): _LOCKED,
    ("clock set", "source"): _SOURCE,
    ("session closed", "why"): _CLOSED,
    ("downlink refused", "order"): _ORDER,
    ("downlink refused", "why"): _REFUSED,
    ("update failed", "why"): _FAILED,
}
_TIMES = {("case opened", "stamp"), ("clock set", "from"), ("clock set", "to")}


def line(entry: Mapping[str, Any]) -> str:
    """One event as a line: its statement's number, when it was, what happened. KeyError and TypeError for nonsense."""
    when = _moment(entry["time"]) if entry["time"] else f"start {entry['boot']}, no clock"
    return f"{int(entry['number']):6}  {when:23}  {told(str(entry['event']), entry['facts'])}"


def told(event: str, facts: Mapping[str, Any]) -> str:
    """What happened."""
    if event == "parameter change":
        changes = (f"{name} from {value.replace(' -> ', ' to ')}" for name, value in facts.items())
        return f"Parameters changed: {', '.join(changes)}".replace("None", "nothing")
    if event == "session opened":
        permit = facts.get("permit")
        return "Adjustment session opened" + (f" under permit {permit}" if permit else "")
    words = {name: _value(event, name, value) for name, value in facts.items()}
    template = _SENTENCES.get(event, "")
    if template and _places(template) <= words.keys():
        return template.format(**words)
    return ", ".join([event, *(f"{name} {value}" for name, value in words.items())])


def _value(event: str, name: str, value: Any) -> str:
    if (event, name) in _TIMES:
        return _moment(value) if value else "an unknown time"
    return _CODES.get((event, name), {}).get(value, f"reason {value}" if name == "why" else str(value))


def _places(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def _moment(unix_s: int) -> str:
    return f"{datetime.fromtimestamp(unix_s, UTC):%Y-%m-%d %H:%M:%S} UTC"
