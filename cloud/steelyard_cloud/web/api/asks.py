"""What the platform asks of a scale, and what it answered."""

import secrets
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path
from fastapi.responses import JSONResponse
from pydantic import Field

from steelyard_cloud.db.database import Connection
from steelyard_cloud.people.audit import actor_of
from steelyard_cloud.people.roles import ASKS, Principal
from steelyard_cloud.scales import asks, queries
from steelyard_cloud.web.http.context import Here, needs
from steelyard_cloud.web.http.fields import Code, Strict
from steelyard_cloud.web.http.idempotency import Repeatable

router = APIRouter(prefix="/scales", tags=["scales"])

Asker = Annotated[Principal, Depends(needs(ASKS))]


class NewAsk(Strict):
    """A snapshot, the parameters, a fresh code; with a `value` all statements from that number on again, or another
    period in seconds."""

    what: Literal["snapshot", "parameters", "resend", "period", "fresh"]
    value: Annotated[int | None, Field(ge=1, le=0xFFFFFFFF)] = None


@router.post("/{code}/asks", status_code=201)
def ask(code: Code, body: NewAsk, here: Here, once: Repeatable, principal: Asker) -> JSONResponse:
    """Ask a scale for something, recorded before it is sent; what it answers with statements comes as these do."""
    wants = asks.wanted(body.what, body.value, secrets.token_bytes(asks.NONCE_BYTES))
    with here.reading() as connection:
        scale = queries.scale_by_code(connection, principal, code)

    def effect(connection: Connection) -> dict[str, Any]:
        return {"scale": scale.code, "ask": asks.ask(connection, actor_of(principal), scale, wants, here.now_ms())}

    return once(principal, effect, wakes=scale.shard)


@router.get("/{code}/asks/{number}")
def look(code: Code, number: Annotated[int, Path(ge=1, le=0xFFFFFFFF)], here: Here, principal: Asker) -> dict[str, Any]:
    """What became of an ask; `code` are the digits of a fresh code, which the page of fresh codes reads."""
    with here.reading() as connection:
        scale = queries.scale_by_code(connection, principal, code)
        found = asks.recorded(connection, scale, number)
    return {"scale": scale.code, "ask": number, **vars(found)}
