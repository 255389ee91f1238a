"""Sessions of people in a browser: opened, turned while they last, ended.

A cookie is `STAYS.TURNS`. Every quarter of an hour the second part is replaced; the one before is good for a minute
longer, as a page has several requests under way. Who comes with an older one has a copy of the cookie, or had the
original: the session ends for both.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, or_, select, update

from steelyard_cloud.clock import SKEW_MS
from steelyard_cloud.db.schema import organisations, sessions, users
from steelyard_cloud.people import credentials
from steelyard_cloud.people.principals import PERSON, person
from steelyard_cloud.people.roles import Principal

SESSION_MS = 12 * 60 * 60 * 1000
"""A session lives for a working day."""
TURN_MS = 15 * 60 * 1000
GRACE_MS = 60 * 1000
SETTLED_MS = 10 * 1000
"""Who comes with the part before for so long after a turn never got the answer that had the new one."""
FRESH_MS = 15 * 60 * 1000
"""For so long after signing in somebody may change how they sign in."""
MOST = 20
"""Sessions that one person has at a time; the oldest ends where another begins."""

c = sessions.c


@dataclass(frozen=True)
class Session:
    """A session in date; `setting_up` opens nothing but the pages where a way to sign in is set up.

    `due` says that its cookie is to be turned, `fresh` that somebody has just proved who they are.
    """

    principal: Principal
    setting_up: bool
    due: bool
    fresh: bool


def begin(connection: Connection, user_id: int, now_ms: int, *, setting_up: bool = False) -> str:
    """Open a session and give its cookie; what is over goes, and the person's oldest above MOST."""
    stays, turns = credentials.new_secret(), credentials.new_secret()
    connection.execute(delete(sessions).where(~in_date(c.expires_ms, SESSION_MS, now_ms)))
    newest = select(c.token_hash).where(c.user_id == user_id).order_by(c.created_ms.desc()).limit(MOST - 1)
    kept = connection.scalars(newest).all()
    connection.execute(delete(sessions).where(c.user_id == user_id, c.token_hash.not_in(kept)))
    connection.execute(
        insert(sessions).values(
            token_hash=credentials.digest(stays),
            user_id=user_id,
            turn_hash=credentials.digest(turns),
            turned_ms=now_ms,
            setting_up=setting_up,
            created_ms=now_ms,
            expires_ms=now_ms + SESSION_MS,
        )
    )
    return f"{stays}.{turns}"


def look_up(connection: Connection, cookie: str, now_ms: int) -> Session | None:
    """Whose session that is; None if it has ended, the user was deactivated, or the cookie is from before a turn."""
    query = PERSON.add_columns(c.setting_up, c.turned_ms, c.turn_before_hash, c.created_ms.label("began_ms"))
    mine = query.join_from(users, sessions).join(organisations).where(_is_now(cookie, now_ms), users.c.active)
    row = connection.execute(mine).first()
    if row is None:
        return None
    since_ms = now_ms - row.turned_ms
    before = row.turn_before_hash == credentials.digest(_turning(cookie))
    due = since_ms >= (SETTLED_MS if before else TURN_MS)
    fresh = now_ms - row.began_ms < FRESH_MS
    return Session(person(connection, row), row.setting_up, due, fresh)


def by_session(connection: Connection, cookie: str, now_ms: int) -> Principal | None:
    """Who is signed in with this session; None where nobody is, or who has still to set up a way to sign in."""
    found = look_up(connection, cookie, now_ms)
    return None if found is None or found.setting_up else found.principal


def turn(connection: Connection, cookie: str, now_ms: int) -> str | None:
    """Replace the second part and give the new cookie; None where another request has just done so."""
    turns = credentials.new_secret()
    due = or_(
        and_(c.turn_hash == credentials.digest(_turning(cookie)), c.turned_ms <= now_ms - TURN_MS),
        and_(c.turn_before_hash == credentials.digest(_turning(cookie)), c.turned_ms <= now_ms - SETTLED_MS),
    )
    values = {
        "turn_before_hash": credentials.digest(_turning(cookie)),
        "turn_hash": credentials.digest(turns),
        "turned_ms": now_ms,
    }
    done = connection.execute(update(sessions).where(_is_now(cookie, now_ms), due).values(values))
    return f"{cookie.partition('.')[0]}.{turns}" if done.rowcount else None


def exists(connection: Connection, cookie: str) -> bool:
    """Whether the part that stays is that of a session, whatever the other part."""
    stays = credentials.digest(cookie.partition(".")[0])
    return connection.scalar(select(c.user_id).where(c.token_hash == stays)) is not None


def end_copied(connection: Connection, cookie: str, now_ms: int) -> int | None:
    """End the session of a cookie that was replaced; gives whose it was, None where it is no such cookie."""
    gone = connection.execute(
        delete(sessions)
        .where(c.token_hash == credentials.digest(cookie.partition(".")[0]), ~_is_now(cookie, now_ms))
        .returning(c.user_id)
    )
    return gone.scalar()


def close_session(connection: Connection, cookie: str) -> None:
    """End a session; its cookie opens nothing any more."""
    connection.execute(delete(sessions).where(c.token_hash == credentials.digest(cookie.partition(".")[0])))


def close_all(connection: Connection, user_id: int) -> None:
    """End all sessions of a person."""
    connection.execute(delete(sessions).where(c.user_id == user_id))


def in_date(expires_ms: ColumnElement[int], life_ms: int, now_ms: int) -> ColumnElement[bool]:
    """Not over, and begun: what a clock that was ahead has made would live for longer than it should."""
    return and_(expires_ms > now_ms, expires_ms <= now_ms + SKEW_MS + life_ms)


def _turning(cookie: str) -> str:
    return cookie.partition(".")[2]


def _is_now(cookie: str, now_ms: int) -> ColumnElement[bool]:
    """In date, and the cookie is the newest or, for a short time, the one before."""
    turning = credentials.digest(_turning(cookie))
    before = and_(c.turn_before_hash == turning, c.turned_ms > now_ms - GRACE_MS)
    return and_(
        c.token_hash == credentials.digest(cookie.partition(".")[0]),
        or_(c.turn_hash == turning, before),
        in_date(c.expires_ms, SESSION_MS, now_ms),
    )
