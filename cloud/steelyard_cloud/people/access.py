"""Tokens, sign-in links and sessions in the database: made here, looked up here, ended here.

Secrets are 256 random bits and kept as SHA-256 only (`credentials`). Everything is a function of the connection and
the time that is passed in.
"""

from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, select, update

from steelyard_cloud.clock import SKEW_MS
from steelyard_cloud.db.schema import organisations, sessions, sign_in_links, tokens, users
from steelyard_cloud.people import credentials
from steelyard_cloud.people.roles import Principal, Role

LINK_MS = 60 * 60 * 1000
"""A sign-in link lives for an hour, and for one use."""
SESSION_MS = 12 * 60 * 60 * 1000
"""A session lives for a working day."""


def create_token(
    connection: Connection, *, name: str, role: Role, organisation_id: int, now_ms: int, days: int | None = None
) -> str:
    """Make an API token and give its secret, which is shown this once; `days` limits its life."""
    secret = credentials.new_token()
    connection.execute(
        insert(tokens).values(
            token_hash=credentials.digest(secret),
            name=name,
            role=role.value,
            organisation_id=organisation_id,
            created_ms=now_ms,
            expires_ms=None if days is None else now_ms + days * 86_400_000,
        )
    )
    return secret


def create_sign_in_link(connection: Connection, user_id: int, now_ms: int) -> str:
    """Make a one-time sign-in secret for a user; the link is `<base URL>/sign-in?token=<secret>`."""
    secret = credentials.new_secret()
    connection.execute(delete(sign_in_links).where(~_in_date(sign_in_links.c.expires_ms, LINK_MS, now_ms)))
    connection.execute(
        insert(sign_in_links).values(
            token_hash=credentials.digest(secret), user_id=user_id, expires_ms=now_ms + LINK_MS
        )
    )
    return secret


def open_session(connection: Connection, link_secret: str, now_ms: int) -> str | None:
    """Spend a sign-in link and open a session; gives the session's secret, or None if the link is spent or too old.

    The link is spent by the condition of the UPDATE, so that of two concurrent uses one wins.
    """
    spent = connection.execute(
        update(sign_in_links)
        .where(
            sign_in_links.c.token_hash == credentials.digest(link_secret),
            sign_in_links.c.used_ms.is_(None),
            _in_date(sign_in_links.c.expires_ms, LINK_MS, now_ms),
        )
        .values(used_ms=now_ms)
        .returning(sign_in_links.c.user_id)
    ).first()
    if spent is None:
        return None
    secret = credentials.new_secret()
    connection.execute(
        insert(sessions).values(
            token_hash=credentials.digest(secret),
            user_id=spent.user_id,
            csrf_hash=credentials.digest(credentials.csrf_token(secret)),
            created_ms=now_ms,
            expires_ms=now_ms + SESSION_MS,
        )
    )
    connection.execute(delete(sessions).where(~_in_date(sessions.c.expires_ms, SESSION_MS, now_ms)))
    return secret


def close_session(connection: Connection, secret: str) -> None:
    """End a session; its cookie opens nothing any more."""
    connection.execute(delete(sessions).where(sessions.c.token_hash == credentials.digest(secret)))


def by_token(connection: Connection, secret: str, now_ms: int) -> Principal | None:
    """Who carries this API token; None if it is unknown, revoked or expired."""
    row = connection.execute(
        select(
            tokens.c.id,
            tokens.c.name,
            tokens.c.role,
            organisations.c.id.label("organisation_id"),
            organisations.c.name.label("organisation"),
            organisations.c.division_code,
        )
        .join_from(tokens, organisations)
        .where(
            tokens.c.token_hash == credentials.digest(secret),
            tokens.c.revoked_ms.is_(None),
            tokens.c.expires_ms.is_(None) | (tokens.c.expires_ms > now_ms),
            tokens.c.expires_ms.is_(None) | (tokens.c.created_ms <= now_ms + SKEW_MS),
        )
    ).first()
    return None if row is None else _principal(f"token:{row.id}", row, None)


def by_session(connection: Connection, secret: str, now_ms: int) -> Principal | None:
    """Who is signed in with this session; None if it has ended or the user was deactivated."""
    row = connection.execute(
        select(
            users.c.id,
            users.c.name,
            users.c.role,
            organisations.c.id.label("organisation_id"),
            organisations.c.name.label("organisation"),
            organisations.c.division_code,
        )
        .join_from(sessions, users)
        .join(organisations)
        .where(
            sessions.c.token_hash == credentials.digest(secret),
            _in_date(sessions.c.expires_ms, SESSION_MS, now_ms),
            users.c.active,
        )
    ).first()
    return None if row is None else _principal(f"user:{row.id}", row, row.id)


def _in_date(expires_ms: ColumnElement[int], life_ms: int, now_ms: int) -> ColumnElement[bool]:
    """Not over, and begun: what a clock that was ahead has made would live for longer than it should."""
    return and_(expires_ms > now_ms, expires_ms <= now_ms + SKEW_MS + life_ms)


def _principal(actor: str, row: Any, user_id: int | None) -> Principal:
    return Principal(
        actor=actor,
        role=Role(row.role),
        name=row.name,
        organisation_id=row.organisation_id,
        organisation=row.organisation,
        division=row.division_code,
        user_id=user_id,
    )
