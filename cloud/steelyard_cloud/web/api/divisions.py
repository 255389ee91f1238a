"""Administrative divisions: read by everybody who is signed in, kept by administrators."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse

from steelyard_cloud.db.database import Connection
from steelyard_cloud.errors import NotFound
from steelyard_cloud.people import divisions
from steelyard_cloud.people.audit import actor_of
from steelyard_cloud.people.divisions import COUNTRY, Division
from steelyard_cloud.people.roles import ADMINISTERS, EVERYBODY, Principal
from steelyard_cloud.web.http import fields
from steelyard_cloud.web.http.context import Here, needs
from steelyard_cloud.web.http.fields import Day, Reason, Strict
from steelyard_cloud.web.http.idempotency import Repeatable

router = APIRouter(tags=["catalogue"])

Administrator = Annotated[Principal, Depends(needs(ADMINISTERS))]
Anybody = Annotated[Principal, Depends(needs(EVERYBODY))]
Code = Annotated[str, Query(max_length=12)]
MOST_FOUND = 50


def as_json(one: Division) -> dict[str, Any]:
    """A division with the codes of those that it lies in, the country first."""
    days = {
        name: None if day is None else day.isoformat() for name, day in (("since", one.since), ("until", one.until))
    }
    return {"code": one.code, "name": one.name, "parent": one.parent, **days, "within": one.path.split("/")[:-2]}


@router.get("/divisions")
def find(
    here: Here, _principal: Anybody, parent: Code = COUNTRY, q: Annotated[str, Query(max_length=60)] = ""
) -> dict[str, Any]:
    """What lies directly below `parent`, those that were merged into it with the day of their end; or by `q`, a part
    of a name or the beginning of a code."""
    with here.reading() as connection:
        if q.strip():
            found = divisions.named(connection, q.strip(), MOST_FOUND)
        elif divisions.division(connection, parent) is None:
            raise NotFound(what="division", name=parent)
        else:
            found = divisions.directly_below(connection, parent)
    return {"divisions": [as_json(one) for one in found]}


class NewDivision(Strict):
    """A place below `parent`; one without a number in GB/T 2260 (a development zone) gets a code of the platform's."""

    name: Annotated[str, fields.StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
    parent: fields.Division
    code: Annotated[str, fields.StringConstraints(pattern=r"^[0-9]{6}([0-9]{6})?$")] | None = None
    since: Day


@router.post("/divisions", status_code=201)
def add(body: NewDivision, here: Here, once: Repeatable, principal: Administrator) -> JSONResponse:
    """Record a division that is in force."""

    def effect(connection: Connection) -> dict[str, Any]:
        made = divisions.add(
            connection, actor_of(principal), now_ms=here.now_ms(), today=here.today(), **body.model_dump()
        )
        return as_json(made)

    return once(principal, effect)


class Merger(Strict):
    """A division was taken over by another on a day."""

    into: fields.Division
    on: Day
    reason: Reason


@router.post("/divisions/{division}/merger", status_code=201)
def merge(
    division: fields.DivisionPath, body: Merger, here: Here, once: Repeatable, principal: Administrator
) -> JSONResponse:
    """End a division. What is on record under its code belongs to `into`; whoever covered it alone sees it no more."""

    def effect(connection: Connection) -> dict[str, Any]:
        actor, values = actor_of(principal), body.model_dump()
        ended = divisions.merge(connection, actor, division, now_ms=here.now_ms(), today=here.today(), **values)
        return as_json(ended)

    return once(principal, effect)
