"""What follows from a scale's verifications and from what judging it gave last; values in, values out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from steelyard_cloud.judge.verdict import Known, Verdict, public_verdict


def verification_code(verification_id: int, valid_until: date) -> str:
    """The verification code of a recorded verification, as plate and public page show it."""
    return f"V{valid_until.year}-{verification_id:06d}"


@dataclass(frozen=True)
class Verification:
    """A recorded verification for people; it names the statement `number`."""

    id: int
    number: int
    kind: str
    valid_until: date
    seal: str
    institution: str
    recorded_ms: int

    @property
    def code(self) -> str:
        """The verification code."""
        return verification_code(self.id, self.valid_until)


def in_effect(standing: Mapping[str, Any], verified: Sequence[Verification]) -> Verification | None:
    """The verification whose baseline is in effect; `standing` is what judging the scale gave last."""
    number = standing.get("baseline_number")
    return next((one for one in verified if one.number == number), None)


def verdict(
    standing: Mapping[str, Any],
    verified: Sequence[Verification],
    *,
    software_approved: bool,
    newest_received_ms: int | None,
    now_ms: int,
    today: date,
) -> Verdict:
    """The public verdict on a scale that is on record."""
    baseline = in_effect(standing, verified)
    known = Known(
        altered=bool(standing.get("altered")),
        software_approved=software_approved,
        locked=bool(standing.get("locked")),
        baseline_number=standing.get("baseline_number"),
        adjusted_since=bool(standing.get("adjusted_since")),
        valid_until=baseline.valid_until if baseline else None,
        newest_received_ms=newest_received_ms,
        period_s=int(standing.get("period_s") or 0),
    )
    return public_verdict(known, now_ms=now_ms, today=today)
