"""What follows from a scale's verifications and from what judging it gave last; values in, values out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from steelyard_cloud.judge.conditions import fresh, life
from steelyard_cloud.judge.conditions.baseline import NO_BASELINE
from steelyard_cloud.judge.conditions.complete import NOT_JUDGED
from steelyard_cloud.judge.verdict import Freshness, Opinion, Unmet, Verdict


def verification_code(verification_id: int, valid_until: date) -> str:
    """The verification code of a recorded verification, as plate and public page show it."""
    return f"V{valid_until.year}-{verification_id:06d}"


@dataclass(frozen=True)
class Verification:
    """A recorded verification for people; it names the statement `number`."""

    id: int
    number: int
    hash: bytes
    kind: str
    valid_until: date
    seal: str
    institution: str
    recorded_ms: int

    @property
    def code(self) -> str:
        """The verification code."""
        return verification_code(self.id, self.valid_until)


@dataclass(frozen=True)
class PublicDecision:
    """A recorded decision as anybody may read it; it names the statement `number`."""

    number: int
    hash: bytes
    reason: str
    authority: str
    recorded_ms: int


def in_effect(standing: Mapping[str, Any], verified: Sequence[Verification]) -> Verification | None:
    """The verification whose baseline is in effect; `standing` is what judging the scale gave last."""
    number = standing.get("baseline_number")
    return next((one for one in verified if one.number == number), None)


def opinion(standing: Mapping[str, Any], freshness: Freshness, now_ms: int, life_stage: str) -> Opinion:
    """The public verdict on a scale that is on record: what judging it gave last, its newest statements, its life.

    A scale of which nothing is stored is not verified. What was judged before there were conditions cannot be told.
    """
    lived = life.unmet(life_stage)
    if not standing:
        return Opinion.of([NO_BASELINE, *lived], now_ms)
    if "unmet" not in standing:
        return Opinion.of([NOT_JUDGED], now_ms)
    unmet = [Unmet.from_json(row) for row in standing["unmet"]]
    return Opinion.of([*unmet, *lived, *fresh.unmet(freshness, standing["registered_period_s"])], now_ms)


def life_stage(recorded: str, word: Verdict) -> str:
    """The life stage as it is shown: *verified* only while the verdict is that, *expired* once the date is past."""
    if recorded != life.VERIFIED or word is Verdict.VERIFIED:
        return recorded
    return "expired" if word is Verdict.EXPIRED else "in use"
