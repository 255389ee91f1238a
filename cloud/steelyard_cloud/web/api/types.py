"""Scale types and their software: recorded, applied for, submitted, and decided by type evaluation."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse
from pydantic import Field

from steelyard_cloud.db.database import Connection
from steelyard_cloud.errors import WrongValue
from steelyard_cloud.people.audit import actor_of
from steelyard_cloud.people.roles import SEES_TYPES, Principal, Role
from steelyard_cloud.scales import envelope, programs, type_queries, types
from steelyard_cloud.scales.life.history import steps_of
from steelyard_cloud.scales.life.table import Of
from steelyard_cloud.scales.programs import Software
from steelyard_cloud.web.api.shown import taken
from steelyard_cloud.web.http.context import Here, needs, takes
from steelyard_cloud.web.http.fields import MOST, Hash, Id, Seen, Strict, Word
from steelyard_cloud.web.http.idempotency import Repeatable

router = APIRouter(prefix="/scale-types", tags=["catalogue"])

CERTIFICATE = Annotated[str, Field(max_length=40)]
Reads = Annotated[Principal, Depends(needs(SEES_TYPES))]


class NewSoftware(Strict):
    """A program of a type; `hash` is over its legally relevant code, in hexadecimal."""

    name: Word
    version: Annotated[str, Field(min_length=1, max_length=16)]
    hash: Hash

    def software(self) -> Software:
        """As the registry takes it."""
        return Software(self.name, self.version, bytes.fromhex(self.hash))


class GivenEnvelope(Strict):
    """What scales of the type may be: `limits` by name of the parameter, each as lowest and highest.

    `csv` is the same as a file of fields (docs/maker.md), in place of all the others.
    """

    limits: dict[str, list[int]] = Field(default_factory=dict, max_length=63)
    adc: list[str] = Field(default_factory=list, max_length=envelope.MOST)
    hardware: list[str] = Field(default_factory=list, max_length=envelope.MOST)
    update_keys: list[str] = Field(default_factory=list, max_length=envelope.MOST)
    r76: dict[str, str] = Field(default_factory=dict, max_length=40)
    csv: Annotated[str, Field(max_length=100_000)] | None = None

    def envelope(self) -> envelope.Envelope:
        """As the registry takes it; raises WrongValue."""
        given = self.model_dump(exclude={"csv"})
        if self.csv is not None:
            if any(given.values()):
                raise WrongValue(where="envelope.csv", why="a file, or the fields, but not both")
            given = envelope.from_csv(self.csv.encode())
        return envelope.read(given)


class NewScaleType(Strict):
    """A type; `parameters` are its type-specific ones by name, for a factory to start from.

    An administrator records an approval that was given elsewhere and names its `organisation` and `type_approval`; a
    manufacturer applies for one, with its `envelope`.
    """

    organisation: Annotated[int | None, Field(ge=1, le=MOST)] = None
    maker: Word
    model: Word
    type_approval: CERTIFICATE = ""
    parameters: dict[str, int] = Field(default_factory=dict, max_length=31)
    envelope: GivenEnvelope | None = None
    software: list[NewSoftware] = Field(default_factory=list, max_length=100)
    longest_validity_days: Annotated[int, Field(ge=1, le=3660)] = types.LONGEST_VALIDITY_DAYS

    def applied(self) -> types.Application:
        """As the registry takes it; raises WrongValue."""
        given = self.envelope.envelope() if self.envelope else None
        return types.Application(self.maker, self.model, self.parameters, given, self.longest_validity_days)


@router.post("", status_code=201)
def add_scale_type(
    body: NewScaleType,
    here: Here,
    once: Repeatable,
    principal: Annotated[Principal, Depends(takes("type.record", "type.apply"))],
) -> JSONResponse:
    """Record a type approval with the software that it lists (administrator), or apply for one (manufacturer)."""
    applied, software = body.applied(), [program.software() for program in body.software]
    records = principal.role is Role.ADMIN
    if records and body.organisation is None:
        raise WrongValue(where="organisation", why="an administrator names the manufacturer")

    def effect(connection: Connection) -> dict[str, Any]:
        actor, now_ms = actor_of(principal), here.now_ms()
        if records:
            made = types.add_scale_type(
                connection,
                actor,
                organisation_id=body.organisation or 0,
                type_approval=body.type_approval,
                applied=applied,
                software=software,
                now_ms=now_ms,
            )
        else:
            made = types.apply_for_type(connection, actor, applied, now_ms)
            for program in software:
                programs.add_software(connection, actor, scale_type_id=made, software=program, now_ms=now_ms)
        return {"scale_type": made}

    return once(principal, effect)


@router.get("")
def list_types(here: Here, principal: Reads) -> dict[str, Any]:
    """Types that the caller may see: a manufacturer its own, type evaluation and administrators all."""
    with here.reading() as connection:
        found = type_queries.types_for(connection, principal)
    return {"scale_types": [_shown(one) for one in found]}


@router.get("/{scale_type}")
def one_type(scale_type: Id, here: Here, principal: Reads) -> dict[str, Any]:
    """One type with its envelope, its software and the steps that were taken."""
    with here.reading() as connection:
        found = type_queries.type_for(connection, principal, scale_type)
        known = programs.programs_of(connection, found.id)
        steps = steps_of(connection, Of.TYPE, found.id)
    software = [{**one._asdict(), "hash": one.hash.hex()} for one in known]
    return {
        **_shown(found),
        "envelope": found.envelope.shown() if found.envelope else None,
        "software": software,
        "steps": [taken(one) for one in steps],
    }


def _shown(one: type_queries.TypeSeen) -> dict[str, Any]:
    named = {"scale_type": one.id, "maker": one.maker, "model": one.model, "type_approval": one.type_approval}
    return {**named, "stage": one.stage, "life_version": one.life_version}


class TypeStep(Strict):
    """A step of the type's life, with what it needs; what is left out stays as it is."""

    step: Literal["type.apply", "type.approve", "type.refuse", "type.amend", "type.suspend", "type.withdraw"]
    reason: Annotated[str, Field(max_length=500)] = ""
    type_approval: CERTIFICATE = ""
    envelope: GivenEnvelope | None = None
    seen: Seen = None


