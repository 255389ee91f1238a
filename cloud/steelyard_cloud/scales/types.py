"""Scale types: an approval that was given elsewhere is recorded; a maker applies for one; type evaluation decides."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from sqlalchemy import Connection, insert, select, update
from steelyard_protocol.parameters import FIELDS, FIRST_DEVICE_KEY, KEYS, range_breaches
from steelyard_protocol.plate import as_read

from steelyard_cloud.db.schema import scale_types
from steelyard_cloud.errors import AlreadyExists, NotFound, Refusal, WrongValue
from steelyard_cloud.people.audit import Actor
from steelyard_cloud.people.organisations import organisation_exists
from steelyard_cloud.people.roles import Role
from steelyard_cloud.scales.envelope import Envelope
from steelyard_cloud.scales.life.table import Of
from steelyard_cloud.scales.life.take import Act, Subject, Taken, Written, take
from steelyard_cloud.scales.programs import Software, add_software
from steelyard_cloud.scales.type_state import have_judged, type_by_id

LONGEST_VALIDITY_DAYS = 1461
"""Of a verification, where the type does not say: four years, the longest that is usual for such scales."""


def type_parameters(named: Mapping[str, int]) -> dict[str, int]:
    """Type-specific parameters by name, as the table keeps them by key; raises WrongValue."""
    kept = {}
    for name, value in named.items():
        key = KEYS.get(name, FIRST_DEVICE_KEY)
        if key >= FIRST_DEVICE_KEY:
            raise WrongValue(where=f"parameters.{name}", why="not a type-specific parameter")
        field = FIELDS[key]
        if not field.minimum <= value <= field.maximum:
            raise WrongValue(where=f"parameters.{name}", why=f"{field.minimum} to {field.maximum} expected")
        kept[key] = value
    if found := range_breaches(kept):
        raise WrongValue(where="parameters", why=found[0])
    return {str(key): value for key, value in kept.items()}


class Application(NamedTuple):
    """A type as its maker or its approval describes it; parameters by name, for a factory to start from."""

    maker: str
    model: str
    parameters: Mapping[str, int]
    envelope: Envelope | None = None
    longest_validity_days: int = LONGEST_VALIDITY_DAYS


def add_scale_type(
    connection: Connection,
    actor: Actor,
    *,
    organisation_id: int,
    type_approval: str,
    applied: Application,
    software: Sequence[Software],
    now_ms: int,
) -> int:
    """Record an approved type of a manufacturer with its software; raises AlreadyExists, NotFound, WrongValue."""
    if not organisation_exists(connection, organisation_id):
        raise NotFound(what="organisation", name=organisation_id)
    type_id = _make(connection, actor, "type.record", organisation_id, type_approval, applied, now_ms)
    for program in software:
        add_software(connection, actor, scale_type_id=type_id, software=program, now_ms=now_ms)
    return type_id


def apply_for_type(connection: Connection, actor: Actor, applied: Application, now_ms: int) -> int:
    """Apply for the approval of a type of the acting manufacturer; raises AlreadyExists, WrongValue."""
    assert actor.organisation_id is not None
    return _make(connection, actor, "type.apply", actor.organisation_id, "", applied, now_ms)


def _make(
    connection: Connection,
    actor: Actor,
    step: str,
    organisation_id: int,
    type_approval: str,
    applied: Application,
    now_ms: int,
) -> int:
    c = scale_types.c

    def write() -> Written:
        row = {
            "organisation_id": organisation_id,
            "maker": applied.maker,
            "model": applied.model,
            "type_approval": type_approval,
            "parameters": type_parameters(applied.parameters),
            "longest_validity_days": applied.longest_validity_days,
            "envelope": applied.envelope.as_json() if applied.envelope else None,
            "created_ms": now_ms,
        }
        made = connection.execute(insert(scale_types).values(row).returning(c.id))
        return Written(int(made.scalar_one()), {"approval": type_approval})

    new = partial(_not_new, connection, organisation_id, applied, step)
    checks: dict[str, Callable[[], Iterable[Refusal]]] = {
        "envelope": new,
        "certificate": lambda: _no_certificate(type_approval),
    }
    action = "type.add" if step == "type.record" else ""
    return take(connection, actor, Subject(Of.TYPE, None), Act(step, write, checks, action=action), now_ms).id


def _not_new(connection: Connection, organisation_id: int, applied: Application, step: str) -> Iterable[Refusal]:
    """Why a type cannot be made: it is there, as it is read; or what is said of it cannot be."""
    c = scale_types.c
    named = connection.execute(select(c.maker, c.model).where(c.organisation_id == organisation_id)).all()
    exact = connection.scalar(select(c.id).where(c.maker == applied.maker, c.model == applied.model))
    read = {(as_read(row.maker), as_read(row.model)) for row in named}
    if exact is not None or (as_read(applied.maker), as_read(applied.model)) in read:
        yield AlreadyExists(what="scale type", name=f"{applied.maker} {applied.model}")
    try:
        type_parameters(applied.parameters)
    except WrongValue as refusal:
        yield refusal
    if step == "type.apply" and applied.envelope is None:
        yield WrongValue(where="envelope", why="an envelope is needed")


def _no_certificate(number: str) -> Iterable[Refusal]:
    if not any(map(str.isalnum, number)):
        yield WrongValue(where="type_approval", why="the number of the certificate is needed")


class TypeDecision(NamedTuple):
    """What is decided of a type beside the step itself."""

    reason: str = ""
    type_approval: str = ""
    envelope: Envelope | None = None


def decide_on_type(
    connection: Connection,
    actor: Actor,
    scale_type_id: int,
    step: str,
    decision: TypeDecision,
    *,
    now_ms: int,
    seen: int | None = None,
) -> Taken:
    """Take a step of a type's life, as the table has them; its scales are judged again.

    What the decision leaves out stays as it is. Raises NotFound.
    """
    state = type_by_id(connection, scale_type_id)
    if actor.role is Role.MANUFACTURER and actor.organisation_id != state.organisation_id:
        raise NotFound(what="scale type", name=scale_type_id)
    row = connection.execute(select(scale_types).where(scale_types.c.id == scale_type_id)).one()
    number = decision.type_approval or row.type_approval
    envelope = decision.envelope.as_json() if decision.envelope else row.envelope

    def no_envelope() -> Iterable[Refusal]:
        return [] if envelope is not None else [WrongValue(where="envelope", why="an envelope is needed")]

    def write() -> Written:
        changed = {"type_approval": number, "envelope": envelope}
        connection.execute(update(scale_types).where(scale_types.c.id == scale_type_id).values(changed))
        have_judged(connection, scale_type_id, now_ms)
        said = {"approval": number, "envelope": envelope} if decision.envelope else {"approval": number}
        return Written(scale_type_id, said)

    checks = {"certificate": lambda: _no_certificate(number), "envelope": no_envelope}
    act = Act(step, write, checks, decision.reason)
    return take(connection, actor, Subject(Of.TYPE, scale_type_id, name=state.model), act, now_ms, seen)
