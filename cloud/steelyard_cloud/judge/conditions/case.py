"""The case was never opened and the scale never locked since the baseline."""

from collections.abc import Iterator

from steelyard_cloud.judge.facts import PermitUse
from steelyard_cloud.judge.permits import in_repair
from steelyard_cloud.judge.proof import Proof
from steelyard_cloud.judge.verdict import Unmet, Verdict

NAME = "case"
UNLOCKING = (PermitUse.UNLOCK, PermitUse.REPAIR)


def unmet(proof: Proof) -> Iterator[Unmet]:
    """*Locked* until it was unlocked under a recorded permit that answers the newest lock; then *Not verified*.

    So is what was opened in a repair, whose permit needs to answer nothing that came after it. What may have been an
    opening and cannot be read is one that nothing unlocks.
    """
    if proof.is_hidden(NAME):
        yield Unmet(NAME, Verdict.LOCKED, "unreadable")
    newest = newest_opening(proof)
    if newest:
        unlocked = _is_unlocked(proof)
        word = Verdict.NOT_VERIFIED if unlocked else Verdict.LOCKED
        yield Unmet(NAME, word, "was-opened" if unlocked else "opened", values={"number": newest})


def newest_opening(proof: Proof) -> int:
    """The highest number of a statement that tells of an open case or a lock, 0 if what was settled is all there is."""
    summary = proof.active
    return max(_outside(proof), summary.case_in_session[0] if _is_open_in_session(proof) else 0)


def _outside(proof: Proof) -> int:
    """The same of those that no session was open for."""
    summary = proof.active
    newest = max(summary.case_flagged, summary.case_event)
    return newest if proof.since.named.leaves(newest, summary.case_latest[0]) else 0


def _is_open_in_session(proof: Proof) -> bool:
    summary = proof.active
    return proof.since.named.leaves(summary.case_in_session[0], summary.case_in_session_latest[0])


def _is_unlocked(proof: Proof) -> bool:
    """Whether all that is not in a repair was unlocked."""
    summary = proof.active
    newest, event = max(summary.case_flagged, summary.case_event), summary.case_event
    number, boot = summary.case_in_session
    if _is_open_in_session(proof) and not in_repair(summary, number, boot, proof.facts.permits):
        return _is_answered(proof, max(newest, number), max(event, number))
    return not _outside(proof) or _is_answered(proof, newest, event)


def _is_answered(proof: Proof, newest: int, event: int) -> bool:
    """A permit answers one lock: the same order number named again, after the case was opened again, opens nothing."""
    own = [one for one in proof.facts.permits if one.kid == proof.active.kid and one.what in UNLOCKING]
    return any(
        unlock.number > newest
        and permit.order_number == unlock.order_number
        and permit.locked_at is not None
        and event <= permit.locked_at < unlock.number
        for unlock in proof.active.unlocks
        for permit in own
        if permit.order_number
    )
