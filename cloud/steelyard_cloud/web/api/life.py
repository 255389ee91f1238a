"""The life of a scale: the steps that were taken and can be, moves to another division, reference masses."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse
from pydantic import Field
from steelyard_protocol.enrolment import from_base64url

from steelyard_cloud.db.database import Connection
from steelyard_cloud.errors import WrongValue
from steelyard_cloud.people.audit import actor_of
from steelyard_cloud.people.roles import EVERYBODY, Principal
from steelyard_cloud.scales import masses, placement, plain_steps, queries, repairs, verification
from steelyard_cloud.scales.life.history import steps_of
from steelyard_cloud.scales.life.rules import open_to
from steelyard_cloud.scales.life.table import Of, Stage
from steelyard_cloud.scales.life.take import take
from steelyard_cloud.scales.masses import MassSet
from steelyard_cloud.scales.placement import MoveInScope
from steelyard_cloud.scales.subjects import subject_of
from steelyard_cloud.web.api.shown import taken
from steelyard_cloud.web.http.context import Here, needs, takes
from steelyard_cloud.web.http.fields import MOST, Base64url, Code, Day, Division, Id, Seen, Strict, Word
from steelyard_cloud.web.http.idempotency import Repeatable

router = APIRouter(tags=["scales"])

GENERAL = (*plain_steps.PLAIN, "verification.plan", "verification.fail", "repair.report")
"""Steps of `POST /scales/{code}/steps`; the others have routes of their own."""
Why = Annotated[str, Field(max_length=500)]


@router.get("/scales/{code}/steps")
def steps(code: Code, here: Here, principal: Annotated[Principal, Depends(needs(EVERYBODY))]) -> dict[str, Any]:
    """The steps that were taken of a scale's life, the newest first, and those that the caller can take now."""
    with here.reading() as connection:
        scale = queries.scale_by_code(connection, principal, code)
        found = steps_of(connection, Of.SCALE, scale.id)
    here.log_view(principal, f"scale:{scale.id}")
    can = open_to(principal.role, Of.SCALE, Stage(scale.life_stage))
    return {
        "scale": scale.code,
        "stage": scale.life_stage,
        "life_version": scale.life_version,
        "steps": [taken(one) for one in found],
        "can": [{"step": row.step, "to": row.to.value, "needs": list(row.needs)} for row in can],
    }


class NewStep(Strict):
    """A step with what it needs: `reason`; `day` of a plan; `sheet` of a verification that was failed.

    Of a repair `repair_code`, and of a new board `statement`: its enrolment, which names the key that it succeeds.
    `seen` is the scale's `life_version` as the caller knows it; another one refuses the step (`stale-view`).
    """

    step: Literal[GENERAL]  # type: ignore[valid-type]
    reason: Why = ""
    day: Day | None = None
    sheet: dict[str, Any] | None = None
    repair_code: Annotated[str, Field(max_length=40)] = ""
    statement: Base64url | None = None
    seen: Seen = None


@router.post("/scales/{code}/steps", status_code=201)
def take_step(
    code: Code,
    body: NewStep,
    here: Here,
    once: Repeatable,
    principal: Annotated[Principal, Depends(takes(*GENERAL))],
) -> JSONResponse:
    """Take a step of a scale's life; refused with every reason at once where the table of steps does not allow it."""

    def effect(connection: Connection) -> dict[str, Any]:
        scale = queries.scale_by_code(connection, principal, code)
        actor, now_ms = actor_of(principal), here.now_ms()
        if body.step in plain_steps.PLAIN:
            done = plain_steps.plain(
                connection, actor, scale, body.step, reason=body.reason, now_ms=now_ms, seen=body.seen
            )
        elif body.step == "repair.report":
            enrolled = from_base64url(body.statement) if body.statement else None
            said = repairs.Report(body.repair_code, body.reason, enrolled)
            done = repairs.report(connection, actor, scale, said, now_ms=now_ms, seen=body.seen)
        else:
            if body.step == "verification.fail":
                act = verification.failing(connection, actor, scale, body.sheet, body.reason, now_ms)
            elif body.day is None:
                raise WrongValue(where="day", why="a day to come is expected")
            else:
                act = verification.planning(scale, body.day, here.zone, body.reason, now_ms)
            done = take(connection, actor, subject_of(scale), act, now_ms, body.seen)
        return {"scale": scale.code, "step": body.step, "stage": done.after.value}

    with here.reading() as connection:
        shard = queries.scale_by_code(connection, principal, code).shard
    answer = once(principal, effect, wakes=shard)
    here.hub.wake()
    return answer


