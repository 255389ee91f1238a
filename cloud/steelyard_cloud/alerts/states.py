"""The statuses of an alert, how people may move it through them, and how the same finding reopens it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from steelyard_cloud.judge.facts import NO_FACT
from steelyard_cloud.judge.findings import Finding


class Seen(NamedTuple):
    """What an alert says of its finding so far; `marks` as in Finding, None in an alert of an older version."""

    found: bool
    times: int
    marks: Mapping[str, Sequence[int]] | None


TRANSITIONS: dict[str, tuple[str, ...]] = {
    "open": ("acknowledged", "investigating"),
    "regressed": ("acknowledged", "investigating"),
    "acknowledged": ("investigating",),
    "investigating": ("confirmed", "authorised", "false"),
    "confirmed": ("closed", "investigating"),
    "authorised": ("closed", "investigating"),
    "false": ("closed", "investigating"),
    "closed": (),
}
"""Where people may move an alert from each state; `regressed` is reached only by the finding coming back."""

DECIDED = ("confirmed", "authorised", "false", "closed")
"""Somebody has looked at what was there."""


def when_found_again(status: str, before: Seen, finding: Finding) -> str:
    """The status of an alert whose finding is there (again).

    A decision stands for what it was made of. The alert comes back when the finding had gone, when a newer verification
    or decision does not settle what has come since, and, once closed, when there is more of it.
    """
    marks = finding.marks if before.marks is None else before.marks
    renewed = any(since > tuple(marks.get(kid, NO_FACT)) for kid, since in finding.marks.items())
    more = status == "closed" and finding.count > before.times
    return "regressed" if status in DECIDED and (not before.found or renewed or more) else status
