"""The one function that takes a step: it reads the table, refuses with every reason at once, and writes all or nothing.

Who comes second waits for the lock of the row and sees what the first one did. The outbox of the scale's shard is
locked before the row, as ingest does it, so that none waits for the other in a circle.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, insert, select, update

from steelyard_cloud.db import feeds
from steelyard_cloud.db.schema import approved_software, life_steps, scale_types, scales
from steelyard_cloud.errors import Refusal, WrongValue, refuse
from steelyard_cloud.people.audit import Actor, record
from steelyard_cloud.scales.life.rules import allowed_from, lands, remembered, row_for, takers
from steelyard_cloud.scales.life.table import Of, Row, Stage
from steelyard_cloud.scales.refusals import StaleView, StepNotAllowed, WrongStage

_TABLES: dict[Of, Table] = {Of.SCALE: scales, Of.TYPE: scale_types, Of.SOFTWARE: approved_software}
_NO_SHARD = "0"
"""Where the outbox has what concerns no scale."""
LEAST, MOST = 3, 500
"""Characters of a reason."""


class Subject(NamedTuple):
    """Whose step it is: `id` is None where the step makes it; `shard` that of a scale, `name` for sentences."""

    of: Of
    id: int | None
    shard: str = _NO_SHARD
    name: str = ""


class Written(NamedTuple):
    """What an act has written: the row that it made or changed, and what the step is proven by, as JSON."""

    id: int
    evidence: Mapping[str, Any]


@dataclass(frozen=True)
class Act:
    """What somebody wants to do: how each need of the step is looked at, and what is written where all is well.

    Both run in the step's transaction, after the row is locked.
    """

    step: str
    write: Callable[[], Written]
    checks: Mapping[str, Callable[[], Iterable[Refusal]]] = field(default_factory=dict)
    reason: str = ""
    action: str = ""
    """What the audit log calls it, where that is not the step's name."""


class Taken(NamedTuple):
    """A step that was taken: the row, and the stages before and after."""

    id: int
    before: Stage | None
    after: Stage


class _Known(NamedTuple):
    stage: Stage | None
    version: int
    returns_to: Stage | None


def take(
    connection: Connection, actor: Actor, subject: Subject, act: Act, now_ms: int, seen: int | None = None
) -> Taken:
    """Take a step, or raise every reason why not: one as itself, several as SeveralReasons.

    `seen` is the version that the acting person's page showed; raises StaleView where another step was taken since.
    """
    feeds.lock(connection, feeds.OUTBOX, subject.shard)
    known = _locked(connection, subject)
    if actor.role not in takers(act.step):
        raise StepNotAllowed(step=act.step, role=actor.role.value if actor.role else "—")
    if seen is not None and seen != known.version:
        raise StaleView(step=_newest(connection, subject))
    row = row_for(act.step, known.stage)
    if row is None or actor.role not in row.by:
        stage = known.stage.value if known.stage else "unknown"
        raise WrongStage(step=act.step, stage=stage, allowed=", ".join(allowed_from(act.step)))
    refuse([reason for need in row.needs for reason in _look(act, need)])
    written = act.write()
    after = lands(row, known.stage, known.returns_to)
    _write_stage(connection, subject.of, written.id, known, after, remembered(row, known.stage, known.returns_to))
    _note(connection, actor, subject, act, row, _Step(written, known.stage, after), now_ms)
    return Taken(written.id, known.stage, after)


def _look(act: Act, need: str) -> Iterable[Refusal]:
    if need == "reason" and need not in act.checks:
        return reason_missing(act.reason)
    return act.checks[need]()


def reason_missing(reason: str) -> list[Refusal]:
    """What is wrong with a reason that a step needs."""
    stripped = reason.strip()
    if LEAST <= len(stripped) <= MOST and any(map(str.isalnum, stripped)):
        return []
    return [WrongValue(where="reason", why=f"{LEAST} to {MOST} characters expected")]


def _locked(connection: Connection, subject: Subject) -> _Known:
    """Where the subject stands, its row locked against other steps but not against what refers to it."""
    if subject.id is None:
        return _Known(None, 0, None)
    c = _TABLES[subject.of].c
    stage = c.life_stage if subject.of is Of.SCALE else c.stage
    returns_to = [c.returns_to] if subject.of is Of.SCALE else []
    query = select(stage, c.life_version, *returns_to).where(c.id == subject.id)
    found = connection.execute(query.with_for_update(key_share=True)).one()
    back = Stage(found.returns_to) if returns_to and found.returns_to else None
    return _Known(Stage(found[0]), found.life_version, back)


def _write_stage(
    connection: Connection, of: Of, id_: int, known: _Known, after: Stage, returns_to: Stage | None
) -> None:
    table = _TABLES[of]
    name = "life_stage" if of is Of.SCALE else "stage"
    values: dict[str, Any] = {name: after.value, "life_version": known.version + 1}
    if of is Of.SCALE:
        values["returns_to"] = returns_to.value if returns_to else None
    connection.execute(update(table).where(table.c.id == id_).values(values))


class _Step(NamedTuple):
    written: Written
    before: Stage | None
    after: Stage


def _note(connection: Connection, actor: Actor, subject: Subject, act: Act, row: Row, step: _Step, now_ms: int) -> None:
    """Write the step, its line in the audit log and its entry in the outbox."""
    evidence = dict(step.written.evidence)
    said = {
        "kind": subject.of.value,
        "object_id": step.written.id,
        "step": row.step,
        "from_stage": step.before.value if step.before else None,
        "to_stage": step.after.value,
        "actor": actor.name,
        "organisation_id": actor.organisation_id,
        "division_code": actor.division_code,
        "reason": act.reason.strip(),
        "evidence": evidence,
        "at_ms": now_ms,
    }
    connection.execute(insert(life_steps).values(said))
    reason = {"reason": act.reason.strip()} if act.reason.strip() else {}
    named = row.step if row.step.startswith(f"{subject.of}.") else f"{subject.of}.{row.step}"
    object_ = f"{subject.of}:{step.written.id}"
    record(connection, actor, act.action or named, object_, {**evidence, **reason}, now_ms)
    body = {"step": row.step, "from": said["from_stage"], "to": said["to_stage"], "kind": subject.of.value}
    scale_id = step.written.id if subject.of is Of.SCALE else None
    feeds.append(connection, feeds.OUTBOX, subject.shard, "life", scale_id, body, now_ms)


def _newest(connection: Connection, subject: Subject) -> str:
    c = life_steps.c
    of = (c.kind == subject.of.value, c.object_id == subject.id)
    return connection.scalar(select(c.step).where(*of).order_by(c.id.desc()).limit(1)) or "step"