@router.post("/{scale_type}/steps", status_code=201)
def decide_on_type(
    scale_type: Id,
    body: TypeStep,
    here: Here,
    once: Repeatable,
    principal: Annotated[Principal, Depends(takes("type.approve", "type.apply"))],
) -> JSONResponse:
    """Take a step of a type's life; its scales are judged again."""
    decision = types.TypeDecision(body.reason, body.type_approval, body.envelope.envelope() if body.envelope else None)

    def effect(connection: Connection) -> dict[str, Any]:
        actor, now_ms = actor_of(principal), here.now_ms()
        done = types.decide_on_type(connection, actor, scale_type, body.step, decision, now_ms=now_ms, seen=body.seen)
        return {"scale_type": done.id, "step": body.step, "stage": done.after.value}

    return once(principal, effect)


@router.post("/{scale_type}/software", status_code=201)
def add_software(
    scale_type: Id,
    body: NewSoftware,
    here: Here,
    once: Repeatable,
    principal: Annotated[Principal, Depends(takes("software.record", "software.submit"))],
) -> JSONResponse:
    """Name a program for a type: approved already (administrator), or to be approved (manufacturer)."""

    def effect(connection: Connection) -> dict[str, Any]:
        actor, now_ms = actor_of(principal), here.now_ms()
        programs.add_software(connection, actor, scale_type_id=scale_type, software=body.software(), now_ms=now_ms)
        return {"scale_type": scale_type, "hash": body.hash}

    return once(principal, effect)


class SoftwareStep(Strict):
    """A step of a program's life."""

    step: Literal["software.approve", "software.revoke"]
    hash: Hash
    reason: Annotated[str, Field(max_length=500)] = ""
    seen: Seen = None


@router.post("/{scale_type}/software/steps", status_code=201)
def decide_on_software(
    scale_type: Id,
    body: SoftwareStep,
    here: Here,
    once: Repeatable,
    principal: Annotated[Principal, Depends(takes("software.approve"))],
) -> JSONResponse:
    """Approve or revoke a program; a revoked one is a finding on each scale that says it runs it."""

    def effect(connection: Connection) -> dict[str, Any]:
        done = programs.decide_on_software(
            connection,
            actor_of(principal),
            scale_type,
            bytes.fromhex(body.hash),
            body.step,
            reason=body.reason,
            now_ms=here.now_ms(),
            seen=body.seen,
        )
        return {"scale_type": scale_type, "hash": body.hash, "step": body.step, "stage": done.after.value}

    return once(principal, effect)
