"""What every route needs: settings, database, clock, keys, the event stream's hub, and who is asking.

Routes get it by FastAPI's dependencies, named below as types, so that a route's signature says what it uses.
"""

import hashlib
import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path
from typing import Annotated, TypeVar

from fastapi import Depends, Request, Response

from steelyard_cloud import clock, keys
from steelyard_cloud.db import database
from steelyard_cloud.db.database import Connection, Engine
from steelyard_cloud.errors import KeysUnavailable
from steelyard_cloud.people import access, credentials, sessions
from steelyard_cloud.people.audit import actor_of, record
from steelyard_cloud.people.passkeys import Site
from steelyard_cloud.people.roles import READ, Principal, Role, manages
from steelyard_cloud.scales.life.rules import takers
from steelyard_cloud.settings import Settings
from steelyard_cloud.web.http.allowance import Allowance
from steelyard_cloud.web.http.health import Health, Workers
from steelyard_cloud.web.http.problems import ForgedRequest, NotAllowed, NotManager, NotSignedIn, OutOfScope
from steelyard_cloud.web.http.recent_views import RecentViews
from steelyard_cloud.web.stream import Hub
from steelyard_cloud.web.words.i18n import Speech, negotiate, zone

T = TypeVar("T")
log = logging.getLogger(__name__)

COMPLAINTS_AN_HOUR = 5
CODES_AN_HOUR = 600
"""A network of telephones may have one address."""
FAILURES_AN_HOUR = 60
"""Wrong passwords and passkeys of one address: an office may have a single one for all its people."""
QUESTIONS_AN_HOUR = 20
"""For check codes, of one scale: whoever asks more keeps nobody else from asking."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def _nobody(_shard: str) -> None:
    """Nobody to wake: the owner of the shard polls."""


@dataclass
class Context:
    """One process's web side; `wake(shard)` tells the shard's owner that the registry changed something."""

    settings: Settings
    engine: Engine
    hub: Hub
    now_ms: Callable[[], int] = clock.now_ms
    wake: Callable[[str], None] = _nobody
    recent_views: RecentViews = field(default_factory=RecentViews)
    workers: Workers = field(init=False)
    health: Health = field(init=False)
    complaints: Allowance = field(default_factory=lambda: Allowance(COMPLAINTS_AN_HOUR))
    codes: Allowance = field(default_factory=lambda: Allowance(CODES_AN_HOUR))
    questions: Allowance = field(default_factory=lambda: Allowance(QUESTIONS_AN_HOUR))
    tries: Allowance = field(default_factory=lambda: Allowance(FAILURES_AN_HOUR))

    def __post_init__(self) -> None:
        self.workers = Workers(lambda: self.reading())
        self.health = Health(lambda: self.writing(), self.workers)

    def reading(self) -> AbstractContextManager[Connection]:
        """A consistent read."""
        return database.reading(self.engine)

    def writing(self) -> AbstractContextManager[Connection]:
        """A transaction, committed at the end."""
        return database.writing(self.engine)

    def log_view(self, principal: Principal, object_: str) -> None:
        """Put into the audit log that the principal views "scale:12" or "alert:5"; call it before showing that."""
        self._log_reading(principal, f"{object_.partition(':')[0]}.look", object_, {})

    def log_list(self, principal: Principal, of: str, **asked: object) -> None:
        """The same for a list of "scale", "alert" …; `asked` are its filters, those that are given."""
        self._log_reading(principal, f"{of}.list", f"{of}:*", {name: value for name, value in asked.items() if value})

    def _log_reading(self, principal: Principal, action: str, object_: str, details: dict[str, object]) -> None:
        now_ms, key = self.now_ms(), f"{object_} {details}" if details else object_
        if not self.recent_views.recently(principal.actor, key, now_ms):
            with self.writing() as connection:
                record(connection, actor_of(principal), action, object_, details, now_ms)
            self.recent_views.note(principal.actor, key, now_ms)

    def now(self) -> datetime:
        """The present moment in UTC."""
        return datetime.fromtimestamp(self.now_ms() / 1000, UTC)

    def today(self) -> date:
        """The day that it is where the platform is."""
        return self.now().astimezone(self.zone).date()

    def sign_in_link(self, secret: str) -> str:
        """The address of a one-time link."""
        return f"{self.settings.url}/sign-in?token={secret}"

    @property
    def zone(self) -> tzinfo:
        """Where the platform is."""
        return zone(self.settings.time_zone)

    @property
    def site(self) -> Site | None:
        """The pages as passkeys know them; None where there can be none."""
        return Site.of(self.settings.url)

    @property
    def https(self) -> bool:
        """Whether browsers reach this server by https, so that cookies can demand it."""
        return self.settings.url.startswith("https://")

    @property
    def cookie(self) -> str:
        """Name of the session's cookie; the prefix makes browsers insist on https and this very host."""
        return "__Host-steelyard" if self.https else "steelyard"

    def authority(self) -> keys.PlatformKey:
        """The key that signs permits and evidence files; raises KeysUnavailable where this machine does not hold it."""
        return _here(keys.read_authority, self.settings.keys)

    def unlock_key(self) -> keys.PlatformKey:
        """The key that agrees on unlock and check codes; raises KeysUnavailable where this machine does not hold it."""
        return _here(keys.read_unlock, self.settings.keys)

    def key_set(self) -> bytes:
        """The key set in force; raises KeysUnavailable."""
        return _here(keys.read_key_set, self.settings.keys)

    def root_public(self) -> bytes:
        """The root's 65-byte public key; raises KeysUnavailable."""
        return _here(keys.read_root_public, self.settings.keys)


