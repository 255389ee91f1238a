"""Parameters changed without a permit.

A state of the parameters (digest and both counters) is *explained* when it is the first baseline's, or when a permitted
change leads to it from an explained one or from one that had been verified by then. A permit is used once: it covers
the commits of the first session that names it, and that session must begin at the counters that it grants. Every other
state seen after the first baseline is a finding, whether or not the scale reports the change itself. A later
verification makes it the new baseline, but does not excuse how it came about. What a clock or a statement still on its
way may explain is pending.
"""

from dataclasses import dataclass
from typing import Any

from steelyard_cloud.judge.findings import Finding, Pending, Report, Severity, Subject
from steelyard_cloud.judge.permits import why_not
from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.judge.summary_parts import Change, ParameterState

RULE = "parameter_change"
NOT_YET = ("undated", "first-not-stored")  # by a clock, or by the first change of the session, that is still to come


@dataclass(frozen=True, slots=True)
class Explained:
    """Which states are explained, and why each change is not permitted (None: it is; `NOT_YET`: not known yet)."""

    states: frozenset[ParameterState]
    possible: frozenset[ParameterState]  # explained if changes that cannot be judged yet turn out to be permitted
    reasons: dict[tuple[int, bytes], str | None]


def refusal(subject: Subject, change: Change) -> str | None:
    """Why the change is not covered by the permit that it names: a code, or None if it is covered.

    The codes in `NOT_YET` may give way to that as more arrives.
    """
    why = why_not(subject.summary, change, subject.facts.permits)
    if why != "other-session":
        return why
    return "first-not-stored" if _hole_before(subject, change.number) else "permit-spent"


def explain(subject: Subject) -> Explained:
    """Follow the permitted changes from the baselines."""
    changes = subject.summary.changes.items
    reasons = {(change.number, change.content_hash): refusal(subject, change) for change in changes}
    verified = verified_states(subject)
    sure = _closure(verified, changes, reasons, (None,))
    return Explained(sure, _closure(verified, changes, reasons, (None, *NOT_YET)), reasons)


def verified_states(subject: Subject) -> dict[ParameterState, int]:
    """State of the parameters → number of the first statement at which a verification fixed it."""
    verified: dict[ParameterState, int] = {}
    for baseline in subject.facts.baselines:
        if baseline.kid == subject.summary.kid and baseline.state is not None:
            verified[baseline.state] = min(baseline.number, verified.get(baseline.state, baseline.number))
    return verified


def _closure(
    verified: dict[ParameterState, int],
    changes: list[Change],
    reasons: dict[tuple[int, bytes], str | None],
    accepted: tuple[str | None, ...],
) -> frozenset[ParameterState]:
    first = min(verified.values(), default=0)
    reached = {state for state, number in verified.items() if number == first}
    grown = True
    while grown:  # usually one round: changes rise by number
        grown = False
        for change in changes:
            verified_before = verified.get(change.before, change.number + 1) <= change.number
            from_explained = verified_before or change.before in reached
            if reasons[change.number, change.content_hash] in accepted and from_explained:
                grown |= change.after not in reached
                reached.add(change.after)
    return frozenset(reached)


def in_force(summary: Summary) -> ParameterState | None:
    """The state that the newest statement leaves the scale in."""
    if not summary.states:
        return None
    return max(summary.states, key=lambda state: (summary.states[state][1], state))


def judge(subject: Subject) -> Report:
    """Findings `changed` (an event reports it) and `changed-silently` (none does), one for each unexplained state."""
    summary = subject.summary
    named = [one for one in subject.facts.baselines if one.kid == summary.kid]
    pending = [Pending(RULE, "statement-not-stored", one.number) for one in named if one.state is None]
    stored = [one for one in named if one.state is not None]
    if not stored:
        return [], pending
    first_baseline = min(stored, key=lambda one: one.number)
    verified = verified_states(subject)
    explained = explain(subject)
    findings: list[Finding] = []
    for state, (first, last) in sorted(summary.states.items(), key=lambda item: (item[1], item[0])):
        if last <= 2 * first_baseline.number or state in explained.states:
            continue
        number = max(first // 2, first_baseline.number)
        last = min(last, 2 * verified.get(state, last))
        events = [change for change in summary.changes.items if change.after == state]
        if state in explained.possible:
            pending.append(Pending(RULE, "undated", number))
        elif (not events or _may_follow(events, explained)) and (until_ms := _hole_before(subject, number)):
            pending.append(Pending(RULE, "hole", number, until_ms))
        elif events:
            findings.append(_changed(subject, state, events, explained, last // 2))
        else:
            values: dict[str, Any] = {"to": _shown(state), "reason": "no-event"}
            findings.append(_finding(subject, state, "changed-silently", number, last // 2, values))
    if summary.states_dropped or summary.changes.dropped:
        findings.append(Finding(RULE, "too-many", "too-many-states", Severity.TAMPER, summary.kid))
    return findings, pending


def _may_follow(events: list[Change], explained: Explained) -> bool:
    """Whether one of them is permitted by itself, so that all depends on how the state before it came about."""
    return any(explained.reasons[one.number, one.content_hash] in (None, *NOT_YET) for one in events)


def _changed(
    subject: Subject, state: ParameterState, events: list[Change], explained: Explained, last_number: int
) -> Finding:
    change = events[0]
    reason = explained.reasons[change.number, change.content_hash]
    values: dict[str, Any] = {
        "from": _shown(change.before),
        "to": _shown(state),
        "changes": [list(one) for one in change.fields],
        "permit": change.permit.hex() if change.permit else None,
        "reason": reason if reason not in (None, *NOT_YET) else "from-unexplained-state",
        "dated_s": change.dated_s if change.anchor_number else None,
    }
    return _finding(subject, state, "changed", change.number, max(last_number, change.number), values)


def _finding(
    subject: Subject, state: ParameterState, code: str, first_number: int, last_number: int, values: dict[str, Any]
) -> Finding:
    return Finding(
        RULE, key_of(state), code, Severity.TAMPER, subject.summary.kid, first_number, last_number, 1, values
    )


def key_of(state: ParameterState) -> str:
    """What a finding of this rule is keyed by."""
    return f"{state.digest.hex()}:{state.calibration_counter}:{state.configuration_counter}"


def _shown(state: ParameterState) -> dict[str, Any]:
    return {
        "digest": state.digest.hex(),
        "calibration_counter": state.calibration_counter,
        "configuration_counter": state.configuration_counter,
    }


def _hole_before(subject: Subject, number: int) -> int | None:
    """When the last hole below `number` becomes a gap; None where there is none that could still be filled."""
    times = [hole.until_ms for hole in subject.holes if hole.first < number]
    open_times = [until_ms for until_ms in times if until_ms > subject.clock.now_ms]
    return max(open_times, default=None)
