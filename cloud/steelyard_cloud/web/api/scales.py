"""Scales: look at one, its statements and its series; verify it, permit its adjustment, say where it stands."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse
from pydantic import Field, model_validator
from steelyard_protocol import cbor, statement
from steelyard_protocol.downlink import PermitFor
from steelyard_protocol.enrolment import to_base64url

from steelyard_cloud.db.database import Connection
from steelyard_cloud.errors import WrongValue
from steelyard_cloud.judge.verdict import Unmet
from steelyard_cloud.people.roles import DECIDES, EVERYBODY, MOVES, PERMITS, PLACES, VERIFIES, Principal
from steelyard_cloud.scales import decisions, periods, permits, placement, queries, reported, series, verification
from steelyard_cloud.scales.naming import Name
from steelyard_cloud.scales.queries import ScaleInScope
from steelyard_cloud.scales.verdicts import PublicDecision, Verification, life_stage
from steelyard_cloud.web.http.context import Here, actor_of, needs
from steelyard_cloud.web.http.fields import After, Before, Code, Day, Division, Hash, Reason, Search, Strict, Word
from steelyard_cloud.web.http.idempotency import Repeatable
from steelyard_cloud.web.http.problems import NotAllowed

router = APIRouter(prefix="/scales", tags=["scales"])

Anybody = Annotated[Principal, Depends(needs(EVERYBODY))]
UInt32 = Annotated[int, Field(ge=0, le=0xFFFFFFFF)]
Counter = Annotated[int, Field(ge=0, le=0xFFFF)]


_TOLD_OTHERWISE = ("unmet", "registered_period_s")  # of what judging it gave: as `unmet` and `period_s` of the scale


def _shown_unmet(one: Unmet) -> dict[str, Any]:
    return {"condition": one.condition, "word": one.word.value, "code": one.code, "values": dict(one.values)}


def shown(scale: ScaleInScope, now_ms: int) -> dict[str, Any]:
    """A scale as the API gives it, with its public verdict and the conditions of it that are not met."""
    opinion = queries.opinion_on(scale, now_ms)
    return {
        "public_code": scale.code,
        "identity": scale.identity,
        "maker": scale.maker,
        "model": scale.model,
        "serial_number": scale.serial_number,
        "production_code": scale.production_code,
        "type_approval": scale.type_approval,
        "organisation": scale.organisation,
        "division_code": scale.division_code,
        "place": scale.place,
        "life_stage": life_stage(scale.life_stage, opinion.word),
        "verdict": opinion.word.value,
        "unmet": [_shown_unmet(one) for one in opinion.unmet],
        "period_s": scale.period_s,
        "head": scale.head,
        "stored": scale.stored,
        "newest_received_ms": scale.newest_received_ms,
        "standing": {name: value for name, value in scale.standing.items() if name not in _TOLD_OTHERWISE},
    }


def _shown_verification(one: Verification) -> dict[str, Any]:
    return {
        "number": one.number,
        "hash": one.hash.hex(),
        "kind": one.kind,
        "valid_until": one.valid_until.isoformat(),
        "seal": one.seal,
        "code": one.code,
        "institution": one.institution,
    }


def _shown_decision(one: PublicDecision) -> dict[str, Any]:
    return {
        "number": one.number,
        "hash": one.hash.hex(),
        "reason": one.reason,
        "authority": one.authority,
        "recorded_ms": one.recorded_ms,
    }


@router.get("")
def list_scales(
    here: Here,
    principal: Anybody,
    q: Search = "",
    after: After = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """Scales that the caller may see; `next` is the `after` of the following page, absent on the last."""
    with here.reading() as connection:
        found = queries.scale_list(connection, principal, text=q.strip(), after=after, limit=limit + 1)
    answer: dict[str, Any] = {"scales": [shown(scale, here.now_ms()) for scale in found[:limit]]}
    if len(found) > limit:
        answer["next"] = found[limit - 1].id
    return answer


@router.get("/{code}")
def one_scale(code: Code, here: Here, principal: Anybody) -> dict[str, Any]:
    """One scale with its public verdict, verifications and decisions."""
    with here.reading() as connection:
        scale = queries.scale_by_code(connection, principal, code)
        verified = queries.verifications_of(connection, scale)
        decided = decisions.decisions_on(connection, scale)
    here.log_view(principal, f"scale:{scale.id}")
    return {
        **shown(scale, here.now_ms()),
        "verifications": [_shown_verification(one) for one in verified],
        "decisions": [_shown_decision(one) for one in decided],
    }


class Placement(Strict):
    """Where a scale stands."""

    place: Annotated[str, Field(max_length=120)]
    division_code: Division | None = None


@router.patch("/{code}")
def place_scale(
    code: Code, body: Placement, here: Here, principal: Annotated[Principal, Depends(needs(PLACES))]
) -> dict[str, Any]:
    """Record where a scale stands. Its supervisors follow from the division code, which they alone may change."""
    if body.division_code is not None and principal.role not in MOVES:
        raise NotAllowed(role=principal.role.value, needs=", ".join(sorted(MOVES)))
    with here.writing() as connection:
        scale = queries.scale_by_code(connection, principal, code)
        values = {"place": body.place.strip(), "division_code": body.division_code or scale.division_code}
        placement.place(connection, actor_of(principal), scale, now_ms=here.now_ms(), **values)
    here.wake(scale.shard)
    return {**shown(scale, here.now_ms()), **values}


@router.get("/{code}/statements")
def list_statements(
    code: Code,
    here: Here,
    principal: Anybody,
    before: Before = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> dict[str, Any]:
    """Stored statements of the scale's active identity, the newest first, byte for byte."""
    with here.reading() as connection:
        scale = queries.scale_by_code(connection, principal, code)
        rows = reported.newest(connection, scale, before=before, limit=limit)
    here.log_view(principal, f"scale:{scale.id}")
    found = []
    for row in rows:
        one = statement.parse(row.raw)
        found.append(
            {
                "number": row.number,
                "kind": row.kind,
                "measured_s": row.measured_s,
                "received": datetime.fromtimestamp(row.received_ms / 1000, UTC).isoformat(),
                "hash": row.hash.hex(),
                "boot": one.boot,
                "digest": one.digest.hex(),
                "calibration_counter": one.calibration_counter,
                "configuration_counter": one.configuration_counter,
                "unknown_flags": one.unknown_flags,
                "extra_head": cbor.encode(list(one.extra_head)).hex() if one.extra_head else None,
                "extra_body": cbor.encode(list(one.extra_body)).hex() if one.extra_body else None,
                "unread": list(one.unread),
                "breaches": list(one.breaches),
                "statement": to_base64url(row.raw),
            }
        )
    answer: dict[str, Any] = {"identity": scale.identity, "statements": found}
    if len(found) == limit:
        answer["next"] = found[-1]["number"]
    return answer


