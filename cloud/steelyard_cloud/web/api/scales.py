"""Scales: look at one, its statements and its series; verify it, permit its adjustment, say where it stands."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from steelyard_protocol import cbor, statement
from steelyard_protocol.enrolment import to_base64url

from steelyard_cloud.judge.verdict import Unmet
from steelyard_cloud.people.audit import actor_of
from steelyard_cloud.people.roles import EVERYBODY, MOVES, Principal
from steelyard_cloud.scales import decisions, placement, queries, reported, series
from steelyard_cloud.scales.queries import ScaleInScope
from steelyard_cloud.scales.verdicts import PublicDecision, Verification, life_stage
from steelyard_cloud.web.http.context import Here, needs, takes
from steelyard_cloud.web.http.fields import After, Before, Code, Division, Search, Strict
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
        "life_version": scale.life_version,
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
    here.log_list(principal, "scale", q=q.strip())
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
        on_plate = reported.codes_on_plate(connection, scale)
    here.log_view(principal, f"scale:{scale.id}")
    return {
        **shown(scale, here.now_ms()),
        "codes": [{"scheme": scheme, "code": text} for scheme, text in on_plate],
        "verifications": [_shown_verification(one) for one in verified],
        "decisions": [_shown_decision(one) for one in decided],
    }


class Placement(Strict):
    """Where a scale stands."""

    place: Annotated[str, Field(max_length=120)]
    division_code: Division | None = None


@router.patch("/{code}")
def place_scale(
    code: Code, body: Placement, here: Here, principal: Annotated[Principal, Depends(takes("place"))]
) -> dict[str, Any]:
    """Record where a scale stands. Its supervisors follow from the division code, which they alone may change.

    Another division takes the scale when it accepts it (`POST /moves/{move}/accept`); at once where the caller
    supervises that division too.
    """
    if body.division_code is not None and principal.role not in MOVES:
        raise NotAllowed(role=principal.role.value, needs=", ".join(sorted(MOVES)))
    with here.writing() as connection:
        scale = queries.scale_by_code(connection, principal, code)
        actor, now_ms = actor_of(principal), here.now_ms()
        if body.division_code in (None, scale.division_code):
            placement.place(connection, actor, scale, place=body.place.strip(), now_ms=now_ms)
        else:
            target = placement.Target(body.place.strip(), str(body.division_code))
            placement.hand_over(connection, principal, actor, scale, target, now_ms)
        there = placement.where(connection, scale)
    here.wake(scale.shard)
    here.hub.wake()
    return {**shown(scale, here.now_ms()), **there}


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
