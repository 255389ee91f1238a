"""All that is stored since the baseline was judged: no bound overflowed, and nothing waits."""

from collections.abc import Iterator

from steelyard_cloud.judge.proof import Proof
from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.judge.verdict import Unmet, Verdict

NAME = "complete"
NOT_JUDGED = Unmet(NAME, Verdict.CANNOT_BE_TOLD, "waits")


def unmet(proof: Proof) -> Iterator[Unmet]:
    """*Cannot be told*."""
    if proof.baseline is None:
        return
    summary, since = proof.active, proof.counted
    if any(since.leaves(*one) for one in _overflowed(summary)) or _is_full(summary):
        yield Unmet(NAME, Verdict.CANNOT_BE_TOLD, "too-much")
    if summary.outdated or summary.rereads or any(since.named.leaves(*one) for one in _waiting(summary)):
        yield NOT_JUDGED


def _overflowed(summary: Summary) -> Iterator[tuple[int, int]]:
    """The highest number and the latest arrival of what a bound dropped."""
    states, unmapped = summary.recent_states, summary.unmapped_dropped
    yield states.dropped // 2, states.latest_dropped
    for kept in (summary.devices, summary.changes, summary.sessions):
        yield kept.dropped, kept.latest_dropped
    yield unmapped.highest, unmapped.latest


def _is_full(summary: Summary) -> bool:
    """Whether there are so many holes that a statement may have been refused."""
    return len(summary.intervals) >= summary.bounds.intervals


def _waiting(summary: Summary) -> Iterator[tuple[int, int]]:
    """The highest number and the latest arrival of what is not judged yet."""
    if summary.unchecked:
        yield summary.unchecked[-1][1], summary.unchecked_latest
    for waiting in summary.unmapped.values():
        yield waiting.last, waiting.latest
