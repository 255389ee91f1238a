"""Alerts: findings grouped for people, by rule, scale and what was found.

The same finding again raises a count, never a second alert. What tampers is never cleared by itself; a gap that was
filled or a scale that reports again closes its alert, and the log says why.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
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

    shard: str
    scale_id: int
    news: News
    entry: LogEntry | None
    changed: dict[str, Any] | None = None


class Found(NamedTuple):
    """What was found of a scale. `undecided` are keys of findings that may stand all the same."""

    scale: ScaleFacts
    findings: Sequence[Finding]
    undecided: Collection[tuple[str, str]] = ()


def update_from(connection: Connection, judged: Sequence[Found], now_ms: int) -> list[tuple[str, feeds.New]]:
    """Bring the alerts of scales in line with what is found now; gives what the outbox is to report, with its shard.

    Alerts of what is undecided are left as they are. However many change, the database is asked as often as for one.
    """
    feeds.lock(connection, feeds.OUTBOX, {one.scale.shard for one in judged})
    known: dict[int, dict[tuple[str, str], Row[Any]]] = {one.scale.scale_id: {} for one in judged}
    for row in connection.execute(select(alerts).where(alerts.c.scale_id.in_(known))):
        known[row.scale_id][row.rule, row.what] = row
    for scale in (one.scale for one in judged):
        if any(row.division_code != scale.division_code for row in known[scale.scale_id].values()):
            of_scale = update(alerts).where(alerts.c.scale_id == scale.scale_id)
            connection.execute(of_scale.values(division_code=scale.division_code))  # who supervises it has them all
    new = [(one.scale, found) for one in judged for found in one.findings if found.key not in known[one.scale.scale_id]]
    changes = [*_opened(connection, new, now_ms)]
    for one in judged:
        changes += _changed(known[one.scale.scale_id], one, now_ms)
    _write(connection, changes, now_ms)
    return [(one.shard, feeds.New("alert", one.scale_id, one.news._asdict())) for one in changes]


def _changed(known: Mapping[tuple[str, str], Row[Any]], one: Found, now_ms: int) -> Iterable[Change]:
    found, scale = {finding.key: finding for finding in one.findings}, one.scale
    for key, row in known.items():
        finding = found.get(key)
        if finding is not None and not _same(row, finding):
            yield _repeated(scale, row, finding, now_ms)
        elif finding is None and row.still_found and key not in one.undecided:
            yield _vanished(scale, row, now_ms)


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
    feeds.lock(connection, feeds.OUTBOX, [connection.execute(shard).scalar_one()])
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


def _opened(connection: Connection, new: Sequence[tuple[ScaleFacts, Finding]], now_ms: int) -> Iterable[Change]:
    if not new:
        return []
    c, kids = identities.c, {finding.kid for _, finding in new}
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
        for scale, finding in new
    ]
    connection.execute(insert(alerts), rows)
    c, of_scales = alerts.c, {scale.scale_id for scale, _ in new}
    query = select(c.scale_id, c.rule, c.what, c.id).where(c.scale_id.in_(of_scales))
    added = {(scale_id, rule, what): id_ for scale_id, rule, what, id_ in connection.execute(query)}
    return [_new(scale, finding, added[scale.scale_id, *finding.key]) for scale, finding in new]


def _new(scale: ScaleFacts, finding: Finding, id_: int) -> Change:
    news = News(id_, finding.rule, finding.code, "open", int(finding.severity))
    return Change(scale.shard, scale.scale_id, news, LogEntry(id_, INGEST, None, "open", _values(finding)))


def _same(row: Row[Any], finding: Finding) -> bool:
    count = row._mapping["count"]  # a row's own `count` is the tuple's method
    before = row.still_found, count, row.values, row.severity
    return bool(before == (True, finding.count, _values(finding), finding.severity))


def _repeated(scale: ScaleFacts, row: Row[Any], finding: Finding, now_ms: int) -> Change:
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
    news = News(row.id, row.rule, finding.code, status, int(finding.severity))
    return Change(scale.shard, scale.scale_id, news, entry, changed)


def _vanished(scale: ScaleFacts, row: Row[Any], now_ms: int) -> Change:
    code, entry = row.values["code"], None
    changed = {"status": row.status, "still_found": False, "changed_ms": now_ms, "closed_ms": row.closed_ms}
    if code in CLEARED and row.severity < Severity.TAMPER and row.status in ("open", "acknowledged", "regressed"):
        changed |= {"status": "closed", "closed_ms": now_ms}
        entry = LogEntry(row.id, INGEST, row.status, "closed", {"code": CLEARED[code]})
    news = News(row.id, row.rule, code, changed["status"], row.severity)
    return Change(scale.shard, scale.scale_id, news, entry, changed)


def _write(connection: Connection, changes: Sequence[Change], now_ms: int) -> None:
    """Update the rows that were there, and log what changed a status."""
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


def _values(finding: Finding) -> dict[str, Any]:
    return {"code": finding.code, **finding.values, "since": {kid: list(mark) for kid, mark in finding.marks.items()}}


def _log(connection: Connection, entry: LogEntry, now_ms: int) -> None:
    connection.execute(insert(alert_events).values(**entry._asdict(), at_ms=now_ms))


def _report(connection: Connection, shard: str, scale_id: int, news: News, now_ms: int) -> None:
    feeds.append(connection, feeds.OUTBOX, shard, "alert", scale_id, news._asdict(), now_ms)
