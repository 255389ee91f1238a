"""The verification is in date, and was not made for longer than the type allows."""

from collections.abc import Iterator

from steelyard_cloud.judge.proof import Proof
from steelyard_cloud.judge.verdict import Unmet, Verdict

NAME = "validity"


def unmet(proof: Proof) -> Iterator[Unmet]:
    """*Verification expired*."""
    baseline = proof.baseline
    if baseline is None:
        return
    if baseline.until_ms > baseline.longest_ms:
        yield Unmet(NAME, Verdict.EXPIRED, "too-long")
    yield Unmet(NAME, Verdict.EXPIRED, "expired", baseline.until_ms)
