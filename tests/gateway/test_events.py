"""Each kind of event in words, and each of the codes in one."""

from typing import Any

import pytest
from steelyard_gateway.scale.events import told

EVENTS: list[tuple[str, dict[str, Any], str]] = [
    ("started", {}, "Started"),
    ("case opened", {"stamp": 1_800_000_000}, "Case opened at 2027-01-15 08:00:00 UTC"),
    ("case opened", {"stamp": 0}, "Case opened at an unknown time"),
    ("locked", {"why": 1}, "Locked itself: its case was opened"),
    ("locked", {"why": 2}, "Locked itself: its parameters do not match its records"),
    ("unlocked", {}, "Unlocked"),
    ("wrong code", {"count": 3}, "Wrong unlock code entered (3 in all)"),
    ("zero out of range", {"zero": -5, "count": 2}, "Zero out of range by -5 counts (2 times)"),
    ("ADC fault", {"missed": 4, "faults": 1}, "ADC fault: 4 conversions missed, 1 faulty"),
    ("key succession", {"predecessor": "ab", "successor": "cd"}, "Key ab replaced by cd"),
    ("software update", {"from": "1.0", "to": "1.1"}, "Software updated from 1.0 to 1.1"),
    ("session opened", {}, "Adjustment session opened"),
    ("session opened", {"permit": None}, "Adjustment session opened"),
    ("journal lost", {"head": 7}, "Journal lost; statement 7 was the last one known"),
    ("statements lost", {"first": 2, "last": 5}, "Statements 2 to 5 lost"),
    ("snapshots left out", {"count": 9}, "9 snapshots left out because the journal was nearly full"),
    ("period changed", {"from": 600, "to": 60}, "Reporting period changed from 600 s to 60 s"),
    ("update begun", {"number": 2, "image": "ab"}, "New software, number 2, began to arrive"),
    ("rolled back", {"number": 8}, "Memory rolled back to before statement 8"),
]
SOURCES = ("its own clock chip", "the network", "signed network time", "the service console")
CLOSED = ("the adjustment switch was turned off", "at the console", "it timed out", "the case was opened")
ORDERS = ("a receipt", "a permit", "a key set", "the time", "a question", "an update")
REFUSED = (
    "it is malformed",
    "it is too large",
    "the key is unknown",
    "the key does not have that role",
    "the signature is wrong",
    "it is for another scale",
    "its kind is unknown",
    "it names another statement",
    "the permit does not apply",
    "the key set is not newer",
    "the scale did not ask for it, or it came too late",
    "the question is not newer",
    "it is for another model",
    "the scale has this software, or newer",
    "there is no place for it",
    "the scale could not do it",
)
FAILED = (
    "what came was not what its manifest says",
    "it did not work",
    "the platform did not hear it",
    "a newer one took its place",
)


@pytest.mark.parametrize(("event", "facts", "sentence"), EVENTS)
def test_an_event_in_words(event: str, facts: dict[str, Any], sentence: str) -> None:
    assert told(event, facts) == sentence


def test_each_code_in_words() -> None:
    for code, source in enumerate(SOURCES, 1):
        set_clock = told("clock set", {"from": 1_800_000_000, "to": 0, "source": code})
        assert set_clock == f"Clock set from 2027-01-15 08:00:00 UTC to an unknown time by {source}"
    for code, why in enumerate(CLOSED, 1):
        assert told("session closed", {"why": code}) == f"Adjustment session closed: {why}"
    for code, order in enumerate(ORDERS, 1):
        refused = told("downlink refused", {"order": code, "why": 1, "count": 1})
        assert refused == f"Refused {order} from the platform: it is malformed (1 in all)"
    for code, why in enumerate(REFUSED, 1):
        refused = told("downlink refused", {"order": 1, "why": code, "count": 2})
        assert refused == f"Refused a receipt from the platform: {why} (2 in all)"
    for code, why in enumerate(FAILED, 1):
        assert told("update failed", {"number": 3, "why": code}) == f"New software, number 3, given up: {why}"