@router.get("/{code}/series")
def series_of(
    code: Code, here: Here, principal: Anybody, points: Annotated[int, Query(ge=2, le=2000)] = 400
) -> dict[str, Any]:
    """Weight, zero and noise of the newest snapshots, as the plots show them, the oldest first."""
    with here.reading() as connection:
        scale = queries.scale_by_code(connection, principal, code)
        found = series.read(connection, scale, points)
    here.log_view(principal, f"scale:{scale.id}")
    return {
        "number": [one.number for one in found],
        "at_ms": [one.at_ms for one in found],
        "gross_mg": [one.gross_mg for one in found],
        "zero_counts": [one.zero_counts for one in found],
        "noise_counts": [one.noise_counts for one in found],
        "temperature_cdeg": [one.temperature_cdeg for one in found],
    }


class Named(Strict):
    """A stored statement: `hash` names it; a `number` alone does where only one statement has it."""

    number: Annotated[int, Field(ge=1, le=0xFFFFFFFF)] | None = None
    hash: Hash | None = None

    @model_validator(mode="after")
    def _one_at_least(self) -> Self:
        if self.number is None and self.hash is None:
            raise ValueError("hash or number expected")
        return self

    @property
    def name(self) -> Name:
        """The same as the registry takes it."""
        return Name(self.number, bytes.fromhex(self.hash) if self.hash else None)


class NewVerification(Named):
    """What an institution found to be in order: what the boot or parameters statement named says of the scale."""

    valid_until: Day
    kind: Literal["initial", "subsequent"]
    seal: Annotated[str, Field(min_length=1, max_length=40)]


@router.post("/{code}/verifications", status_code=201)
def verify(
    code: Code,
    body: NewVerification,
    here: Here,
    once: Repeatable,
    principal: Annotated[Principal, Depends(needs(VERIFIES))],
) -> JSONResponse:
    """Fix the scale's baseline at a stored statement; `not-stored-yet`, `not-judged-yet` (409): send it again later.

    Refused while a tamper alert is undecided (`tamper-undecided`), or if trouble lies after it (`trouble-after`).
    """
    with here.reading() as connection:
        scale = queries.scale_by_code(connection, principal, code)

    def effect(connection: Connection) -> dict[str, Any]:
        made = verification.record_verification(
            connection,
            actor_of(principal),
            scale,
            name=body.name,
            kind=body.kind,
            valid_until=body.valid_until,
            seal=body.seal.strip(),
            zone=here.zone,
            now_ms=here.now_ms(),
        )
        named = {"number": made.number, "hash": made.hash.hex()}
        return {"verification": made.id, "code": made.code, "scale": scale.code, **named}

    return once(principal, effect, wakes=scale.shard)


