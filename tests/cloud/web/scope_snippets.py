"""What a route may write and what mypy must refuse: `test_scope` compares what it says with the marks behind the lines.

Never run. A mark names the kind of error that mypy gives for its line.
"""

from dataclasses import replace
from datetime import UTC, date
from typing import cast

from sqlalchemy import Connection
from steelyard_cloud.alerts import decisions
from steelyard_cloud.alerts.queries import AlertInScope, alert_by_id, unexplained_numbers
from steelyard_cloud.complaints import service
from steelyard_cloud.complaints.queries import complaint_by_id, photo_of
from steelyard_cloud.db.schema import scales
from steelyard_cloud.evidence.collect import collect
from steelyard_cloud.keys import PlatformKey
from steelyard_cloud.people.audit import Actor
from steelyard_cloud.people.roles import Principal
from steelyard_cloud.people.scoping import ScopeCheck
from steelyard_cloud.scales import permits, placement, plain_steps, reported, series, verification
from steelyard_cloud.scales.checked import material
from steelyard_cloud.scales.naming import Name
from steelyard_cloud.scales.public import PublicScale, public_scale
from steelyard_cloud.scales.queries import ScaleInScope, scale_by_code, verifications_of

TODAY = date(2026, 11, 27)
NAME = Name(2, None)


def who_asks_first_may(connection: Connection, principal: Principal, actor: Actor) -> None:
    """Every value comes from a function that was told who is asking."""
    scale = scale_by_code(connection, principal, "CODE")
    placement.place(connection, actor, scale, place="Stall 1", now_ms=0)
    verifications_of(connection, scale)
    reported.newest(connection, scale, limit=1)
    series.read(connection, scale, 1)
    alert = alert_by_id(connection, principal, 1)
    decisions.decide(connection, actor, alert, to="closed", reason="why", now_ms=0)
    complaint = complaint_by_id(connection, principal, 1)
    photo_of(connection, complaint)
    service.close(connection, actor, complaint, answer="why", now_ms=0)


def a_bare_number_is_refused(
    connection: Connection, actor: Actor, authority: PlatformKey, terms: permits.Terms
) -> None:
    """Whoever forgets to ask has only a number."""
    placement.place(connection, actor, 7, place="", now_ms=0)  # refused: arg-type
    permits.permit(connection, actor, authority, 7, terms, 0)  # refused: arg-type
    asked = verification.Asked(NAME, "initial", TODAY, "S-1", {})
    verification.record_passed(connection, actor, 7, asked, UTC, 0)  # refused: arg-type
    plain_steps.plain(connection, actor, 7, "scrap", reason="why", now_ms=0)  # refused: arg-type
    placement.decide(connection, actor, 7, accepts=True, reason="", now_ms=0)  # refused: arg-type
    verifications_of(connection, 7)  # refused: arg-type
    reported.newest(connection, 7, limit=1)  # refused: arg-type
    reported.summary_of(connection, 7)  # refused: arg-type
    series.read(connection, 7, 1)  # refused: arg-type
    unexplained_numbers(connection, 7)  # refused: arg-type
    material(connection, 7, root=None, now_ms=0)  # refused: arg-type
    decisions.decide(connection, actor, 7, to="closed", reason="why", now_ms=0)  # refused: arg-type
    collect(connection, 7, root=b"", key_set=b"", now_ms=0)  # refused: arg-type
    photo_of(connection, 7)  # refused: arg-type
    service.close(connection, actor, 7, answer="why", now_ms=0)  # refused: arg-type


def nobody_is_refused(connection: Connection) -> None:
    """Nor can one be had without saying who asks."""
    scale_by_code(connection, None, "CODE")  # refused: arg-type
    alert_by_id(connection, 1)  # refused: call-arg


def a_value_made_by_hand_is_refused(alert: AlertInScope) -> None:
    """It lacks the check, and a check cannot be had."""
    AlertInScope(  # refused: call-arg
        rule="",
        what="",
        severity=1,
        status="open",
        still_found=True,
        count=1,
        identity_id=None,
        first_number=None,
        last_number=None,
        values={},
        opened_ms=0,
        changed_ms=0,
        assignee=None,
        scale_code="",
        scale_name="",
        place="",
    )
    ScopeCheck(None, scales, 7)  # refused: arg-type
    replace(alert, id=7)  # refused: call-arg
    alert.id = 7  # refused: misc


def what_anybody_may_know_opens_nothing(connection: Connection, alert: AlertInScope) -> None:
    """The value of the public page, and one of another kind, are no scale in scope."""
    public = cast(PublicScale, public_scale(connection, "CODE"))
    verifications_of(connection, public)  # refused: arg-type
    verifications_of(connection, alert)  # refused: arg-type
    print(public.id)  # refused: attr-defined
    print(public.division_code)  # refused: attr-defined


def everything_is_checked() -> ScaleInScope:
    """An error of its own, by which `test_scope` knows that mypy read to the end."""
    return 7  # refused: return-value
