"""Organisations, the people in them who may sign in, and the tokens of their programs."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse
from pydantic import Field

from steelyard_cloud.db.database import Connection
from steelyard_cloud.people import organisations, users
from steelyard_cloud.people.audit import actor_of
from steelyard_cloud.people.organisations import Organisation
from steelyard_cloud.people.roles import ADMINISTERS, EVERYBODY, Principal, Role
from steelyard_cloud.people.users import Token, User
from steelyard_cloud.web.http.context import Here, manager, needs
from steelyard_cloud.web.http.fields import MOST, After, Division, Id, Limit, Name, Strict, Word
from steelyard_cloud.web.http.idempotency import Repeatable

router = APIRouter(tags=["people"])

Administrator = Annotated[Principal, Depends(needs(ADMINISTERS))]
Manager = Annotated[Principal, Depends(manager)]
Anybody = Annotated[Principal, Depends(needs(EVERYBODY))]
Covered = Annotated[list[Division], Field(max_length=organisations.MOST_DIVISIONS)]
Ours = Annotated[int | None, Field(ge=1, le=MOST, description="The caller's own where it is left out")]


def as_json(one: Organisation | User | Token) -> dict[str, Any]:
    """As the API answers: what it is called by the field names of the value."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in vars(one).items()}


class NewOrganisation(Strict):
    """An organisation with its seat; its region is what it covers, the seat alone where nothing is given."""

    name: Name
    kind: Word
    division_code: Division
    covers: Annotated[Covered, Field(default_factory=list)]


@router.post("/organisations", status_code=201)
def add_organisation(body: NewOrganisation, here: Here, once: Repeatable, principal: Administrator) -> JSONResponse:
    """Record an organisation; kinds: type_evaluation, manufacturer, verification, supervision, repairer, operator,
    platform."""
    organisations.known_kind(body.kind)

    def effect(connection: Connection) -> dict[str, Any]:
        made = organisations.add_organisation(
            connection, actor_of(principal), now_ms=here.now_ms(), **body.model_dump()
        )
        return {"organisation": made}

    return once(principal, effect)


@router.get("/organisations")
def list_of_organisations(
    here: Here,
    principal: Anybody,
    q: Annotated[str, Query(max_length=120)] = "",
    kind: Annotated[str, Query(max_length=20)] = "",
    after: After = 0,
    limit: Limit = 100,
) -> dict[str, Any]:
    """Organisations by id: all for an administrator, their own for others."""
    with here.reading() as connection:
        found = organisations.organisation_list(connection, principal, text=q, kind=kind, after=after, limit=limit)
    return {"organisations": [as_json(one) for one in found]}


class NewCover(Strict):
    """What the organisation covers from now on."""

    covers: Annotated[Covered, Field(min_length=1)]


@router.put("/organisations/{organisation}/divisions")
def cover(organisation: Id, body: NewCover, here: Here, principal: Administrator) -> dict[str, Any]:
    """Set the divisions that an organisation covers, each with all below it."""
    with here.writing() as connection:
        organisations.cover(connection, actor_of(principal), organisation, body.covers, here.now_ms())
    return {"organisation": organisation, "covers": sorted(set(body.covers))}


@router.get("/organisations/{organisation}/users")
def list_of_people(organisation: Id, here: Here, principal: Manager) -> dict[str, Any]:
    """The people of an organisation, for whoever manages it."""
    with here.reading() as connection:
        one = organisations.organisation_for(connection, principal, organisation)
    here.log_view(principal, f"organisation:{one.id}")
    with here.reading() as connection:
        return {"users": [as_json(one) for one in users.people_of(connection, principal, organisation)]}


class NewInvitation(Strict):
    """Somebody who is to sign in; `manages` lets them invite others of their organisation."""

    name: Name
    role: Role = Field(strict=False)
    organisation: Ours = None
    manages: bool = False


@router.post("/invitations", status_code=201)
def invite(body: NewInvitation, here: Here, principal: Manager) -> dict[str, Any]:
    """Record a person and give the one-time link, good for a week, by which they set up their way to sign in.

    No Idempotency-Key here, nor where a link or a token is made below: the platform would have to keep the secret.
    """
    with here.writing() as connection:
        made, secret = users.invite(
            connection,
            actor_of(principal),
            principal,
            organisation_id=_ours(body.organisation, principal),
            name=body.name,
            role=body.role,
            manager=body.manages,
            now_ms=here.now_ms(),
        )
    return {"user": made, "link": here.sign_in_link(secret)}


class UserChange(Strict):
    """What changes of a person; what is left out stays."""

    active: bool | None = None
    manages: bool | None = None


@router.patch("/users/{user}")
def change(user: Id, body: UserChange, here: Here, principal: Manager) -> dict[str, Any]:
    """Stop a person or let them in again, make them a manager or not. Who is stopped is signed out at once."""
    with here.writing() as connection:
        changed = users.change(
            connection,
            actor_of(principal),
            principal,
            user,
            active=body.active,
            manager=body.manages,
            now_ms=here.now_ms(),
        )
    return as_json(changed)


@router.post("/users/{user}/recovery", status_code=201)
def recover(user: Id, here: Here, principal: Manager) -> dict[str, Any]:
    """Give a one-time link, good for an hour, by which a person begins again; using it ends what they had before."""
    with here.writing() as connection:
        secret = users.recover(connection, actor_of(principal), principal, user, here.now_ms())
    return {"user": user, "link": here.sign_in_link(secret)}


class NewToken(Strict):
    """A program's token: what it is for, what it may do at most, and when it ends."""

    name: Name
    role: Role = Field(strict=False)
    organisation: Ours = None
    scope: Annotated[list[Word] | None, Field(max_length=10)] = None
    days: Annotated[int, Field(ge=1, le=users.LONGEST_DAYS)] = 90


@router.post("/tokens", status_code=201)
def make_token(body: NewToken, here: Here, principal: Manager) -> dict[str, Any]:
    """Make a token; the secret is in this answer alone. `scope`: some of read, scales, alerts, enrolment, catalogue,
    updates, people; left out, it is all that the role may do."""
    with here.writing() as connection:
        made, secret = users.make_token(
            connection,
            actor_of(principal),
            principal,
            organisation_id=_ours(body.organisation, principal),
            name=body.name,
            role=body.role,
            scope=body.scope,
            days=body.days,
            now_ms=here.now_ms(),
        )
    return {"token": made, "secret": secret}


@router.get("/organisations/{organisation}/tokens")
def list_of_tokens(organisation: Id, here: Here, principal: Manager) -> dict[str, Any]:
    """The tokens of an organisation without their secrets, for whoever manages it."""
    with here.reading() as connection:
        one = organisations.organisation_for(connection, principal, organisation)
    here.log_view(principal, f"organisation:{one.id}")
    with here.reading() as connection:
        return {"tokens": [as_json(one) for one in users.tokens_of(connection, principal, organisation)]}


@router.delete("/tokens/{token}")
def revoke(token: Id, here: Here, principal: Manager) -> dict[str, Any]:
    """End a token."""
    with here.writing() as connection:
        users.revoke_token(connection, actor_of(principal), principal, token, here.now_ms())
    return {"token": token}


def _ours(organisation: int | None, principal: Principal) -> int:
    return organisation or principal.organisation_id or 0