class NewDecision(Named):
    """A regulator's public decision: what is missing or contradicts itself before the statement is settled."""

    reason: Reason


@router.post("/{code}/decisions", status_code=201)
def decide(
    code: Code,
    body: NewDecision,
    here: Here,
    once: Repeatable,
    principal: Annotated[Principal, Depends(needs(DECIDES))],
) -> JSONResponse:
    """Settle holes and contradictions before a stored statement; the reason is public."""
    with here.reading() as connection:
        scale = queries.scale_by_code(connection, principal, code)

    def effect(connection: Connection) -> dict[str, Any]:
        actor, now_ms = actor_of(principal), here.now_ms()
        made = decisions.record_decision(connection, actor, scale, name=body.name, reason=body.reason, now_ms=now_ms)
        return {"scale": scale.code, "number": made.number, "hash": made.hash.hex(), "reason": made.reason}

    return once(principal, effect, wakes=scale.shard)


class NewPeriod(Strict):
    """How often the scale has to report, seconds, and why that is changed."""

    period_s: Annotated[int, Field(ge=periods.SHORTEST_S, le=periods.LONGEST_S)]
    reason: Reason


@router.put("/{code}/period")
def register_period(
    code: Code, body: NewPeriod, here: Here, principal: Annotated[Principal, Depends(needs(DECIDES))]
) -> dict[str, Any]:
    """Register another period; what the scale itself says of its period decides nothing."""
    with here.writing() as connection:
        scale = queries.scale_by_code(connection, principal, code)
        periods.register_period(
            connection,
            actor_of(principal),
            scale,
            period_s=body.period_s,
            reason=body.reason,
            now_ms=here.now_ms(),
        )
    here.wake(scale.shard)
    return {"scale": scale.code, "period_s": body.period_s}


class NewPermit(Strict):
    """An authorisation to adjust `fields` (names of parameters) while both counters stand at the values given.

    Or to repair, or to unlock: `locked_at` is then the number of the *locked* event that it answers.
    """

    what: Literal["adjust", "repair", "unlock"] = "adjust"
    fields: Annotated[list[Word], Field(default_factory=list, max_length=40)]
    locked_at: Annotated[int, Field(ge=1, le=0xFFFFFFFF)] | None = None
    not_before: UInt32 | None = None
    not_after: UInt32
    calibration_counter: Counter | None = None
    configuration_counter: Counter | None = None

    @model_validator(mode="after")
    def _fits_its_purpose(self) -> Self:
        if (self.what == "adjust") != bool(self.fields):
            raise ValueError("fields are given for what is to be adjusted, and for nothing else")
        if self.what == "unlock" and self.locked_at is None:
            raise ValueError("locked_at is given for a permit to unlock")
        return self


@router.post("/{code}/permits", status_code=201)
def permit(
    code: Code,
    body: NewPermit,
    here: Here,
    once: Repeatable,
    principal: Annotated[Principal, Depends(needs(PERMITS))],
) -> JSONResponse:
    """Sign a one-use permit, recorded before it is given out; times are Unix seconds.

    Counters that are left out are those of the newest stored statement.
    """
    with here.reading() as connection:
        scale = queries.scale_by_code(connection, principal, code)
    authority = here.authority()
    terms = permits.Terms(
        what=PermitFor[body.what.upper()],
        locked_at=body.locked_at,
        fields=permits.field_keys(body.fields),
        not_before_s=here.now_ms() // 1000 if body.not_before is None else body.not_before,
        not_after_s=body.not_after,
        calibration_counter=_counter(scale, "calibration_counter", body.calibration_counter),
        configuration_counter=_counter(scale, "configuration_counter", body.configuration_counter),
    )

    def effect(connection: Connection) -> dict[str, Any]:
        raw = permits.permit(connection, actor_of(principal), authority, scale, terms, here.now_ms())
        return {
            "permit": to_base64url(raw),
            "hash": statement.hash_of(raw).hex(),
            "scale": scale.code,
            "calibration_counter": terms.calibration_counter,
            "configuration_counter": terms.configuration_counter,
        }

    return once(principal, effect, wakes=scale.shard)


def _counter(scale: ScaleInScope, name: str, given: int | None) -> int:
    value = scale.standing.get(name) if given is None else given
    if value is None:
        raise WrongValue(where=name, why="nothing is stored of this scale yet, so give it")
    return int(value)
