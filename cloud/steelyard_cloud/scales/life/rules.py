"""What follows from the table of steps: pure functions, each of a table that is passed in or of the one there is."""

from collections.abc import Iterable, Sequence

from steelyard_cloud.people.roles import Role
from steelyard_cloud.scales.life.table import TABLE, Goes, Of, Row, Stage

RETURNS = (Stage.FORBIDDEN, Stage.OUT_OF_USE)
"""Stages that remember where the scale was before."""


def rows_of(step: str, table: Sequence[Row] = TABLE) -> list[Row]:
    """Every row of a step, none for a word that is no step."""
    return [row for row in table if row.step == step]


def row_for(step: str, stage: Stage | None, table: Sequence[Row] = TABLE) -> Row | None:
    """The row by which a step is taken from a stage; None where it cannot be."""
    return next((row for row in rows_of(step, table) if stage in row.from_), None)


def allowed_from(step: str, table: Sequence[Row] = TABLE) -> list[str]:
    """The names of the stages from which a step can be taken, in their order."""
    stages = {stage for row in rows_of(step, table) for stage in row.from_ if stage is not None}
    return [stage.value for stage in Stage if stage in stages]


def takers(step: str, table: Sequence[Row] = TABLE) -> frozenset[Role]:
    """The roles that may take a step from some stage."""
    return frozenset(role for row in rows_of(step, table) for role in row.by)


def lands(row: Row, stage: Stage | None, returns_to: Stage | None) -> Stage:
    """The stage to which a row leads; what was put away before stages were remembered has to be verified again."""
    if row.to is Goes.BACK:
        return returns_to or Stage.AWAITING
    if row.to is Goes.STAYS:
        assert stage is not None
        return stage
    return Stage(row.to)


def remembered(row: Row, stage: Stage | None, returns_to: Stage | None) -> Stage | None:
    """What is to be remembered after a row was taken: where a scale goes when its use is allowed again.

    A repair while the use is forbidden leads to a verification, once it is released.
    """
    if row.to in RETURNS:
        return stage
    if stage not in RETURNS or row.to is not Goes.STAYS:
        return None
    changed = row.step in ("repair.report", "repair.unlock")
    return Stage.AWAITING if changed else returns_to


def open_to(role: Role, of: Of, stage: Stage | None, table: Sequence[Row] = TABLE) -> list[Row]:
    """The rows that a role may take now, in the table's order."""
    return [row for row in table if row.of is of and role in row.by and stage in row.from_]


def contradictions(table: Iterable[Row] = TABLE) -> list[str]:
    """What is wrong with a table: a step that has two rows for one stage, or belongs to two lives; a dead row."""
    seen: set[tuple[str, Stage | None]] = set()
    lives: dict[str, Of] = {}
    found = []
    for row in table:
        found += [f"{row.step}: two rows for {stage}" for stage in row.from_ if (row.step, stage) in seen]
        seen |= {(row.step, stage) for stage in row.from_}
        if lives.setdefault(row.step, row.of) is not row.of:
            found.append(f"{row.step}: of two lives")
        if not row.by or not row.from_:
            found.append(f"{row.step}: nobody may take it, or from nowhere")
        if row.to is Goes.STAYS and None in row.from_:
            found.append(f"{row.step}: nothing stays nothing")
    return found
