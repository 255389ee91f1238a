"""People who may sign in, and the tokens of an organisation: listed, invited, stopped by whoever manages them."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, false, select, update

from steelyard_cloud.db.schema import organisations, passkeys, tokens, users
from steelyard_cloud.errors import CloudError, NotFound, WrongValue
from steelyard_cloud.people import access, sessions
from steelyard_cloud.people.access import Purpose
from steelyard_cloud.people.audit import Actor, actor_of, record
from steelyard_cloud.people.credentials import digest
from steelyard_cloud.people.organisations import add_user
from steelyard_cloud.people.roles import KINDS, SCOPES, Principal, Role, manages

LONGEST_DAYS = 366
"""A token made by an organisation itself ends within a year."""


@dataclass(frozen=True)
class User:
    """A person of an organisation; `signs_in` says whether they have set up a way to do so."""

    id: int
    organisation_id: int
    name: str
    role: str
    manages: bool
    active: bool
    created_ms: int
    signs_in: bool


@dataclass(frozen=True)
class Token:
    """A token without its secret."""

    id: int
    organisation_id: int
    name: str
    role: str
    scope: list[str] | None
    created_ms: int
    expires_ms: int | None
    revoked_ms: int | None


class ScopedToken(CloudError):
    """A token with a scope cannot give anybody more than it has itself; use one without, or a session."""

    code, noun, status = "scoped-token", "token", 403


def invite(
    connection: Connection,
    actor: Actor,
    principal: Principal,
    *,
    organisation_id: int,
    name: str,
    role: Role,
    manager: bool,
    now_ms: int,
) -> tuple[int, str]:
    """Record a person and give the id with the secret of their invitation.

    Raises NotFound, WrongValue, and ScopedToken, as a person may do all that their role may.
    """
    _require_whole(principal)
    _role_of(connection, principal, organisation_id, role)
    user = add_user(
        connection,
        actor,
        organisation_id=organisation_id,
        name=name,
        role=role.value,
        manages=manager,
        now_ms=now_ms,
    )
    return user, access.create_sign_in_link(connection, user, now_ms, Purpose.INVITE)


def recover(connection: Connection, actor: Actor, principal: Principal, user_id: int, now_ms: int) -> str:
    """The secret of a link by which somebody begins again who cannot sign in; raises NotFound, ScopedToken."""
    _require_whole(principal)
    user = user_for(connection, principal, user_id)
    if not user.active:
        raise WrongValue(where="user", why="this person was stopped")
    record(connection, actor, "user.recover", f"user:{user.id}", {}, now_ms)
    return access.create_sign_in_link(connection, user.id, now_ms, purpose_for(connection, user.id))


def purpose_for(connection: Connection, user_id: int) -> Purpose:
    """What a link for a person is for: to recover where they have a way to sign in, else an invitation."""
    has = connection.scalar(select(_signs_in()).where(users.c.id == user_id))
    return Purpose.RECOVER if has else Purpose.INVITE


def change(
    connection: Connection,
    actor: Actor,
    principal: Principal,
    user_id: int,
    *,
    active: bool | None,
    manager: bool | None,
    now_ms: int,
) -> User:
    """Stop somebody or let them in again, make them a manager or not; raises NotFound, WrongValue, ScopedToken."""
    if active or manager:
        _require_whole(principal)
    user = user_for(connection, principal, user_id)
    if user.id == principal.user_id:
        raise WrongValue(where="user", why="somebody else has to do that for you")
    values: dict[str, Any] = {}
    if active is not None and active != user.active:
        values["active"] = active
    if manager is not None and manager != user.manages:
        values["manages"] = manager
    if values:
        connection.execute(update(users).where(users.c.id == user.id).values(values))
        if active is False:
            access.forget_ways_to_sign_in(connection, user.id)
        record(connection, actor, "user.change", f"user:{user.id}", values, now_ms)
    return user_for(connection, principal, user_id)


def user_for(connection: Connection, principal: Principal, user_id: int) -> User:
    """A person whom the principal manages; raises NotFound."""
    row = connection.execute(_people(principal).where(users.c.id == user_id)).first()
    if row is None:
        raise NotFound(what="user", name=user_id)
    return User(*row)


def people_of(connection: Connection, principal: Principal, organisation_id: int) -> list[User]:
    """The people of an organisation that the principal manages, by name."""
    query = _people(principal).where(users.c.organisation_id == organisation_id).order_by(users.c.name, users.c.id)
    return [User(*row) for row in connection.execute(query)]


def make_token(
    connection: Connection,
    actor: Actor,
    principal: Principal,
    *,
    organisation_id: int,
    name: str,
    role: Role,
    scope: list[str] | None,
    days: int,
    now_ms: int,
) -> tuple[int, str]:
    """Make a token of an organisation and give its id and secret; raises NotFound, WrongValue and ScopedToken."""
    _role_of(connection, principal, organisation_id, role)
    if not 1 <= days <= LONGEST_DAYS:
        raise WrongValue(where="days", why=f"1 to {LONGEST_DAYS} expected")
    narrowed = checked_scope(scope)
    if principal.scope is not None and (narrowed is None or not narrowed <= principal.scope):
        raise ScopedToken
    secret = access.create_token(
        connection, name=name, role=role, organisation_id=organisation_id, now_ms=now_ms, days=days, scope=narrowed
    )
    made = connection.execute(select(tokens.c.id).where(tokens.c.token_hash == digest(secret))).scalar_one()
    details = {"name": name, "role": role.value, "organisation": organisation_id, "scope": scope, "days": days}
    record(connection, actor, "token.make", f"token:{made}", details, now_ms)
    return int(made), secret


def revoke_token(connection: Connection, actor: Actor, principal: Principal, token_id: int, now_ms: int) -> None:
    """End a token; raises NotFound."""
    found = connection.execute(_programs(principal).where(tokens.c.id == token_id)).first()
    if found is None:
        raise NotFound(what="token", name=token_id)
    still = (tokens.c.id == token_id, tokens.c.revoked_ms.is_(None))
    if connection.execute(update(tokens).where(*still).values(revoked_ms=now_ms)).rowcount:
        record(connection, actor, "token.revoke", f"token:{token_id}", {"name": found.name}, now_ms)


def tokens_of(connection: Connection, principal: Principal, organisation_id: int) -> list[Token]:
    """The tokens of an organisation that the principal manages, the newest first."""
    query = _programs(principal).where(tokens.c.organisation_id == organisation_id).order_by(tokens.c.id.desc())
    return [Token(*row) for row in connection.execute(query)]


def sign_in(connection: Connection, user_id: int, how: str, now_ms: int) -> str | None:
    """Open a session of somebody who has proved who they are, and log it; None where they were stopped meanwhile.

    `how` is "passkey", "password" or "link".
    """
    cookie = sessions.begin(connection, user_id, now_ms)
    principal = sessions.by_session(connection, cookie, now_ms)
    if principal is None:
        return None
    record(connection, actor_of(principal), "user.sign-in", principal.actor, {"by": how}, now_ms)
    return cookie


def _require_whole(principal: Principal) -> None:
    if principal.scope is not None:
        raise ScopedToken


def _role_of(connection: Connection, principal: Principal, organisation_id: int, role: Role) -> None:
    """Raise NotFound unless the principal manages the organisation, WrongValue for a role its kind does not have."""
    kind = connection.scalar(select(organisations.c.kind).where(organisations.c.id == organisation_id))
    if kind is None or not manages(principal, organisation_id):
        raise NotFound(what="organisation", name=organisation_id)
    if role not in KINDS.get(kind, set()) or (role is Role.ADMIN and principal.role is not Role.ADMIN):
        fitting = ", ".join(sorted(KINDS.get(kind, set())))
        raise WrongValue(where="role", why=f"one of {fitting} expected of this kind of organisation")


def checked_scope(scope: list[str] | None) -> frozenset[str] | None:
    """What a token may do at most; None for all that its role may. Raises WrongValue."""
    if scope is None:
        return None
    if not scope or not set(scope) <= set(SCOPES):
        raise WrongValue(where="scope", why=f"some of {', '.join(SCOPES)} expected")
    return frozenset(scope)


def _signs_in() -> Any:
    has_key = select(passkeys.c.id).where(passkeys.c.user_id == users.c.id).exists()
    return (users.c.password.is_not(None) | has_key).label("signs_in")


def _people(principal: Principal) -> Select[Any]:
    c = users.c
    query = select(c.id, c.organisation_id, c.name, c.role, c.manages, c.active, c.created_ms, _signs_in())
    if not manages(principal):
        return query.where(c.id == principal.user_id)
    if principal.role is Role.ADMIN:
        return query
    # whoever manages people of the platform's own must not become an administrator by recovering one
    return query.where(c.organisation_id == principal.organisation_id, c.role != Role.ADMIN)


def _programs(principal: Principal) -> Select[Any]:
    c = tokens.c
    query = select(c.id, c.organisation_id, c.name, c.role, c.scope, c.created_ms, c.expires_ms, c.revoked_ms)
    if principal.role is Role.ADMIN:
        return query
    return query.where(c.organisation_id == principal.organisation_id if principal.manages else false())
