"""What every route needs: settings, database, clock, keys, the event stream's hub, and who is asking.

Routes get it by FastAPI's dependencies, named below as types, so that a route's signature says what it uses.
"""

import hashlib
import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Annotated, TypeVar

from fastapi import Depends, Request

from steelyard_cloud import clock, keys
from steelyard_cloud.db import database
from steelyard_cloud.db.database import Connection, Engine
from steelyard_cloud.errors import KeysUnavailable
from steelyard_cloud.people import access, credentials
from steelyard_cloud.people.audit import Actor, record
from steelyard_cloud.people.roles import Principal, Role
from steelyard_cloud.scales.life.rules import takers
from steelyard_cloud.settings import Settings
from steelyard_cloud.web.http.allowance import Allowance
from steelyard_cloud.web.http.health import Health, Workers
from steelyard_cloud.web.http.problems import ForgedRequest, NotAllowed, NotSignedIn
from steelyard_cloud.web.http.recent_views import RecentViews
from steelyard_cloud.web.stream import Hub
from steelyard_cloud.web.words.i18n import Speech, negotiate, zone

T = TypeVar("T")
log = logging.getLogger(__name__)

COMPLAINTS_AN_HOUR = 5
CODES_AN_HOUR = 600
"""A network of telephones may have one address."""
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
        now_ms = self.now_ms()
        if not self.recent_views.recently(principal.actor, object_, now_ms):
            with self.writing() as connection:
                action = f"{object_.partition(':')[0]}.look"
                record(connection, actor_of(principal), action, object_, {}, now_ms)
            self.recent_views.note(principal.actor, object_, now_ms)

    def now(self) -> datetime:
        """The present moment in UTC."""
        return datetime.fromtimestamp(self.now_ms() / 1000, UTC)

    @property
    def zone(self) -> tzinfo:
        """Where the platform is."""
        return zone(self.settings.time_zone)

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
    """Who is asking, by token or by session; None for the public.

    A session may change nothing by the API without the header X-CSRF-Token; forms carry it in a field (`pages.forms`).
    """
    if secret := bearer(request):
        with here.reading() as connection:
            return access.by_token(connection, secret, here.now_ms())
    if secret := session_secret(request):
        with here.reading() as connection:
            principal = access.by_session(connection, secret, here.now_ms())
        if principal and request.method not in SAFE_METHODS and request.url.path.startswith("/api/"):
            check_csrf(request, request.headers.get("x-csrf-token", ""))
        return principal
    return None


def check_csrf(request: Request, given: str) -> None:
    """Raise ForgedRequest unless the token is the session's and the browser does not say "cross-site"."""
    secret = session_secret(request) or ""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise ForgedRequest
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


def actor_of(principal: Principal) -> Actor:
    """The principal as the registry and its audit log know them."""
    return Actor(
        name=principal.actor,
        number=principal.number,
        organisation_id=principal.organisation_id,
        division_code=principal.division,
        user_id=principal.user_id,
        role=principal.role,
    )


async def request_hash(request: Request) -> bytes:
    """SHA-256 over method, path and body: what an Idempotency-Key is bound to."""
    body = await request.body()
    return hashlib.sha256(f"{request.method} {request.url.path}\n".encode() + body).digest()
