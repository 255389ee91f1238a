"""What people decide about alerts: each step with a reason that stays, in the alert's log and in the audit log.

Whether the rules still find it is no decision and is not changed here; tamper is never cleared by itself.
"""

from sqlalchemy import Connection

from steelyard_cloud.alerts.queries import AlertInScope
from steelyard_cloud.alerts.states import TRANSITIONS
from steelyard_cloud.alerts.store import transition
from steelyard_cloud.people.audit import Actor, record


def steps(status: str) -> tuple[str, ...]:
    """The statuses that a person may choose from `status`."""
    return TRANSITIONS.get(status, ())


def decide(connection: Connection, actor: Actor, alert: AlertInScope, *, to: str, reason: str, now_ms: int) -> None:
    """Take an alert to another status, with a reason; the acting person becomes the one who has it.

    Raises WrongState, also where somebody else has moved the alert since it was read.
    """
    transition(connection, alert.id, to, actor.name, reason, now_ms, actor.user_id)
    record(connection, actor, "alert.decide", f"alert:{alert.id}", {"to": to, "reason": reason}, now_ms)
