"""Scale types with their approved software, and factory orders."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse
from pydantic import Field

from steelyard_cloud.db.database import Connection
from steelyard_cloud.errors import WrongValue
from steelyard_cloud.people.audit import actor_of
from steelyard_cloud.people.roles import ADMINISTERS, MAKES_ORDERS, Principal, Role
from steelyard_cloud.scales import orders, types
from steelyard_cloud.scales.types import Software
from steelyard_cloud.web.http.context import Here, needs
from steelyard_cloud.web.http.fields import MOST, Division, Hash, Id, Strict, Word
from steelyard_cloud.web.http.idempotency import Repeatable

router = APIRouter(tags=["catalogue"])

Administrator = Annotated[Principal, Depends(needs(ADMINISTERS))]


class NewSoftware(Strict):
    """A program of a type approval; `hash` is over its legally relevant code, in hexadecimal."""

    name: Word
    version: Annotated[str, Field(min_length=1, max_length=16)]
    hash: Hash

    def software(self) -> Software:
        """As the registry takes it."""
        return Software(self.name, self.version, bytes.fromhex(self.hash))


class NewScaleType(Strict):
    """An approved type; `parameters` are its type-specific ones by name, for a factory to start from."""

    organisation: Annotated[int, Field(ge=1, le=MOST)]
    maker: Word
    model: Word
    type_approval: Annotated[str, Field(min_length=1, max_length=40)]
    parameters: dict[str, int] = Field(default_factory=dict, max_length=31)
    software: list[NewSoftware] = Field(default_factory=list, max_length=100)
    longest_validity_days: Annotated[int, Field(ge=1, le=3660)] = types.LONGEST_VALIDITY_DAYS


@router.post("/scale-types", status_code=201)
def add_scale_type(body: NewScaleType, here: Here, once: Repeatable, principal: Administrator) -> JSONResponse:
    """Record a type approval of a manufacturer with the software that it lists."""

    def effect(connection: Connection) -> dict[str, Any]:
        made = types.add_scale_type(
            connection,
            actor_of(principal),
            organisation_id=body.organisation,
            maker=body.maker,
            model=body.model,
            type_approval=body.type_approval,
            parameters=body.parameters,
            software=[program.software() for program in body.software],
            longest_validity_days=body.longest_validity_days,
            now_ms=here.now_ms(),
        )
        return {"scale_type": made}

    return once(principal, effect)


@router.post("/scale-types/{scale_type}/software", status_code=201)
def approve_software(
    scale_type: Id, body: NewSoftware, here: Here, once: Repeatable, principal: Administrator
) -> JSONResponse:
    """Add a program to a type approval."""

    def effect(connection: Connection) -> dict[str, Any]:
        types.approve_software(
            connection, actor_of(principal), scale_type_id=scale_type, software=body.software(), now_ms=here.now_ms()
        )
        return {"scale_type": scale_type, "hash": body.hash}

    return once(principal, effect)


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
