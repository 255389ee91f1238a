"""Whoever has run for long has stated the start (quick restarts may wait for an hour)."""

from collections.abc import Iterator

from steelyard_cloud.judge.proof import Proof
from steelyard_cloud.judge.verdict import Unmet, Verdict

NAME = "boots"


def unmet(proof: Proof) -> Iterator[Unmet]:
    """*Cannot be told*."""
    unstated, since = proof.active.unstated, proof.counted
    if proof.baseline is None:
        return
    missing = unstated.those(since.leaves)
    if missing:
        yield Unmet(NAME, Verdict.CANNOT_BE_TOLD, "start-not-stored", values={"boot": min(missing)})
    elif since.leaves(unstated.dropped, unstated.latest_dropped):
        yield Unmet(NAME, Verdict.CANNOT_BE_TOLD, "start-not-stored", values={})
