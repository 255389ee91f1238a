"""Alerts: findings grouped for people, by rule, scale and what was found.

The same finding again raises a count, never a second alert. What tampers is never cleared by itself; a gap that was
filled or a scale that reports again closes its alert, and the log says why.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, insert, select, update

from steelyard_cloud.alerts.states import TRANSITIONS
from steelyard_cloud.db import feeds
from steelyard_cloud.db.schema import alert_events, alerts, identities, scales
from steelyard_cloud.errors import WrongState
from steelyard_cloud.judge.findings import Finding, Severity
from steelyard_cloud.judge.rules import silent
from steelyard_cloud.scales.facts import ScaleFacts

INGEST = "process:ingest"
CLEARED = {"gap": "late", "silent": "resumed"}  # code of a finding → why its alert closes when it is gone


class LogEntry(NamedTuple):
    """One change of an alert's status: who, from what to what, and why."""

    alert_id: int
    actor: str
    from_status: str | None
    to_status: str
    values: dict[str, Any]
    reason: str | None = None


class News(NamedTuple):
    """What the outbox says of an alert that changed."""

    alert_id: int
    rule: str
    code: str
    status: str
    severity: int


def update_from(
    connection: Connection,
    scale: ScaleFacts,
    findings: Iterable[Finding],
    now_ms: int,
    undecided: Collection[tuple[str, str]] = (),
) -> int:
    """Bring the scale's alerts in line with what is found now; returns how many changed, each reported to the outbox.

    `undecided` are keys of findings that may stand all the same; their alerts are left as they are.
    """
    feeds.lock(connection, feeds.OUTBOX, scale.shard)
    known = {
        (row.rule, row.what): row
        for row in connection.execute(select(alerts).where(alerts.c.scale_id == scale.scale_id))
    }
    if any(row.division_code != scale.division_code for row in known.values()):
        of_scale = update(alerts).where(alerts.c.scale_id == scale.scale_id)
        connection.execute(of_scale.values(division_code=scale.division_code))  # whoever supervises it has them all
    changed = 0
    found = {finding.key: finding for finding in findings}
    for key, finding in found.items():
        row = known.get(key)
        if row is None:
            _open(connection, scale, finding, now_ms)
        elif not _repeat(connection, scale, row, finding, now_ms):
            continue
        changed += 1
    for key, row in known.items():
        if row.still_found and key not in found and key not in undecided:
            _vanish(connection, scale, row, now_ms)
            changed += 1
    return changed


def silent_ones(connection: Connection, scale_ids: Sequence[int]) -> set[int]:
    """Of these scales those that an alert calls silent."""
    c = alerts.c
    query = select(c.scale_id).where(c.scale_id.in_(scale_ids), c.rule == silent.RULE, c.still_found)
    return set(connection.scalars(query))


def transition(
    connection: Connection, alert_id: int, to: str, actor: str, reason: str, now_ms: int, assignee_id: int | None = None
) -> None:
    """Move an alert as a person decides, with the mandatory reason; WrongState where that cannot be."""
    shard = select(scales.c.shard).join(alerts).where(alerts.c.id == alert_id)
    feeds.lock(connection, feeds.OUTBOX, connection.execute(shard).scalar_one())
    row = connection.execute(
        select(alerts, scales.c.shard).join(scales).where(alerts.c.id == alert_id).with_for_update(of=alerts)
    ).one()
    if to not in TRANSITIONS[row.status]:
        allowed = ", ".join(TRANSITIONS[row.status]) or "nothing else"
        raise WrongState(state=row.status, to=to, allowed=allowed)
    values: dict[str, Any] = {"status": to, "changed_ms": now_ms}
    if to == "closed":
        values["closed_ms"] = now_ms
    if assignee_id is not None:
        values["assignee_id"] = assignee_id
    connection.execute(update(alerts).where(alerts.c.id == alert_id).values(values))
    _log(connection, LogEntry(alert_id, actor, row.status, to, {}, reason), now_ms)
    news = News(alert_id, row.rule, row.values["code"], to, row.severity)
    _report(connection, row.shard, row.scale_id, news, now_ms)


def _open(connection: Connection, scale: ScaleFacts, finding: Finding, now_ms: int) -> None:
    identity_id = connection.scalar(select(identities.c.id).where(identities.c.kid == finding.kid))
    row = {
        "rule": finding.rule,
        "scale_id": scale.scale_id,
        "what": finding.what,
        "severity": int(finding.severity),
        "status": "open",
        "still_found": True,
        "count": finding.count,
        "identity_id": identity_id,
        "first_number": finding.first_number,
        "last_number": finding.last_number,
        "values": _values(finding),
        "opened_ms": now_ms,
        "changed_ms": now_ms,
        "organisation_id": scale.organisation_id,
        "division_code": scale.division_code,
    }
    alert_id = connection.execute(insert(alerts).values(row).returning(alerts.c.id)).scalar_one()
    _log(connection, LogEntry(alert_id, INGEST, None, "open", _values(finding)), now_ms)
    news = News(alert_id, finding.rule, finding.code, "open", int(finding.severity))
    _report(connection, scale.shard, scale.scale_id, news, now_ms)


def _repeat(connection: Connection, scale: ScaleFacts, row: Row[Any], finding: Finding, now_ms: int) -> bool:
    values = _values(finding)
    count = row._mapping["count"]  # a row's own `count` is the tuple's method
    same = row.still_found and count == finding.count and row.values == values and row.severity == finding.severity
    if same:
        return False
    status = row.status
    if status == "closed" and (not row.still_found or finding.count > count):
        status = "regressed"
        _log(connection, LogEntry(row.id, INGEST, row.status, status, values), now_ms)
    connection.execute(
        update(alerts)
        .where(alerts.c.id == row.id)
        .values(
            status=status,
            still_found=True,
            count=finding.count,
            severity=int(finding.severity),
            first_number=finding.first_number,
            last_number=finding.last_number,
            values=values,
            changed_ms=now_ms,
            closed_ms=row.closed_ms if status == "closed" else None,
        )
    )
    news = News(row.id, row.rule, finding.code, status, int(finding.severity))
    _report(connection, scale.shard, scale.scale_id, news, now_ms)
    return True


def _vanish(connection: Connection, scale: ScaleFacts, row: Row[Any], now_ms: int) -> None:
    code = row.values["code"]
    values: dict[str, Any] = {"still_found": False, "changed_ms": now_ms}
    status = row.status
    if code in CLEARED and row.severity < Severity.TAMPER and status in ("open", "acknowledged", "regressed"):
        status = values["status"] = "closed"
        values["closed_ms"] = now_ms
        _log(connection, LogEntry(row.id, INGEST, row.status, status, {"code": CLEARED[code]}), now_ms)
    connection.execute(update(alerts).where(alerts.c.id == row.id).values(values))
    news = News(row.id, row.rule, code, status, row.severity)
    _report(connection, scale.shard, scale.scale_id, news, now_ms)


def _values(finding: Finding) -> dict[str, Any]:
    return {"code": finding.code, **finding.values}


def _log(connection: Connection, entry: LogEntry, now_ms: int) -> None:
    connection.execute(insert(alert_events).values(**entry._asdict(), at_ms=now_ms))


def _report(connection: Connection, shard: str, scale_id: int, news: News, now_ms: int) -> None:
    feeds.append(connection, feeds.OUTBOX, shard, "alert", scale_id, news._asdict(), now_ms)
