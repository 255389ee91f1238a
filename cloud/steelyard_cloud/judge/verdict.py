"""The public verdict on a scale: one word that a consumer can rely on, or not.

It follows from signed statements, the baseline and the clock, never from the state of an alert. A scale that has not
reported is never called accurate.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from steelyard_cloud.judge.rules.silent import PERIODS, SHORTEST_MS


class Verdict(StrEnum):
    """In this order of precedence: the first that holds is shown."""

    NOT_ON_RECORD = "not-on-record"
    ALTERED = "altered"
    LOCKED = "locked"
    NOT_VERIFIED = "not-verified"
    EXPIRED = "expired"
    NO_RECENT_DATA = "no-recent-data"
    VERIFIED = "verified"


@dataclass(frozen=True, slots=True)
class Known:
    """What the verdict needs of a scale that is on record; `None` where nothing was reported or verified yet."""

    altered: bool
    software_approved: bool
    locked: bool
    baseline_number: int | None
    adjusted_since: bool
    valid_until: date | None
    newest_received_ms: int | None
    period_s: int


def public_verdict(known: Known | None, *, now_ms: int, today: date) -> Verdict:
    """The verdict on a scale at a time; `known` is None for a code that is not on record."""
    if known is None:
        return Verdict.NOT_ON_RECORD
    if known.altered or not known.software_approved:
        return Verdict.ALTERED
    if known.locked:
        return Verdict.LOCKED
    if known.baseline_number is None or known.valid_until is None or known.adjusted_since:
        return Verdict.NOT_VERIFIED
    if today > known.valid_until:
        return Verdict.EXPIRED
    quiet_ms = max(PERIODS * known.period_s * 1000, SHORTEST_MS)
    if known.newest_received_ms is None or now_ms - known.newest_received_ms > quiet_ms:
        return Verdict.NO_RECENT_DATA
    return Verdict.VERIFIED
