"""Tokens of programs and one-time links of people in the database: made here, looked up here, ended here.

Secrets are 256 random bits and kept as SHA-256 only (`credentials`). Everything is a function of the connection and
the time that is passed in. A link invites or recovers: it opens a session in which a way to sign in is set up. One that
opens the console itself is for demonstrations (setting `open_links`).
"""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, case, delete, insert, select, update

from steelyard_cloud.clock import SKEW_MS
from steelyard_cloud.db.schema import organisations, passkeys, sign_in_links, tokens, users
from steelyard_cloud.people import credentials, sessions
from steelyard_cloud.people.principals import PROGRAM, program
from steelyard_cloud.people.roles import Principal, Role
from steelyard_cloud.people.sessions import SESSION_MS, by_session, close_session, in_date

__all__ = [
    "LINK_MS",
    "SESSION_MS",
    "Purpose",
    "by_session",
    "by_token",
    "close_session",
    "create_sign_in_link",
    "create_token",
    "open_session",
    "purpose_of",
    "spend",
]

LINK_MS = 60 * 60 * 1000
"""A link that opens the console or recovers lives for an hour, and for one use."""
INVITATION_MS = 7 * 24 * LINK_MS
"""An invitation lives for a week."""
DAY_MS = 86_400_000


class Purpose(StrEnum):
    """What a one-time link is for."""

    INVITE = "invite"
    RECOVER = "recover"
    OPEN = "open"

    @property
    def life_ms(self) -> int:
        """How long such a link lives."""
        return INVITATION_MS if self is Purpose.INVITE else LINK_MS


def create_token(
    connection: Connection,
    *,
    name: str,
    role: Role,
    organisation_id: int,
    now_ms: int,
    days: int | None = None,
    scope: frozenset[str] | None = None,
) -> str:
    """Make an API token and give its secret, which is shown this once; `days` limits its life, `scope` its power."""
    secret = credentials.new_token()
    connection.execute(
        insert(tokens).values(
            token_hash=credentials.digest(secret),
            name=name,
            role=role.value,
            scope=None if scope is None else sorted(scope),
            organisation_id=organisation_id,
            created_ms=now_ms,
            expires_ms=None if days is None else now_ms + days * DAY_MS,
        )
    )
    return secret


def by_token(connection: Connection, secret: str, now_ms: int) -> Principal | None:
    """Who carries this API token; None if it is unknown, revoked or expired."""
    row = connection.execute(
        PROGRAM.join_from(tokens, organisations).where(
            tokens.c.token_hash == credentials.digest(secret),
            tokens.c.revoked_ms.is_(None),
            tokens.c.expires_ms.is_(None) | (tokens.c.expires_ms > now_ms),
            tokens.c.expires_ms.is_(None) | (tokens.c.created_ms <= now_ms + SKEW_MS),
        )
    ).first()
    return None if row is None else program(connection, row)


def create_sign_in_link(connection: Connection, user_id: int, now_ms: int, purpose: Purpose = Purpose.OPEN) -> str:
    """Make a one-time secret for a user; the link is `<base URL>/sign-in?token=<secret>`. Older ones of his end."""
    secret, c = credentials.new_secret(), sign_in_links.c
    over = ~_in_date(now_ms)
    if purpose is not Purpose.OPEN:
        over |= (c.user_id == user_id) & (c.purpose != Purpose.OPEN)
    connection.execute(delete(sign_in_links).where(over))
    connection.execute(
        insert(sign_in_links).values(
            token_hash=credentials.digest(secret),
            user_id=user_id,
            purpose=purpose.value,
            expires_ms=now_ms + purpose.life_ms,
        )
    )
    return secret


def _in_date(now_ms: int) -> ColumnElement[bool]:
    c = sign_in_links.c
    lives = ((c.purpose == one, in_date(c.expires_ms, one.life_ms, now_ms)) for one in Purpose)
    return case(*lives, else_=False)


def purpose_of(connection: Connection, secret: str) -> Purpose | None:
    """What a link is for, without using it up; None where there is none."""
    c = sign_in_links.c
    found = connection.scalar(select(c.purpose).where(c.token_hash == credentials.digest(secret)))
    return None if found is None else Purpose(found)


@dataclass(frozen=True)
class Opened:
    """What spending a link opened: a session, by its cookie, for a user of an organisation, and for what."""

    cookie: str
    purpose: Purpose
    user_id: int
    organisation_id: int
    division_code: str


def spend(connection: Connection, secret: str, now_ms: int) -> Opened | None:
    """Spend a link and open a session; None if the link is spent, too old, or its user is not active.

    It is spent by the condition of the UPDATE, so that of two concurrent uses one wins. To recover is to begin again:
    passkeys, password and sessions from before are gone.
    """
    c = sign_in_links.c
    row = connection.execute(
        update(sign_in_links)
        .where(
            c.token_hash == credentials.digest(secret),
            c.used_ms.is_(None),
            _in_date(now_ms),
            c.user_id.in_(select(users.c.id).where(users.c.active)),
        )
        .values(used_ms=now_ms)
        .returning(c.user_id, c.purpose)
    ).first()
    if row is None:
        return None
    purpose = Purpose(row.purpose)
    if purpose is not Purpose.OPEN:
        forget_ways_to_sign_in(connection, row.user_id)
    cookie = sessions.begin(connection, row.user_id, now_ms, setting_up=purpose is not Purpose.OPEN)
    place = select(organisations.c.id, organisations.c.division_code).join_from(users, organisations)
    return Opened(cookie, purpose, row.user_id, *connection.execute(place.where(users.c.id == row.user_id)).one())


def open_session(connection: Connection, link_secret: str, now_ms: int) -> str | None:
    """Spend a link and give the session's cookie, or None."""
    opened = spend(connection, link_secret, now_ms)
    return None if opened is None else opened.cookie


def forget_ways_to_sign_in(connection: Connection, user_id: int) -> None:
    """Take a person's passkeys, password and code away, and end all their sessions."""
    connection.execute(delete(passkeys).where(passkeys.c.user_id == user_id))
    nothing = {"login": None, "password": None, "totp_secret": None, "totp_step": 0, "failures": 0, "failed_ms": None}
    connection.execute(update(users).where(users.c.id == user_id).values(nothing))
    sessions.close_all(connection, user_id)
