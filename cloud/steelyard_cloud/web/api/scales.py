"""Scales: look at one, its statements and its series; verify it, permit its adjustment, say where it stands."""

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse
from pydantic import Field
from steelyard_protocol import statement
from steelyard_protocol.enrolment import to_base64url

from steelyard_cloud.db.database import Connection
from steelyard_cloud.errors import WrongValue
from steelyard_cloud.people.roles import EVERYBODY, MOVES, PERMITS, PLACES, VERIFIES, Principal
from steelyard_cloud.scales import permits, placement, queries, reported, series, verification
from steelyard_cloud.scales.queries import ScaleInScope
from steelyard_cloud.scales.verdicts import Verification
from steelyard_cloud.web.http.context import Here, actor_of, needs
from steelyard_cloud.web.http.fields import After, Before, Code, Division, Search, Strict, Word
from steelyard_cloud.web.http.idempotency import Repeatable
from steelyard_cloud.web.http.problems import NotAllowed

router = APIRouter(prefix="/scales", tags=["scales"])

Anybody = Annotated[Principal, Depends(needs(EVERYBODY))]
UInt32 = Annotated[int, Field(ge=0, le=0xFFFFFFFF)]
Counter = Annotated[int, Field(ge=0, le=0xFFFF)]


def shown(scale: ScaleInScope) -> dict[str, Any]:
    """A scale as the API gives it."""
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
        "life_stage": scale.life_stage,
        "head": scale.head,
        "stored": scale.stored,
        "newest_received_ms": scale.newest_received_ms,
        "standing": scale.standing,
    }


def _shown_verification(one: Verification) -> dict[str, Any]:
    return {
        "number": one.number,
        "kind": one.kind,
        "valid_until": one.valid_until.isoformat(),
        "seal": one.seal,
        "code": one.code,
        "institution": one.institution,
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
    answer: dict[str, Any] = {"scales": [shown(scale) for scale in found[:limit]]}
    if len(found) > limit:
        answer["next"] = found[limit - 1].id
    return answer


@router.get("/{code}")
def one_scale(code: Code, here: Here, principal: Anybody) -> dict[str, Any]:
    """One scale with its public verdict and verifications."""
    now = here.now()
    with here.reading() as connection:
        scale = queries.scale_by_code(connection, principal, code)
        verified = queries.verifications_of(connection, scale)
        verdict = queries.verdict_on(connection, scale, verified, now_ms=here.now_ms(), today=here.today(now))
    here.log_view(principal, f"scale:{scale.id}")
    return {
        **shown(scale),
        "verdict": verdict.value,
        "verifications": [_shown_verification(one) for one in verified],
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
    return {**shown(scale), **values}


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


class NewVerification(Strict):
    """What an institution found to be in order: the parameters in the boot or parameters statement `number`."""

    number: Annotated[int, Field(ge=1, le=0xFFFFFFFF)]
    valid_until: Annotated[date, Field(strict=False)]
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
    """Fix the scale's baseline at a stored statement; problem `not-stored-yet` (409) says to send it again later."""
    now = here.now()
    with here.reading() as connection:
        scale = queries.scale_by_code(connection, principal, code)

    def effect(connection: Connection) -> dict[str, Any]:
        made = verification.record_verification(
            connection,
            actor_of(principal),
            scale,
            number=body.number,
            kind=body.kind,
            valid_until=body.valid_until,
            seal=body.seal.strip(),
            today=here.today(now),
            now_ms=here.now_ms(),
        )
        return {"verification": made.id, "code": made.code, "scale": scale.code, "number": body.number}

    return once(principal, effect, wakes=scale.shard)


class NewPermit(Strict):
    """An authorisation to adjust `fields` (names of parameters) while both counters stand at the values given."""

    what: Literal["adjust"] = "adjust"
    fields: Annotated[list[Word], Field(min_length=1, max_length=40)]
    not_before: UInt32 | None = None
    not_after: UInt32
    calibration_counter: Counter | None = None
    configuration_counter: Counter | None = None


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
