"""Alerts as the API and the pages read them, narrowed by `scoping`."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, func, or_, select

from steelyard_cloud.db.schema import alerts, scales, users
from steelyard_cloud.errors import NotFound
from steelyard_cloud.judge.rules import parameter_change
from steelyard_cloud.people.roles import Principal
from steelyard_cloud.people.scoping import scope
from steelyard_cloud.scales.queries import Scale, matching

UNDECIDED_STATES = ("open", "regressed", "acknowledged", "investigating")


@dataclass(frozen=True)
class Alert:
    """An alert as lists and pages show it; `values` hold the code and what the sentence needs."""

    id: int
    rule: str
    what: str
    severity: int
    state: str
    standing: bool
    count: int
    identity_id: int | None
    first_number: int | None
    last_number: int | None
    values: dict[str, Any]
    opened_ms: int
    changed_ms: int
    assignee: str | None
    scale_id: int
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


def _alert(row: Row[Any]) -> Alert:
    return Alert(
        id=row.id,
        rule=row.rule,
        what=row.what,
        severity=row.severity,
        state=row.state,
        standing=row.standing,
        count=row._mapping["count"],
        identity_id=row.identity_id,
        first_number=row.first_number,
        last_number=row.last_number,
        values=row._mapping["values"],
        opened_ms=row.opened_ms,
        changed_ms=row.changed_ms,
        assignee=row.assignee,
        scale_id=row.scale_id,
        scale_code=row.public_code,
        scale_name=f"{row.model} {row.serial_number}",
        place=row.place,
    )


@dataclass(frozen=True)
class Filters:
    """What a reader of the alert list asks for; it lives in the URL."""

    state: str = "undecided"  # undecided, all, or one state
    severity: int | None = None
    rule: str = ""
    q: str = ""
    scale_id: int | None = None


def _filtered(query: Select[Any], principal: Principal, filters: Filters) -> Select[Any]:
    query = matching(scope(query, principal, alerts), filters.q)
    if filters.state == "undecided":
        query = query.where(alerts.c.state.in_(UNDECIDED_STATES))
    elif filters.state != "all":
        query = query.where(alerts.c.state == filters.state)
    if filters.severity is not None:
        query = query.where(alerts.c.severity == filters.severity)
    if filters.rule:
        query = query.where(alerts.c.rule == filters.rule)
    if filters.scale_id is not None:
        query = query.where(alerts.c.scale_id == filters.scale_id)
    return query


def alert_list(
    connection: Connection, principal: Principal, filters: Filters, *, before: int | None, limit: int
) -> list[Alert]:
    """Alerts that the principal may see, the newest first; `before` is the id behind which a page starts."""
    query = _filtered(_ALERT, principal, filters)
    if before is not None:
        query = query.where(alerts.c.id < before)
    return [_alert(row) for row in connection.execute(query.order_by(alerts.c.id.desc()).limit(limit))]


def alert_count(connection: Connection, principal: Principal, filters: Filters) -> int:
    """How many alerts the filters leave."""
    counted = select(func.count()).select_from(alerts).join(scales, scales.c.id == alerts.c.scale_id)
    return int(connection.scalar(_filtered(counted, principal, filters)) or 0)


def alert_by_id(connection: Connection, principal: Principal, alert_id: int) -> Alert:
    """One alert that the principal may see; raises NotFound."""
    row = connection.execute(scope(_ALERT.where(alerts.c.id == alert_id), principal, alerts)).first()
    if row is None:
        raise NotFound(what="alert", name=alert_id)
    return _alert(row)


def related(connection: Connection, principal: Principal, alert: Alert, scale: Scale, limit: int) -> list[Alert]:
    """Undecided alerts of the same rule elsewhere, or of any rule on the same scale, shop or model."""
    query = scope(_ALERT, principal, alerts).where(
        alerts.c.id != alert.id,
        alerts.c.state.in_(UNDECIDED_STATES),
        or_(
            alerts.c.scale_id == scale.id,
            (scales.c.place == scale.place) & (scales.c.place != ""),
            (scales.c.scale_type_id == scale.scale_type_id) & (alerts.c.rule == alert.rule),
        ),
    )
    return [_alert(row) for row in connection.execute(query.order_by(alerts.c.id.desc()).limit(limit))]


def unexplained_numbers(connection: Connection, scale_id: int) -> set[int]:
    """Numbers of the change events that no permit covers, by the alerts on the scale."""
    rows = connection.execute(
        select(alerts.c.first_number).where(
            alerts.c.scale_id == scale_id, alerts.c.rule == parameter_change.RULE, alerts.c.first_number.is_not(None)
        )
    )
    return {row.first_number for row in rows}
