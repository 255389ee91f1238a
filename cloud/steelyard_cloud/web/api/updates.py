"""Software for the slots of scales: a manufacturer brings it, and it goes to scales whose type it is approved for."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, Field, StringConstraints
from steelyard_protocol import package
from steelyard_protocol.enrolment import from_base64url
from steelyard_protocol.package import LONGEST, PackageError

from steelyard_cloud.db.database import Connection
from steelyard_cloud.errors import WrongValue
from steelyard_cloud.people.audit import actor_of
from steelyard_cloud.people.roles import MAKES_ORDERS, UPDATES, Principal, Role
from steelyard_cloud.scales import queries, updates
from steelyard_cloud.web.http.context import Here, needs
from steelyard_cloud.web.http.fields import MOST, Code, Id, Strict, is_base64url
from steelyard_cloud.web.http.idempotency import Repeatable

router = APIRouter(tags=["updates"])

File = Annotated[str, StringConstraints(max_length=LONGEST * 4 // 3 + 4), AfterValidator(is_base64url)]


class NewImage(Strict):
    """An update as `steelyard update build` wrote it, in base64url."""

    package: File


@router.post("/scale-types/{scale_type}/images", status_code=201)
def add_image(
    scale_type: Id,
    body: NewImage,
    here: Here,
    once: Repeatable,
    principal: Annotated[Principal, Depends(needs(MAKES_ORDERS))],
) -> JSONResponse:
    """Record software for a type, signed by a manufacturer's key that scales know."""
    try:
        made = package.read(from_base64url(body.package))
    except PackageError as error:
        raise WrongValue(where="package", why=str(error)) from error
    updates.check_signature(made, here.key_set(), here.root_public())
    owner = None if principal.role is Role.ADMIN else principal.organisation_id

    def effect(connection: Connection) -> dict[str, Any]:
        actor, now_ms = actor_of(principal), here.now_ms()
        image = updates.add_image(
            connection, actor, scale_type_id=scale_type, organisation_id=owner, package=made, now_ms=now_ms
        )
        return {"image": image, "number": made.update.number, "software": made.update.software.hex()}

    return once(principal, effect)


class NewUpdate(Strict):
    """The image that a scale is to have."""

    image: Annotated[int, Field(ge=1, le=MOST)]


@router.post("/scales/{code}/updates", status_code=201)
def send(
    code: Code,
    body: NewUpdate,
    here: Here,
    once: Repeatable,
    principal: Annotated[Principal, Depends(needs(UPDATES))],
) -> JSONResponse:
    """Send software to a scale; refused (`not-approved`) while the type approval does not name its hash."""
    with here.reading() as connection:
        scale = queries.scale_by_code(connection, principal, code)
    key_set = here.key_set()

    def effect(connection: Connection) -> dict[str, Any]:
        updates.send(connection, actor_of(principal), scale, body.image, key_set, here.now_ms())
        return {"scale": scale.code, "image": body.image}

    return once(principal, effect, wakes=scale.shard)
