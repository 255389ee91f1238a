"""Factory orders."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse
from pydantic import Field

from steelyard_cloud.db.database import Connection
from steelyard_cloud.errors import WrongValue
from steelyard_cloud.people.audit import actor_of
from steelyard_cloud.people.roles import MAKES_ORDERS, Principal, Role
from steelyard_cloud.scales import orders
from steelyard_cloud.web.http.context import Here, needs
from steelyard_cloud.web.http.fields import MOST, Division, Strict
from steelyard_cloud.web.http.idempotency import Repeatable

router = APIRouter(tags=["catalogue"])


class NewFactoryOrder(Strict):
    """How many scales of a type a manufacturer may enrol, and for which division."""

    number: Annotated[str, Field(min_length=1, max_length=40)]
    scale_type: Annotated[int, Field(ge=1, le=MOST)]
    quantity: Annotated[int, Field(ge=1, le=1_000_000)]
    division_code: Division
    organisation: Annotated[int | None, Field(ge=1, le=MOST)] = None


@router.post("/factory-orders", status_code=201)
def add_factory_order(
    body: NewFactoryOrder, here: Here, once: Repeatable, principal: Annotated[Principal, Depends(needs(MAKES_ORDERS))]
) -> JSONResponse:
    """Record a factory order of the caller's organisation; an administrator names the organisation."""
    organisation_id = body.organisation if principal.role is Role.ADMIN else principal.organisation_id
    if organisation_id is None:
        raise WrongValue(where="organisation", why="an administrator names the manufacturer")

    def effect(connection: Connection) -> dict[str, Any]:
        made = orders.add_factory_order(
            connection,
            actor_of(principal),
            number=body.number,
            organisation_id=organisation_id,
            scale_type_id=body.scale_type,
            quantity=body.quantity,
            division_code=body.division_code,
            now_ms=here.now_ms(),
        )
        return {"factory_order": made, "number": body.number}

    return once(principal, effect)
