"""Alerts: the list, one alert, what people decide about it, and its evidence."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import JSONResponse

from steelyard_cloud.alerts import decisions
from steelyard_cloud.alerts import queries as alert_queries
from steelyard_cloud.alerts.queries import AlertInScope, Filters
from steelyard_cloud.db.database import Connection
from steelyard_cloud.people.audit import actor_of
from steelyard_cloud.people.roles import DECIDES_ALERTS, SEES_ALERTS, Principal
from steelyard_cloud.web.http.context import Here, Reader, needs
from steelyard_cloud.web.http.downloads import AskedSpan, evidence_response
from steelyard_cloud.web.http.fields import Before, Id, Reason, Search, Strict, Word
from steelyard_cloud.web.http.idempotency import Repeatable
from steelyard_cloud.web.words.findings import finding_title
from steelyard_cloud.web.words.i18n import Speech

router = APIRouter(prefix="/alerts", tags=["alerts"])

Reads = Annotated[Principal, Depends(needs(SEES_ALERTS))]


def shown(alert: AlertInScope, speech: Speech) -> dict[str, Any]:
    """An alert as the API gives it: code and values for programs, a title for people."""
    return {
        "id": alert.id,
        "rule": alert.rule,
        "what": alert.what,
        "scale": alert.scale_code,
        "severity": alert.severity,
        "status": alert.status,
        "still_found": alert.still_found,
        "count": alert.count,
        "first_number": alert.first_number,
        "last_number": alert.last_number,
        "values": alert.values,
        "title": finding_title(speech, alert.rule, alert.values),
        "opened": datetime.fromtimestamp(alert.opened_ms / 1000, UTC).isoformat(),
        "changed": datetime.fromtimestamp(alert.changed_ms / 1000, UTC).isoformat(),
        "assignee": alert.assignee,
    }


@router.get("")
def list_alerts(
    here: Here,
    principal: Reads,
    speech: Reader,
    status: Annotated[str, Query(max_length=20)] = "undecided",
    severity: Annotated[int | None, Query(ge=1, le=3)] = None,
    rule: Annotated[str, Query(max_length=40)] = "",
    q: Search = "",
    before: Before = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """Alerts that the caller may see, the newest first; `status` is "undecided", "all" or one status."""
    filters = Filters(status, severity, rule, q.strip())
    here.log_list(principal, "alert", **vars(filters))
    with here.reading() as connection:
        found = alert_queries.alert_list(connection, principal, filters, before=before, limit=limit + 1)
        total = alert_queries.alert_count(connection, principal, filters)
    answer: dict[str, Any] = {"alerts": [shown(alert, speech) for alert in found[:limit]], "total": total}
    if len(found) > limit:
        answer["next"] = found[limit - 1].id
    return answer


@router.get("/{alert}")
def one_alert(alert: Id, here: Here, principal: Reads, speech: Reader) -> dict[str, Any]:
    """One alert; `can` are the states that it may be given."""
    with here.reading() as connection:
        found = alert_queries.alert_by_id(connection, principal, alert)
    here.log_view(principal, f"alert:{alert}")
    return {**shown(found, speech), "can": list(decisions.steps(found.status))}


class Transition(Strict):
    """A decision: the new status and why."""

    to: Word
    reason: Reason


@router.post("/{alert}/transitions", status_code=201)
def decide(
    alert: Id,
    body: Transition,
    here: Here,
    once: Repeatable,
    principal: Annotated[Principal, Depends(needs(DECIDES_ALERTS))],
) -> JSONResponse:
    """Give an alert another status; the reason is stored with the caller's name."""

    def effect(connection: Connection) -> dict[str, Any]:
        found = alert_queries.alert_by_id(connection, principal, alert)
        actor = actor_of(principal)
        decisions.decide(connection, actor, found, to=body.to, reason=body.reason, now_ms=here.now_ms())
        return {"alert": alert, "status": body.to}

    response = once(principal, effect)
    here.hub.wake()
    return response


@router.get("/{alert}/evidence", response_class=Response, responses={200: {"content": {"application/cbor": {}}}})
def evidence(alert: Id, here: Here, principal: Reads, span: AskedSpan) -> Response:
    """The evidence file of an alert; `steelyard evidence verify FILE` checks it offline. The download is logged.

    `first` and `last` ask for the statements with these numbers instead of those around the finding.
    """
    return evidence_response(here, principal, alert, span)
