"""The chain is whole from the baseline to the newest number: nothing missing, doubled, lost, or going down."""

from collections.abc import Iterator

from steelyard_cloud.judge.chain import breaks_of_order
from steelyard_cloud.judge.proof import Proof
from steelyard_cloud.judge.verdict import Unmet, Verdict

NAME = "chain"


def unmet(proof: Proof) -> Iterator[Unmet]:
    """*Cannot be told*."""
    summary, since = proof.active, proof.counted
    if not proof.since:
        return
    for code, numbers in (("fork", summary.forks), ("re-signed", summary.resigned)):
        if numbers.highest >= since:
            yield Unmet(NAME, Verdict.CANNOT_BE_TOLD, code, values={"number": numbers.highest})
    for code, numbers in (("journal-lost", summary.journal_lost), ("rolled-back", summary.rolled_back)):
        if numbers.highest > since:
            yield Unmet(NAME, Verdict.CANNOT_BE_TOLD, code, values={"number": numbers.highest})
    if summary.several_at < since:  # else what follows what depends on which copy came first
        for code, number in sorted(_breaks(proof, since).items()):
            yield Unmet(NAME, Verdict.CANNOT_BE_TOLD, code, values={"number": number})
    for hole in proof.holes:
        if hole.last > since:
            values = {"first": max(hole.first, since + 1), "last": hole.last}
            yield Unmet(NAME, Verdict.CANNOT_BE_TOLD, "hole", hole.until_ms, values)
            return  # the first; those after it end their grace later or do not matter more


def _breaks(proof: Proof, since: int) -> dict[str, int]:
    """Kind of break → the highest number that does not continue the one before it, stored or not."""
    summary = proof.active
    found = {what: numbers.highest for what, numbers in summary.broken.items() if numbers.highest > since}
    for left, right in zip(summary.intervals, summary.intervals[1:], strict=False):
        if right.first.number > since:
            for what in breaks_of_order(left.last, right.first):
                found[what] = max(right.first.number, found.get(what, 0))
    return found
