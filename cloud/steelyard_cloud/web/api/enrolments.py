"""Enrolment of a scale by its manufacturer."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse
from pydantic import Field
from steelyard_protocol import identity
from steelyard_protocol.enrolment import from_base64url, to_base64url

from steelyard_cloud.db.database import Connection
from steelyard_cloud.people.audit import actor_of
from steelyard_cloud.people.roles import Principal
from steelyard_cloud.scales import enrolment, plate_codes
from steelyard_cloud.web.http.context import Here, takes
from steelyard_cloud.web.http.fields import Base64url, Strict, Word
from steelyard_cloud.web.http.idempotency import Repeatable

router = APIRouter(tags=["enrolment"])


class PlateCodeGiven(Strict):
    """A code of another scheme on the scale's plate."""

    scheme: Word
    code: Annotated[str, Field(min_length=1, max_length=plate_codes.LONGEST)]


class NewEnrolment(Strict):
    """The enrolment statement as the scale's console printed it, and the order that it belongs to."""

    order: Annotated[str, Field(min_length=1, max_length=40)]
    statement: Base64url
    place: Annotated[str, Field(max_length=120)] = ""
    codes: list[PlateCodeGiven] = Field(default_factory=list, max_length=plate_codes.MOST)


@router.post("/enrolments", status_code=201)
def enrol(
    body: NewEnrolment, here: Here, once: Repeatable, principal: Annotated[Principal, Depends(takes("enrol"))]
) -> JSONResponse:
    """Put a scale on record; `answer` goes back to the scale's console ("enrol accept …").

    The same statement again gives the same answer, with or without an Idempotency-Key.
    """
    raw = from_base64url(body.statement)
    first, _ = enrolment.read_enrolment(raw)
    answer = to_base64url(enrolment.answer(here.settings, first.kid, here.key_set(), here.authority()))
    codes = [plate_codes.read(one.scheme, one.code) for one in body.codes]

    def effect(connection: Connection) -> dict[str, Any]:
        enrolled = enrolment.enrol(
            connection,
            actor_of(principal),
            order=body.order,
            raw=raw,
            place=body.place.strip(),
            period_s=here.settings.period_s,
            now_ms=here.now_ms(),
            codes=codes,
        )
        code = enrolled.public_code
        return {
            "scale": code,
            "public_code": code,
            "identity": enrolled.identity,
            "page": f"{here.settings.url}/s/{code}",
            "answer": answer,
        }

    return once(principal, effect, wakes=identity.shard(first.kid))
