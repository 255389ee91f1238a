"""The chain is whole from the baseline to the newest number: nothing missing, doubled, lost, or going down."""

from collections.abc import Iterator

from steelyard_cloud.judge.chain import breaks_of_order
from steelyard_cloud.judge.facts import Since
from steelyard_cloud.judge.proof import Proof
from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.judge.verdict import Unmet, Verdict

NAME = "chain"


def unmet(proof: Proof) -> Iterator[Unmet]:
    """*Cannot be told*."""
    summary, since = proof.active, proof.counted
    if proof.baseline is None:
        return
    several = False
    for code, numbers in (("fork", summary.forks), ("re-signed", summary.resigned)):
        if since.named.leaves(numbers.highest, numbers.latest):
            several = True
            yield Unmet(NAME, Verdict.CANNOT_BE_TOLD, code, values={"number": numbers.highest})
    for code, numbers in (("journal-lost", summary.journal_lost), ("rolled-back", summary.rolled_back)):
        if since.leaves(numbers.highest, numbers.latest):
            yield Unmet(NAME, Verdict.CANNOT_BE_TOLD, code, values={"number": numbers.highest})
    if not several:  # else what follows what depends on which copy came first
        for code, number in sorted(_breaks(summary, since).items()):
            yield Unmet(NAME, Verdict.CANNOT_BE_TOLD, code, values={"number": number})
    for hole in proof.holes:
        if hole.last > since.number:
            values = {"first": max(hole.first, since.number + 1), "last": hole.last}
            yield Unmet(NAME, Verdict.CANNOT_BE_TOLD, "hole", hole.until_ms, values)
            return  # the first; those after it end their grace later or do not matter more


def _breaks(summary: Summary, since: Since) -> dict[str, int]:
    """Kind of break → the highest number that does not continue the one before it, stored or not."""
    broken = summary.broken.items()
    found = {what: numbers.highest for what, numbers in broken if since.leaves(numbers.highest, numbers.latest)}
    for left, right in zip(summary.intervals, summary.intervals[1:], strict=False):
        before, after = left.last, right.first
        if since.leaves(after.number, max(before.arrival, after.arrival)):
            for what in breaks_of_order(before, after):
                found[what] = max(after.number, found.get(what, 0))
    return found
