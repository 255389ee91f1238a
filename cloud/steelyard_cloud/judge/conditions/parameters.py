"""Every state of the parameters since the baseline is the baseline's."""

from collections.abc import Iterator

from steelyard_cloud.judge.facts import Since
from steelyard_cloud.judge.permits import NOT_YET, why_not
from steelyard_cloud.judge.proof import Proof
from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.judge.summary_parts import Change, ParameterState
from steelyard_cloud.judge.verdict import Unmet, Verdict

NAME = "parameters"


def unmet(proof: Proof) -> Iterator[Unmet]:
    """*Altered*, or *Not verified* if every change was permitted or what is missing may still show that it was."""
    baseline = proof.baseline
    if baseline is None or baseline.state is None:
        return
    if proof.is_hidden(NAME):
        yield Unmet(NAME, Verdict.ALTERED, "unreadable")
    states = proof.active.recent_states.those(Since(2 * baseline.number - 1, baseline.settled).leaves)
    changes = changes_since(proof)
    if not changes and not _forgotten(proof, proof.since) and all(state == baseline.state for state in states):
        return
    yield Unmet(NAME, Verdict.NOT_VERIFIED, "adjusted")
    if _overflowed(proof, changes):
        yield Unmet(NAME, Verdict.ALTERED, "too-many")
    elif unexplained := unexplained_since(proof):
        yield Unmet(NAME, Verdict.ALTERED, "changed", min(unexplained.values()))


def changes_since(proof: Proof) -> list[Change]:
    """The changes since the baseline, rising."""
    return [one for one in proof.active.changes.items if proof.since.named.leaves(one.number, one.arrival)]


def unexplained_since(proof: Proof) -> dict[ParameterState, int]:
    """The states since the baseline that are not, or are not explained by, permitted changes, and from when on.

    0 is at once; else what is missing may explain it until then (Unix ms).
    """
    baseline, summary = proof.baseline, proof.active
    if baseline is None or baseline.state is None:
        return {}
    reasons = {one: why_not(summary, one, proof.facts.permits) for one in changes_since(proof)}
    permitted = _reached(baseline.state, reasons, (None, *NOT_YET))
    found = {
        state: proof.may_come_until_ms(_first_seen(summary, state))
        for state in summary.recent_states.those(Since(2 * baseline.number - 1, baseline.settled).leaves)
        if state not in permitted
    }
    for one, reason in reasons.items():
        if reason not in (None, *NOT_YET):
            from_ms = proof.may_come_until_ms(one.number) if reason == "other-session" else 0
            found[one.after] = min(from_ms, found.get(one.after, from_ms))
    return found


def _first_seen(summary: Summary, state: ParameterState) -> int:
    """The number at which a state was first seen, ever; 0 if that is not known."""
    return summary.states[state][0] // 2 if state in summary.states else 0


def _forgotten(proof: Proof, since: Since) -> bool:
    """Whether there was more than is kept: what nobody remembers may have been unpermitted."""
    states, changes = proof.active.recent_states, proof.active.changes
    return since.named.leaves(states.dropped // 2, states.latest_dropped) or since.named.leaves(
        changes.dropped, changes.latest_dropped
    )


def _overflowed(proof: Proof, changes: list[Change]) -> bool:
    """The same of what tells the sessions of these changes apart, of which some may have come late."""
    lowest = min([proof.since.number, *(one.number for one in changes)])
    since, sessions = proof.since._replace(number=lowest), proof.active.sessions
    return _forgotten(proof, since) or since.named.leaves(sessions.dropped, sessions.latest_dropped)


def _reached(
    verified: ParameterState, reasons: dict[Change, str | None], accepted: tuple[str | None, ...]
) -> set[ParameterState]:
    """What leads from the verified state on by such changes."""
    reached, grown = {verified}, True
    while grown:  # usually one round: changes rise by number
        grown = False
        for change, reason in reasons.items():
            if reason in accepted and change.before in reached and change.after not in reached:
                reached.add(change.after)
                grown = True
    return reached