def _here(read: Callable[[Path], T], folder: Path) -> T:
    """What `read` finds in the folder of keys. Where the files are is for the log, not for whoever asked."""
    try:
        return read(folder)
    except (keys.KeysError, OSError) as error:
        log.error("a key cannot be used: %s", error)
        raise KeysUnavailable from error


def context_of(request: Request) -> Context:
    """The context of the application that serves this request."""
    context: Context = request.app.state.context
    return context


Here = Annotated[Context, Depends(context_of)]


def speech_of(request: Request) -> Speech:
    """The reader's language: `?lang=`, else the cookie of an earlier choice, else Accept-Language."""
    asked = request.query_params.get("lang") or request.cookies.get("lang")
    language = negotiate(asked, request.headers.get("accept-language"))
    return Speech(language, zone(context_of(request).settings.time_zone))


Reader = Annotated[Speech, Depends(speech_of)]


def bearer(request: Request) -> str | None:
    """The API token of the request, if it carries one."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" and secret else None


def session_secret(request: Request) -> str | None:
    """The secret in the session's cookie, if there is one."""
    return request.cookies.get(context_of(request).cookie)


def principal_or_none(request: Request, here: Here) -> Principal | None:
    """Who is asking, by token or by session; None for the public, and for who has still to set up a way to sign in.

    A session may change nothing by the API without the header X-CSRF-Token; forms carry it in a field (`pages.forms`).
    """
    if secret := bearer(request):
        with here.reading() as connection:
            principal = access.by_token(connection, secret, here.now_ms())
        return None if principal is None else within_scope(request, principal)
    session = session_of(request, here)
    if session is None or session.setting_up:
        return None
    if request.method not in SAFE_METHODS and request.url.path.startswith("/api/"):
        check_csrf(request, request.headers.get("x-csrf-token", ""))
    return session.principal


def session_of(request: Request, here: Context) -> sessions.Session | None:
    """The session of the request's cookie. Where it is due, reading turns it; a copy of an older cookie ends it."""
    cookie, now_ms = session_secret(request), here.now_ms()
    if not cookie:
        return None
    with here.reading() as connection:
        found = sessions.look_up(connection, cookie, now_ms)
    if found is None:
        _end_copied(here, cookie)
    elif found.due and request.method == "GET" and not request.url.path.startswith("/api/"):
        with here.writing() as connection:
            if turned := sessions.turn(connection, cookie, now_ms):
                request.state.cookie = session_cookie(here, turned)
    return found


def _end_copied(here: Context, cookie: str) -> None:
    with here.reading() as connection:
        known = sessions.exists(connection, cookie)
    if known:
        with here.writing() as connection:
            if sessions.end_copied(connection, cookie, here.now_ms()):
                log.warning("a session ended: its cookie was used after it had been replaced")


def session_cookie(here: Context, cookie: str) -> str:
    """The header Set-Cookie that gives a browser its session."""
    made = Response()
    life_s = access.SESSION_MS // 1000
    made.set_cookie(here.cookie, cookie, max_age=life_s, httponly=True, secure=here.https, samesite="lax")
    return made.headers["set-cookie"]


def within_scope(request: Request, principal: Principal) -> Principal:
    """The principal, if the token's scope has what is asked for; raises OutOfScope."""
    tags = getattr(request.scope.get("route"), "tags", None) or []
    needed = {READ} if request.method in SAFE_METHODS else set(tags)
    if principal.scope is not None and principal.scope.isdisjoint(needed):
        raise OutOfScope(scope=", ".join(sorted(principal.scope)), needs=", ".join(sorted(needed)) or "a session")
    return principal


def from_here(request: Request) -> None:
    """Raise ForgedRequest where the browser says that another site sends this."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise ForgedRequest


def check_csrf(request: Request, given: str) -> None:
    """Raise ForgedRequest unless the token is the session's and the browser does not say "cross-site"."""
    secret = session_secret(request) or ""
    from_here(request)
    if not credentials.same(given, credentials.csrf_token(secret)):
        raise ForgedRequest


Someone = Annotated[Principal | None, Depends(principal_or_none)]


def needs(roles: frozenset[Role]) -> Callable[[Principal | None], Principal]:
    """A dependency that lets only these roles pass; raises NotSignedIn and NotAllowed."""

    def check(principal: Someone) -> Principal:
        if principal is None:
            raise NotSignedIn
        if principal.role not in roles:
            raise NotAllowed(role=principal.role.value, needs=", ".join(sorted(roles)))
        return principal

    return check


def takes(*steps: str) -> Callable[[Principal | None], Principal]:
    """The same for the roles that may take one of these steps, as the table of steps has them."""
    return needs(frozenset().union(*map(takers, steps)))


def manager(principal: Someone) -> Principal:
    """Somebody who manages people and tokens; raises NotSignedIn and NotManager."""
    if principal is None:
        raise NotSignedIn
    if not manages(principal):
        raise NotManager
    return principal


async def request_hash(request: Request) -> bytes:
    """SHA-256 over method, path and body: what an Idempotency-Key is bound to."""
    body = await request.body()
    return hashlib.sha256(f"{request.method} {request.url.path}\n".encode() + body).digest()
