"""What is done with a scale: it is verified, permitted to be adjusted, decided about, and told how often to report."""

from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse
from pydantic import Field, model_validator
from steelyard_protocol import statement
from steelyard_protocol.downlink import PermitFor
from steelyard_protocol.enrolment import to_base64url

from steelyard_cloud.db.database import Connection
from steelyard_cloud.errors import WrongValue
from steelyard_cloud.people.audit import actor_of
from steelyard_cloud.people.roles import Principal
from steelyard_cloud.scales import decisions, periods, permits, queries, unlocking, verification
from steelyard_cloud.scales.naming import Name
from steelyard_cloud.scales.queries import ScaleInScope
from steelyard_cloud.web.http.context import Here, takes
from steelyard_cloud.web.http.fields import Code, Day, Hash, Reason, Seen, Strict, Word
from steelyard_cloud.web.http.idempotency import Repeatable

router = APIRouter(prefix="/scales", tags=["scales"])

UInt32 = Annotated[int, Field(ge=0, le=0xFFFFFFFF)]
Counter = Annotated[int, Field(ge=0, le=0xFFFF)]


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
    """What an institution found to be in order: what the boot or parameters statement named says of the scale.

    `sheet` is what was measured (`protocol/sheet.schema.json`); `seen` the scale's `life_version` on the page that was
    looked at.
    """

    valid_until: Day
    kind: Literal["initial", "subsequent"]
    seal: Annotated[str, Field(min_length=1, max_length=40)]
    sheet: dict[str, Any] | None = None
    seen: Seen = None


@router.post("/{code}/verifications", status_code=201)
def verify(
    code: Code,
    body: NewVerification,
    here: Here,
    once: Repeatable,
    principal: Annotated[Principal, Depends(takes("verification.pass"))],
) -> JSONResponse:
    """Pass a verification: fix the scale's baseline at a stored statement, with its seal and validity.

    Refused with all reasons at once (`reasons`), unless everything holds that the table of steps names for it. Of
    several reasons `code` is that of the first; what time alone mends stands last (`not-stored-yet`, `not-judged-yet`,
    `not-fresh`: send it again later).
    """
    with here.reading() as connection:
        scale = queries.scale_by_code(connection, principal, code)

    def effect(connection: Connection) -> dict[str, Any]:
        asked = verification.Asked(body.name, body.kind, body.valid_until, body.seal.strip(), body.sheet)
        actor, now_ms = actor_of(principal), here.now_ms()
        current = queries.scale_by_code(connection, principal, scale.code)
        made = verification.record_passed(connection, actor, current, asked, here.zone, now_ms, seen=body.seen)
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
    principal: Annotated[Principal, Depends(takes("decide"))],
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
    code: Code, body: NewPeriod, here: Here, principal: Annotated[Principal, Depends(takes("period"))]
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

    Or to repair (case and adjustment in one session), or to unlock: `locked_at` is then the number of the *locked*
    event that it answers.
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
    principal: Annotated[Principal, Depends(takes("adjust.permit"))],
) -> JSONResponse:
    """Sign a one-use permit, recorded before it is given out; times are Unix seconds.

    Counters that are left out are those of the newest stored statement; a permit to repair answers the newest lock on
    record, where there is one, unless `locked_at` names another.
    """
    with here.reading() as connection:
        scale = queries.scale_by_code(connection, principal, code)
        locked_at = body.locked_at
        if body.what == "repair" and locked_at is None:
            locked_at = permits.newest_lock(connection, scale)
    authority = here.authority()
    terms = permits.Terms(
        what=PermitFor[body.what.upper()],
        locked_at=locked_at,
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


class NewUnlock(Strict):
    """What the locked scale shows, and why it may be used again; `locked_at` is the number of its *locked* event."""

    key: Annotated[str, Field(pattern="^[0-9]{4}$")]
    question: Annotated[str, Field(pattern="^[0-9]{8}$")]
    check_digit: Annotated[str, Field(pattern="^[0-9]$")]
    reason: Reason
    locked_at: Annotated[int, Field(ge=1, le=0xFFFFFFFF)] | None = None


@router.post("/{code}/unlocks", status_code=201)
def unlock(
    code: Code,
    body: NewUnlock,
    here: Here,
    once: Repeatable,
    principal: Annotated[Principal, Depends(takes("adjust.permit"))],
) -> JSONResponse:
    """Give the code that opens a locked scale, recorded first; `locked_at` that is left out is the newest on record."""
    with here.reading() as connection:
        scale = queries.scale_by_code(connection, principal, code)
    keys = unlocking.UnlockKeys(here.unlock_key(), here.authority())
    shown = unlocking.Shown(body.key, body.question, body.check_digit, body.reason, body.locked_at)

    def effect(connection: Connection) -> dict[str, Any]:
        answer = unlocking.answer(connection, actor_of(principal), keys, scale, shown, here.now_ms())
        return {"scale": scale.code, "answer": answer}

    return once(principal, effect, wakes=scale.shard)
