"""The steps that were taken, for those who may see whose they are."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from steelyard_cloud.db.schema import life_steps, organisations
from steelyard_cloud.scales.life.table import Of


@dataclass(frozen=True)
class StepTaken:
    """One step; `organisation` is empty for the platform's own processes."""

    step: str
    before: str | None
    after: str
    organisation: str
    reason: str
    evidence: dict[str, Any]
    at_ms: int


def steps_of(connection: Connection, of: Of, id_: int, limit: int = 100) -> list[StepTaken]:
    """The newest steps of a scale, a type or a program, the newest first. The caller has checked who asks."""
    c = life_steps.c
    query = (
        select(c.step, c.from_stage, c.to_stage, organisations.c.name, c.reason, c.evidence, c.at_ms)
        .select_from(life_steps)
        .outerjoin(organisations, organisations.c.id == c.organisation_id)
        .where(c.kind == of.value, c.object_id == id_)
        .order_by(c.id.desc())
        .limit(limit)
    )
    return [
        StepTaken(row.step, row.from_stage, row.to_stage, row.name or "", row.reason, row.evidence, row.at_ms)
        for row in connection.execute(query)
    ]
