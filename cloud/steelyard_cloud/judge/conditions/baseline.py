"""A verification names a stored statement of the active key by hash, and no other names the same."""

from collections.abc import Iterator

from steelyard_cloud.judge.proof import Proof
from steelyard_cloud.judge.verdict import Unmet, Verdict

NAME = "baseline"
NO_BASELINE = Unmet(NAME, Verdict.NOT_VERIFIED, "no-verification")


def unmet(proof: Proof) -> Iterator[Unmet]:
    """*Not verified*."""
    baseline = proof.baseline
    if baseline is None:
        yield NO_BASELINE
        return
    own = [one for one in proof.facts.baselines if one.kid == baseline.kid]
    if baseline.state is None or baseline.device is None:
        yield Unmet(NAME, Verdict.NOT_VERIFIED, "statement-not-stored")
    if sum(one.number == baseline.number for one in own) > 1:
        yield Unmet(NAME, Verdict.NOT_VERIFIED, "two-verifications", values={"number": baseline.number})
