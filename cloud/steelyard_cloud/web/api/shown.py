"""What several domains of the API answer alike."""

from typing import Any

from steelyard_cloud.scales.life.history import StepTaken


def taken(one: StepTaken) -> dict[str, Any]:
    """A step that was taken."""
    return {
        "step": one.step,
        "from": one.before,
        "to": one.after,
        "organisation": one.organisation,
        "reason": one.reason,
        "evidence": one.evidence,
        "at_ms": one.at_ms,
    }
