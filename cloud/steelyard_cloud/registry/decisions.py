"""What people decide about alerts: states, each step with a reason that stays.

Whether the finding still stands is no decision and is not changed here; tamper is never cleared by itself.
"""

from sqlalchemy import Connection, insert, select, update

from steelyard_cloud.registry.actor import Actor, record
from steelyard_cloud.registry.errors import Unknown, WrongState
from steelyard_cloud.store import feeds
from steelyard_cloud.store.schema import alert_events, alerts, scales

STEPS: dict[str, tuple[str, ...]] = {
    "open": ("acknowledged", "investigating", "confirmed", "authorised", "false"),
    "regressed": ("acknowledged", "investigating", "confirmed", "authorised", "false"),
    "acknowledged": ("investigating", "confirmed", "authorised", "false"),
    "investigating": ("confirmed", "authorised", "false"),
    "confirmed": ("closed", "investigating"),
    "authorised": ("closed", "investigating"),
    "false": ("closed", "investigating"),
    "late": ("closed", "investigating"),
    "closed": ("investigating",),
}
"""From each state, the states that a person may choose next."""

DECIDED = ("confirmed", "authorised", "false")


def decide(connection: Connection, actor: Actor, *, alert_id: int, to: str, reason: str, now_ms: int) -> None:
    """Take an alert to another state, with a reason; the acting person becomes the one who has it.

    Raises Unknown and WrongState. The caller has checked that the actor may see the alert.
    """
    query = (
        select(alerts, scales.c.public_code, scales.c.shard).join_from(alerts, scales).where(alerts.c.id == alert_id)
    )
    alert = connection.execute(query.with_for_update(of=alerts)).first()
    if alert is None:
        raise Unknown(what="alert", name=alert_id)
    if to not in STEPS.get(alert.state, ()):
        raise WrongState(state=alert.state, to=to)
    changes: dict[str, object] = {"state": to, "changed_ms": now_ms, "closed_ms": now_ms if to == "closed" else None}
    if actor.user_id is not None:
        changes["assignee_id"] = actor.user_id
    connection.execute(update(alerts).where(alerts.c.id == alert_id).values(changes))
    event = {
        "alert_id": alert_id,
        "at_ms": now_ms,
        "actor": actor.name,
        "from_state": alert.state,
        "to_state": to,
        "reason": reason,
        "values": {},
    }
    connection.execute(insert(alert_events).values(event))
    record(
        connection,
        actor,
        "alert.decide",
        f"alert:{alert_id}",
        {"from": alert.state, "to": to, "reason": reason},
        now_ms,
    )
    body = {
        "alert": alert_id,
        "scale": alert.public_code,
        "rule": alert.rule,
        "state": to,
        "severity": alert.severity,
        "organisation_id": alert.organisation_id,
        "division_code": alert.division_code,
    }
    feeds.append(connection, "outbox", alert.shard, "alert", alert.scale_id, body, now_ms)
