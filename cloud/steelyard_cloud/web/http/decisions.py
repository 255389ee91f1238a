"""A decision on an alert as the API and the alert's page take it."""

from typing import Any

from sqlalchemy import Connection

from steelyard_cloud.alerts import decisions
from steelyard_cloud.alerts import queries as alert_queries
from steelyard_cloud.people.roles import Principal
from steelyard_cloud.web.http.context import Context, actor_of


def decide_alert(
    connection: Connection, here: Context, principal: Principal, alert: int, to: str, reason: str
) -> dict[str, Any]:
    """Take an alert that the principal may see to another state; raises NotFound and WrongState."""
    alert_queries.alert_by_id(connection, principal, alert)
    decisions.decide(connection, actor_of(principal), alert_id=alert, to=to, reason=reason, now_ms=here.now_ms())
    return {"alert": alert, "state": to}
