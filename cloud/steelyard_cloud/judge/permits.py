"""Whether a change of parameters is covered by the permit that it names."""

from bisect import bisect
from collections.abc import Collection

from steelyard_cloud.judge.facts import PermitFact, PermitUse
from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.judge.summary_parts import Change

ADJUSTING = (PermitUse.ADJUST, PermitUse.REPAIR)
NOT_YET = ("undated",)
"""What a clock that is still to come may turn into a permitted change."""


def why_not(summary: Summary, change: Change, permits: Collection[PermitFact]) -> str | None:
    """Why the permit that it names does not cover a change: a code, or None if it does.

    A permit is used once: it covers the commits of the first session that names it, and that session must begin at the
    counters that it grants. `other-session` may give way to that if the first change of the session is missing.
    """
    if change.permit is None:
        return "no-permit"
    named = [permit for permit in permits if permit.hash == change.permit and permit.kid == summary.kid]
    if not named:
        return "unknown-permit"
    permit = named[0]
    if permit.what not in ADJUSTING:
        return "permit-for-something-else"
    if permit.what == PermitUse.ADJUST and not {field for field, _, _ in change.fields} <= permit.fields:
        return "field-not-permitted"
    before, after = change.before, change.after
    for granted, old, new in (
        (permit.calibration_counter, before.calibration_counter, after.calibration_counter),
        (permit.configuration_counter, before.configuration_counter, after.configuration_counter),
    ):
        if not (granted <= old <= new <= granted + 1):
            return "permit-spent"
    if _of_other_session(summary, change, permit):
        return "other-session"
    if not change.anchor_number or not change.dated_s:
        return "undated"
    if not permit.not_before_s <= change.dated_s <= permit.not_after_s:
        return "outside-window"
    return None


def _of_other_session(summary: Summary, change: Change, permit: PermitFact) -> bool:
    """Whether the permit was not for the change's session."""
    first = next(one for one in summary.changes.items if one.permit == permit.hash)
    granted = (permit.calibration_counter, permit.configuration_counter)
    began = (first.before.calibration_counter, first.before.configuration_counter)
    return _session(summary, first) != _session(summary, change) or began != granted


def _session(summary: Summary, change: Change) -> tuple[int, int]:
    """Tells sessions apart: a start ends one, and so does an event that says so."""
    return change.boot, bisect(summary.sessions.items, (change.number + 1,))


def in_repair(summary: Summary, number: int, boot: int, permits: Collection[PermitFact]) -> bool:
    """Whether a statement of that number and start lies in a repair: a session under a recorded permit to repair.

    A permit opens one session, the first that names it; of more sessions than are kept nobody knows which that was.
    """
    sessions = summary.sessions
    at = bisect(sessions.items, (number + 1,))
    if not at or sessions.dropped:
        return False
    session = sessions.items[at - 1]
    return (
        session.boot == boot
        and not any(one.permit == session.permit for one in sessions.items[: at - 1])
        and any(
            permit.hash == session.permit and permit.kid == summary.kid and permit.what == PermitUse.REPAIR
            for permit in permits
        )
    )
