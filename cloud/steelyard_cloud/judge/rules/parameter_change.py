"""Parameters changed without a permit.

A state of the parameters (digest and both counters) is *explained* when it is the first baseline's, or when a permitted
change leads to it from an explained one or from one that had been verified by then. A permit is used once: it covers
the commits of the first session that names it, and that session must begin at the counters that it grants. Every other
state seen after the first baseline is a finding, whether or not the scale reports the change itself. A later
verification makes it the new baseline, but does not excuse how it came about. What the condition *parameters* of the
verdict finds since the verification in effect, late statements included, is a finding too, under the same key. What a
clock or a statement still on its way may explain is pending.
"""

from dataclasses import dataclass
from typing import Any

from steelyard_cloud.judge.conditions import parameters as condition
from steelyard_cloud.judge.conditions.parameters import changes_since, unexplained_since
from steelyard_cloud.judge.facts import NO_FACT, Baseline, Since
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
    explained = explain(subject)
    found, waits = _since_the_first(subject, min(stored, key=lambda one: one.number), explained)
    now, still_open = _since_the_last(subject, explained)
    findings = list({one.what: one for one in (*found, *now)}.values())
    now_too_many = subject.not_met(condition.unmet(subject.proof), "too-many")
    if now_too_many or summary.states_dropped or summary.changes.dropped:
        since = subject.proof.since.order if now_too_many else NO_FACT
        findings.append(Finding(RULE, "too-many", "too-many-states", Severity.TAMPER, summary.kid, since=since))
    return findings, [*pending, *waits, *still_open]


def _since_the_first(subject: Subject, first_baseline: Baseline, explained: Explained) -> Report:
    """What came about without a permit, whatever was verified later."""
    summary, verified = subject.summary, verified_states(subject)
    findings: list[Finding] = []
    pending: list[Pending] = []
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
        else:
            since = Since(first_baseline.number, first_baseline.settled)
            findings.append(_of_state(subject, state, events, explained, (number, last // 2), since))
    return findings, pending


def _since_the_last(subject: Subject, explained: Explained) -> Report:
    """What makes the verdict *Altered*: not settled by the verification in effect, and not explained from there."""
    summary, since = subject.summary, subject.proof.since
    changes = changes_since(subject.proof)
    findings: list[Finding] = []
    pending: list[Pending] = []
    for state, until_ms in sorted(unexplained_since(subject.proof).items()):
        events = [change for change in changes if change.after == state]
        span = _seen(summary, state, since)
        if until_ms > subject.clock.now_ms:
            pending.append(Pending(RULE, "hole", span[0], until_ms, key_of(state)))
        else:
            findings.append(_of_state(subject, state, events, explained, span, since))
    return findings, pending


def _seen(summary: Summary, state: ParameterState, since: Since) -> tuple[int, int]:
    """From where to where a state was seen since a verification, or where it was that came late."""
    states = summary.recent_states
    last = states.where(state, 2 * since.number - 1) // 2 if state in states.last else 0
    first = summary.states.get(state, (0, 0))[0] // 2
    return (first if first >= since.number else last), last


def _may_follow(events: list[Change], explained: Explained) -> bool:
    """Whether one of them is permitted by itself, so that all depends on how the state before it came about."""
    return any(explained.reasons[one.number, one.content_hash] in (None, *NOT_YET) for one in events)


def _of_state(
    subject: Subject,
    state: ParameterState,
    events: list[Change],
    explained: Explained,
    span: tuple[int, int],
    since: Since,
) -> Finding:
    """The finding of one state: by the first event that leads to it, or by the statements that show it."""
    first, last = span
    code, values = "changed-silently", dict[str, Any](to=_shown(state), reason="no-event")
    if events:
        code, first = "changed", events[0].number
        values = _said(events[0], explained)
    kid = subject.summary.kid
    return Finding(RULE, key_of(state), code, Severity.TAMPER, kid, first, max(first, last), 1, values, since.order)


def _said(change: Change, explained: Explained) -> dict[str, Any]:
    reason = explained.reasons[change.number, change.content_hash]
    return {
        "from": _shown(change.before),
        "to": _shown(change.after),
        "changes": [list(one) for one in change.fields],
        "permit": change.permit.hex() if change.permit else None,
        "reason": reason if reason not in (None, *NOT_YET) else "from-unexplained-state",
        "dated_s": change.dated_s if change.anchor_number else None,
    }


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
