"""Alerts as the API and the pages read them, narrowed by `scoping`."""

from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import Connection, Select, Table, func, or_, select

from steelyard_cloud.db.schema import alert_events, alerts, scales, users
from steelyard_cloud.errors import NotFound
from steelyard_cloud.judge.rules import parameter_change
from steelyard_cloud.people.audit import name_of
from steelyard_cloud.people.roles import Principal
from steelyard_cloud.people.scoping import InScope, rows_in_scope, scope
from steelyard_cloud.scales.queries import ScaleInScope, matching

UNDECIDED = ("open", "regressed", "acknowledged", "investigating")


@dataclass(frozen=True, kw_only=True)
class AlertInScope(InScope):
    """An alert that the principal who asked may see; `values` hold the code and what the sentence needs."""

    TABLE: ClassVar[Table] = alerts

    rule: str
    what: str
    severity: int
    status: str
    still_found: bool
    count: int
    identity_id: int | None
    first_number: int | None
    last_number: int | None
    values: dict[str, Any]
    opened_ms: int
    changed_ms: int
    assignee: str | None
    scale_code: str
    scale_name: str
    place: str


_ALERT = (
    select(
        alerts,
        scales.c.public_code,
        scales.c.model,
        scales.c.serial_number,
        scales.c.place,
        users.c.name.label("assignee"),
    )
    .select_from(alerts)
    .join(scales, scales.c.id == alerts.c.scale_id)
    .outerjoin(users, users.c.id == alerts.c.assignee_id)
)


def _read(connection: Connection, principal: Principal, query: Select[Any]) -> list[AlertInScope]:
    return [
        AlertInScope(
            check=check,
            rule=row.rule,
            what=row.what,
            severity=row.severity,
            status=row.status,
            still_found=row.still_found,
            count=row._mapping["count"],
            identity_id=row.identity_id,
            first_number=row.first_number,
            last_number=row.last_number,
            values=row._mapping["values"],
            opened_ms=row.opened_ms,
            changed_ms=row.changed_ms,
            assignee=row.assignee,
            scale_code=row.public_code,
            scale_name=f"{row.model} {row.serial_number}",
            place=row.place,
        )
        for check, row in rows_in_scope(connection, principal, query, alerts)
    ]


@dataclass(frozen=True)
class Filters:
    """What a reader of the alert list asks for; it lives in the URL. `status` is "undecided", "all" or one status."""

    status: str = "undecided"
    severity: int | None = None
    rule: str = ""
    q: str = ""


def _filtered(query: Select[Any], filters: Filters) -> Select[Any]:
    query = matching(query, filters.q)
    if filters.status == "undecided":
        query = query.where(alerts.c.status.in_(UNDECIDED))
    elif filters.status != "all":
        query = query.where(alerts.c.status == filters.status)
    if filters.severity is not None:
        query = query.where(alerts.c.severity == filters.severity)
    if filters.rule:
        query = query.where(alerts.c.rule == filters.rule)
    return query


def alert_list(
    connection: Connection, principal: Principal, filters: Filters, *, before: int | None, limit: int
) -> list[AlertInScope]:
    """Alerts that the principal may see, the newest first; `before` is the id behind which a page starts."""
    query = _filtered(_ALERT, filters)
    if before is not None:
        query = query.where(alerts.c.id < before)
    return _read(connection, principal, query.order_by(alerts.c.id.desc()).limit(limit))


def alert_count(connection: Connection, principal: Principal, filters: Filters) -> int:
    """How many of the alerts that the principal may see the filters leave."""
    counted = select(func.count()).select_from(alerts).join(scales, scales.c.id == alerts.c.scale_id)
    return int(connection.scalar(scope(_filtered(counted, filters), principal, alerts)) or 0)


def alert_by_id(connection: Connection, principal: Principal, alert_id: int) -> AlertInScope:
    """One alert that the principal may see; raises NotFound."""
    found = _read(connection, principal, _ALERT.where(alerts.c.id == alert_id))
    if not found:
        raise NotFound(what="alert", name=alert_id)
    return found[0]


def alerts_of(connection: Connection, principal: Principal, scale: ScaleInScope, limit: int) -> list[AlertInScope]:
    """The newest alerts on a scale, whatever was decided about them."""
    query = _ALERT.where(alerts.c.scale_id == scale.id)
    return _read(connection, principal, query.order_by(alerts.c.id.desc()).limit(limit))


def related(
    connection: Connection, principal: Principal, alert: AlertInScope, scale: ScaleInScope, limit: int
) -> list[AlertInScope]:
    """Undecided alerts of the same rule elsewhere, or of any rule on the same scale, shop or model."""
    query = _ALERT.where(
        alerts.c.id != alert.id,
        alerts.c.status.in_(UNDECIDED),
        or_(
            alerts.c.scale_id == scale.id,
            (scales.c.place == scale.place) & (scales.c.place != ""),
            (scales.c.scale_type_id == scale.scale_type_id) & (alerts.c.rule == alert.rule),
        ),
    )
    return _read(connection, principal, query.order_by(alerts.c.id.desc()).limit(limit))


def unexplained_numbers(connection: Connection, scale: ScaleInScope) -> set[int]:
    """Numbers of the change events that no permit covers, by the alerts on the scale."""
    found = connection.scalars(
        select(alerts.c.first_number).where(
            alerts.c.scale_id == scale.id, alerts.c.rule == parameter_change.RULE, alerts.c.first_number.is_not(None)
        )
    )
    return set(found)


@dataclass(frozen=True)
class Step:
    """A step in an alert's life; `by` names the person or program that took it, None for the platform itself."""

    at_ms: int
    to_status: str
    by: str | None
    reason: str | None


def steps_of(connection: Connection, alert: AlertInScope, limit: int) -> list[Step]:
    """What happened to an alert, the newest first; people by the name that the registry has for them."""
    c = alert_events.c
    rows = connection.execute(select(alert_events).where(c.alert_id == alert.id).order_by(c.id.desc()).limit(limit))
    return [
        Step(at_ms=row.at_ms, to_status=row.to_status, by=name_of(connection, row.actor), reason=row.reason)
        for row in rows.all()
    ]
