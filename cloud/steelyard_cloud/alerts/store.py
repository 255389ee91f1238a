"""Alerts: findings grouped for people, by rule, scale and what was found.

The same finding again raises a count, never a second alert. What tampers is never cleared by itself; a gap that was
filled or a scale that reports again closes its alert, and the log says why.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from steelyard_cloud.alerts.states import TRANSITIONS, Seen, when_found_again
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


class Change(NamedTuple):
    """An alert that is opened or changes: what is reported, what is logged, and the columns of a row that was there."""

    news: News
    entry: LogEntry | None
    changed: dict[str, Any] | None = None


def update_from(
    connection: Connection,
    scale: ScaleFacts,
    findings: Iterable[Finding],
    now_ms: int,
    undecided: Collection[tuple[str, str]] = (),
) -> int:
    """Bring the scale's alerts in line with what is found now; returns how many changed, each reported to the outbox.

    `undecided` are keys of findings that may stand all the same; their alerts are left as they are. However many
    change, the database is asked as often as for one.
    """
    feeds.lock(connection, feeds.OUTBOX, scale.shard)
    known = {
        (row.rule, row.what): row
        for row in connection.execute(select(alerts).where(alerts.c.scale_id == scale.scale_id))
    }
    if any(row.division_code != scale.division_code for row in known.values()):
        of_scale = update(alerts).where(alerts.c.scale_id == scale.scale_id)
        connection.execute(of_scale.values(division_code=scale.division_code))  # whoever supervises it has them all
    found = {finding.key: finding for finding in findings}
    new = [finding for key, finding in found.items() if key not in known]
    repeated = [(row, found[key]) for key, row in known.items() if key in found]
    gone = [row for key, row in known.items() if row.still_found and key not in found and key not in undecided]
    changes = [
        *_opened(connection, scale, new, now_ms),
        *(_repeated(row, finding, now_ms) for row, finding in repeated if not _same(row, finding)),
        *(_vanished(row, now_ms) for row in gone),
    ]
    _write(connection, scale, changes, now_ms)
    return len(changes)


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


def _opened(connection: Connection, scale: ScaleFacts, findings: Sequence[Finding], now_ms: int) -> Iterable[Change]:
    if not findings:
        return []
    c, kids = identities.c, {finding.kid for finding in findings}
    ids = {row.kid: row.id for row in connection.execute(select(c.kid, c.id).where(c.kid.in_(kids)))}
    rows = [
        {
            "rule": finding.rule,
            "scale_id": scale.scale_id,
            "what": finding.what,
            "severity": int(finding.severity),
            "status": "open",
            "still_found": True,
            "count": finding.count,
            "identity_id": ids.get(finding.kid),
            "first_number": finding.first_number,
            "last_number": finding.last_number,
            "values": _values(finding),
            "opened_ms": now_ms,
            "changed_ms": now_ms,
            "organisation_id": scale.organisation_id,
            "division_code": scale.division_code,
        }
        for finding in findings
    ]
    connection.execute(insert(alerts), rows)
    of_scale = select(alerts.c.rule, alerts.c.what, alerts.c.id).where(alerts.c.scale_id == scale.scale_id)
    added = {(rule, what): id_ for rule, what, id_ in connection.execute(of_scale)}
    return [
        Change(
            News(added[finding.key], finding.rule, finding.code, "open", int(finding.severity)),
            LogEntry(added[finding.key], INGEST, None, "open", _values(finding)),
        )
        for finding in findings
    ]


def _same(row: Row[Any], finding: Finding) -> bool:
    count = row._mapping["count"]  # a row's own `count` is the tuple's method
    before = row.still_found, count, row.values, row.severity
    return bool(before == (True, finding.count, _values(finding), finding.severity))


def _repeated(row: Row[Any], finding: Finding, now_ms: int) -> Change:
    values = _values(finding)
    before = Seen(row.still_found, row._mapping["count"], row.values.get("since"))
    status = when_found_again(row.status, before, finding)
    entry = LogEntry(row.id, INGEST, row.status, status, values) if status != row.status else None
    changed = {
        "status": status,
        "still_found": True,
        "count": finding.count,
        "severity": int(finding.severity),
        "first_number": finding.first_number,
        "last_number": finding.last_number,
        "values": values,
        "changed_ms": now_ms,
        "closed_ms": row.closed_ms if status == "closed" else None,
    }
    return Change(News(row.id, row.rule, finding.code, status, int(finding.severity)), entry, changed)


def _vanished(row: Row[Any], now_ms: int) -> Change:
    code, entry = row.values["code"], None
    changed = {"status": row.status, "still_found": False, "changed_ms": now_ms, "closed_ms": row.closed_ms}
    if code in CLEARED and row.severity < Severity.TAMPER and row.status in ("open", "acknowledged", "regressed"):
        changed |= {"status": "closed", "closed_ms": now_ms}
        entry = LogEntry(row.id, INGEST, row.status, "closed", {"code": CLEARED[code]})
    return Change(News(row.id, row.rule, code, changed["status"], row.severity), entry, changed)


def _write(connection: Connection, scale: ScaleFacts, changes: Sequence[Change], now_ms: int) -> None:
    """Update the rows that were there, log what changed a status, and report all of it."""
    if not changes:
        return
    of_alert = update(alerts).where(alerts.c.id == bindparam("alert_id"))
    updates: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for one in changes:
        if one.changed is not None:
            updates.setdefault(tuple(one.changed), []).append({"alert_id": one.news.alert_id, **one.changed})
    for rows in updates.values():
        connection.execute(of_alert, rows)
    log = [{**one.entry._asdict(), "at_ms": now_ms} for one in changes if one.entry]
    if log:
        connection.execute(insert(alert_events), log)
    news = [feeds.New("alert", scale.scale_id, one.news._asdict()) for one in changes]
    feeds.append_all(connection, feeds.OUTBOX, scale.shard, news, now_ms)


def _values(finding: Finding) -> dict[str, Any]:
    return {"code": finding.code, **finding.values, "since": {kid: list(mark) for kid, mark in finding.marks.items()}}


def _log(connection: Connection, entry: LogEntry, now_ms: int) -> None:
    connection.execute(insert(alert_events).values(**entry._asdict(), at_ms=now_ms))


def _report(connection: Connection, shard: str, scale_id: int, news: News, now_ms: int) -> None:
    feeds.append(connection, feeds.OUTBOX, shard, "alert", scale_id, news._asdict(), now_ms)
