"""All that is stored since the baseline was judged: no bound overflowed, and nothing waits."""

from collections.abc import Iterator

from steelyard_cloud.judge.proof import Proof
from steelyard_cloud.judge.verdict import Unmet, Verdict

NAME = "complete"
NOT_JUDGED = Unmet(NAME, Verdict.CANNOT_BE_TOLD, "waits")


def unmet(proof: Proof) -> Iterator[Unmet]:
    """*Cannot be told*."""
    if proof.baseline is None:
        return
    if any(number > proof.counted for number in _overflowed(proof)) or _is_full(proof):
        yield Unmet(NAME, Verdict.CANNOT_BE_TOLD, "too-much")
    if any(number >= proof.counted for number in _waiting(proof)):
        yield NOT_JUDGED


def _overflowed(proof: Proof) -> Iterator[int]:
    """The highest numbers of what a bound dropped."""
    summary = proof.active
    yield summary.recent_states.dropped // 2
    yield summary.devices.dropped
    yield summary.changes.dropped
    yield summary.sessions.dropped
    yield summary.unmapped_dropped


def _is_full(proof: Proof) -> bool:
    """Whether there are so many holes that a statement may have been refused."""
    summary = proof.active
    return len(summary.intervals) >= summary.bounds.intervals


def _waiting(proof: Proof) -> Iterator[int]:
    """The highest numbers of what is not judged yet."""
    summary = proof.active
    if summary.outdated:
        yield 1 << 62  # of another version, and not made again yet
    for _, last in summary.unchecked:
        yield last
    for _, last in summary.unmapped.values():
        yield last
    for reread in summary.rereads:
        yield reread.last