class NewMove(Strict):
    """Where a scale is to go, and, where somebody else gets it, the organisation that does."""

    division_code: Division
    place: Annotated[str, Field(max_length=120)] = ""
    owner: Annotated[int | None, Field(ge=1, le=MOST)] = None
    reason: Why = ""


@router.post("/scales/{code}/moves", status_code=201)
def ask_for_move(
    code: Code,
    body: NewMove,
    here: Here,
    once: Repeatable,
    principal: Annotated[Principal, Depends(takes("move.ask"))],
) -> JSONResponse:
    """Ask the division where a scale is to stand to take it; until it accepts, nothing changes."""
    with here.reading() as connection:
        scale = queries.scale_by_code(connection, principal, code)
    target = placement.Target(body.place.strip(), body.division_code, body.owner)

    def effect(connection: Connection) -> dict[str, Any]:
        actor, now_ms = actor_of(principal), here.now_ms()
        move = placement.ask(connection, actor, scale, target, reason=body.reason, now_ms=now_ms)
        return {"move": move, "scale": scale.code}

    return once(principal, effect, wakes=scale.shard)


def _shown(one: MoveInScope) -> dict[str, Any]:
    return {
        "move": one.id,
        "scale": one.scale_code,
        "name": one.scale_name,
        "from": {"place": one.from_place, "division_code": one.from_division},
        "place": one.place,
        "division_code": one.division_code,
        "owner": one.new_owner_id,
        "asked_by": one.asked_by,
        "asked_ms": one.asked_ms,
    }


@router.get("/moves")
def list_moves(here: Here, principal: Annotated[Principal, Depends(takes("move.accept"))]) -> dict[str, Any]:
    """Moves into the caller's division that wait for an answer."""
    with here.reading() as connection:
        return {"moves": [_shown(one) for one in placement.moves_to(connection, principal)]}


class MoveAnswer(Strict):
    """Whether the division takes the scale; a refusal needs a reason."""

    accepts: bool
    reason: Why = ""


@router.post("/moves/{move}/answer", status_code=201)
def answer_move(
    move: Id,
    body: MoveAnswer,
    here: Here,
    once: Repeatable,
    principal: Annotated[Principal, Depends(takes("move.accept"))],
) -> JSONResponse:
    """Accept or refuse a move into the caller's division."""
    with here.reading() as connection:
        shard = placement.move_by_id(connection, principal, move).shard

    def effect(connection: Connection) -> dict[str, Any]:
        found = placement.move_by_id(connection, principal, move)
        actor, now_ms = actor_of(principal), here.now_ms()
        placement.decide(connection, actor, found, accepts=body.accepts, reason=body.reason, now_ms=now_ms)
        return {"move": move, "scale": found.scale_code, "status": "accepted" if body.accepts else "refused"}

    return once(principal, effect, wakes=shard)


class NewMasses(Strict):
    """A set of reference masses with its certificate, which holds on both days and between."""

    number: Annotated[str, Field(min_length=1, max_length=40)]
    mass_class: Word
    certificate: Annotated[str, Field(min_length=1, max_length=60)]
    from_day: Day
    until_day: Day


@router.post("/reference-masses", status_code=201)
def add_masses(
    body: NewMasses,
    here: Here,
    once: Repeatable,
    principal: Annotated[Principal, Depends(takes("verification.pass"))],
) -> JSONResponse:
    """Record reference masses of the caller's institution."""
    one = MassSet(body.number.strip(), body.mass_class, body.certificate.strip(), body.from_day, body.until_day)

    def effect(connection: Connection) -> dict[str, Any]:
        return {"masses": masses.add(connection, actor_of(principal), one, here.now_ms()), "number": one.number}

    return once(principal, effect)


@router.get("/reference-masses")
def list_masses(here: Here, principal: Annotated[Principal, Depends(takes("verification.pass"))]) -> dict[str, Any]:
    """The reference masses of the caller's institution."""
    with here.reading() as connection:
        found = masses.of_organisation(connection, principal.organisation_id)
    days = [(one, one.from_day.isoformat(), one.until_day.isoformat()) for one in found]
    return {"masses": [{**vars(one), "from_day": first, "until_day": last} for one, first, last in days]}
