"""The case was never opened and the scale never locked since the baseline."""

from collections.abc import Iterator

from steelyard_cloud.judge.facts import PermitUse
from steelyard_cloud.judge.proof import Proof
from steelyard_cloud.judge.verdict import Unmet, Verdict

NAME = "case"
UNLOCKING = (PermitUse.UNLOCK, PermitUse.REPAIR)


def unmet(proof: Proof) -> Iterator[Unmet]:
    """*Locked* until it was unlocked under a recorded permit that answers the newest lock; then *Not verified*.

    What may have been an opening and cannot be read is one that nothing unlocks.
    """
    summary = proof.active
    if proof.is_hidden(NAME):
        yield Unmet(NAME, Verdict.LOCKED, "unreadable")
    newest = max(summary.case_flagged, summary.case_event)
    if proof.since.named.leaves(newest, summary.case_latest[0]) and newest:
        unlocked = _is_unlocked(proof, newest)
        word = Verdict.NOT_VERIFIED if unlocked else Verdict.LOCKED
        yield Unmet(NAME, word, "was-opened" if unlocked else "opened", values={"number": newest})


def _is_unlocked(proof: Proof, newest: int) -> bool:
    """A permit answers one lock: the same order number named again, after the case was opened again, opens nothing."""
    own = [one for one in proof.facts.permits if one.kid == proof.active.kid and one.what in UNLOCKING]
    return any(
        unlock.number > newest
        and permit.order_number == unlock.order_number
        and permit.locked_at is not None
        and proof.active.case_event <= permit.locked_at < unlock.number
        for unlock in proof.active.unlocks
        for permit in own
        if permit.order_number
    )
