"""What people decide about alerts: each step with a reason that stays, in the alert's log and in the audit log.

Whether the finding still stands is no decision and is not changed here; tamper is never cleared by itself.
"""

from sqlalchemy import Connection, select

from steelyard_cloud.alerts.store import TRANSITIONS, transition
from steelyard_cloud.db.schema import alerts
from steelyard_cloud.errors import NotFound
from steelyard_cloud.people.audit import Actor, record


def steps(state: str) -> tuple[str, ...]:
    """The states that a person may choose from `state`."""
    return TRANSITIONS.get(state, ())


def decide(connection: Connection, actor: Actor, *, alert_id: int, to: str, reason: str, now_ms: int) -> None:
    """Take an alert to another state, with a reason; the acting person becomes the one who has it.

    Raises NotFound and WrongState. The caller has checked that the actor may see the alert.
    """
    if connection.scalar(select(alerts.c.id).where(alerts.c.id == alert_id)) is None:
        raise NotFound(what="alert", name=alert_id)
    transition(connection, alert_id, to, actor.name, reason, now_ms, actor.user_id)
    record(connection, actor, "alert.decide", f"alert:{alert_id}", {"to": to, "reason": reason}, now_ms)
