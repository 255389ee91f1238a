"""How somebody signs in: their passkeys, their password with codes, and their other sessions.

Also the pages that an invitation opens: its session can do nothing else until one way to sign in is set up, and ends
with that. Whoever signed in long ago signs in again first, so that a browser left open is not somebody's for good.
"""

from typing import Annotated, Any

import segno
from fastapi import APIRouter, Body, Depends, Form, Header, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from markupsafe import Markup

from steelyard_cloud.db.database import Connection
from steelyard_cloud.errors import NotFound
from steelyard_cloud.people import credentials, passkeys, passwords, sessions, users
from steelyard_cloud.people.audit import actor_of, record
from steelyard_cloud.people.passwords import Unfit
from steelyard_cloud.people.sessions import Session
from steelyard_cloud.scales.queries import moment
from steelyard_cloud.web.http import problems
from steelyard_cloud.web.http.context import (
    Context,
    Here,
    Reader,
    check_csrf,
    session_cookie,
    session_of,
    session_secret,
)
from steelyard_cloud.web.http.fields import Id
from steelyard_cloud.web.http.problems import LastWay, NoPasskeysHere, NotSignedIn, SignInAgain
from steelyard_cloud.web.pages.render import page
from steelyard_cloud.web.words.i18n import Speech

router = APIRouter()


def own_session(request: Request, here: Here) -> Session:
    """The session of the request, also one that an invitation opened; raises NotSignedIn."""
    found = session_of(request, here)
    if found is None:
        raise NotSignedIn
    return found


def changing(
    request: Request,
    session: Annotated[Session, Depends(own_session)],
    csrf: Annotated[str, Form(max_length=100)] = "",
) -> Session:
    """The session of a form; raises ForgedRequest, and SignInAgain where it began too long ago."""
    check_csrf(request, csrf)
    if not session.fresh:
        raise SignInAgain
    return session


def changing_by_script(
    request: Request,
    session: Annotated[Session, Depends(own_session)],
    x_csrf_token: Annotated[str, Header(max_length=100)] = "",
) -> Session:
    """The same for a request of a script."""
    return changing(request, session, x_csrf_token)


Own = Annotated[Session, Depends(own_session)]
Changing = Annotated[Session, Depends(changing)]
Scripted = Annotated[Session, Depends(changing_by_script)]


@router.get("/account")
def account(request: Request, here: Here, speech: Reader, session: Own) -> Response:
    """The page."""
    return _page(request, here, speech, session)


@router.post("/account/password")
def set_password(
    request: Request,
    here: Here,
    speech: Reader,
    session: Changing,
    login: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    code: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """Set name, password and the app that shows codes, all at once; the sessions from before end."""
    secret = passwords.new_totp_secret(session_secret(request) or "")
    try:
        prepared = passwords.prepare(login=login, password=password, secret=secret, code=code, now_ms=here.now_ms())
        with here.writing() as connection:
            passwords.keep(connection, _id(session), prepared)
            return _set_up(connection, here, session, "password", RedirectResponse("/account", 303))
    except Unfit as error:
        return _page(request, here, speech, session, refused=error, login=login)


@router.post("/account/passkeys/options")
def passkey_options(here: Here, session: Scripted) -> Response:
    """What the browser is to make a passkey from."""
    if here.site is None:
        raise NoPasskeysHere
    with here.writing() as connection:
        return JSONResponse(passkeys.ask_to_add(connection, here.site, _id(session), here.now_ms()))


@router.post("/account/passkeys")
def add_passkey(here: Here, session: Scripted, answer: Annotated[dict[str, Any], Body()]) -> Response:
    """Keep the passkey that the browser made."""
    if here.site is None:
        raise NoPasskeysHere
    name = f"{here.now().astimezone(here.zone):%Y-%m-%d %H:%M}"
    with here.writing() as connection:
        challenge = passkeys.use_up(connection, answer, _id(session), here.now_ms())
    with here.writing() as connection:
        user_id = _id(session)
        passkeys.add(connection, here.site, user_id, answer, challenge=challenge, name=name, now_ms=here.now_ms())
        return _set_up(connection, here, session, "passkey", JSONResponse({"to": "/account"}))


@router.post("/account/passkeys/{passkey}/remove")
def remove_passkey(passkey: Id, here: Here, session: Changing) -> Response:
    """Take a passkey away; the last way to sign in stays."""
    with here.writing() as connection:
        if not passkeys.remove(connection, _id(session), passkey):
            raise NotFound(what="passkey", name=passkey)
        if not passkeys.passkeys_of(connection, _id(session)) and not passwords.login_of(connection, _id(session)):
            raise LastWay
        _log(connection, here, session, "user.remove-passkey")
    return RedirectResponse("/account", 303)


@router.post("/account/sessions/end")
def end_sessions(
    request: Request, here: Here, session: Own, csrf: Annotated[str, Form(max_length=100)] = ""
) -> Response:
    """Sign out everywhere, here too."""
    check_csrf(request, csrf)
    with here.writing() as connection:
        sessions.close_all(connection, _id(session))
        _log(connection, here, session, "user.sign-out", everywhere=True)
    return RedirectResponse("/sign-in", 303)


def _id(session: Session) -> int:
    if session.principal.user_id is None:
        raise NotSignedIn
    return session.principal.user_id


def _log(connection: Connection, here: Context, session: Session, action: str, **details: object) -> None:
    actor = actor_of(session.principal)
    record(connection, actor, action, actor.name, details, here.now_ms())


def _set_up(connection: Connection, here: Context, session: Session, how: str, response: Response) -> Response:
    """Log that a way to sign in was set up. Sessions from before end, and one begins that opens everything."""
    _log(connection, here, session, f"user.set-{how}")
    sessions.close_all(connection, _id(session))
    cookie = users.sign_in(connection, _id(session), how, here.now_ms())
    if cookie is None:
        raise NotSignedIn
    response.headers.append("Set-Cookie", session_cookie(here, cookie))
    return response


def _page(
    request: Request,
    here: Context,
    speech: Speech,
    session: Session,
    *,
    refused: Unfit | None = None,
    login: str = "",
) -> Response:
    principal, cookie = session.principal, session_secret(request) or ""
    with here.reading() as connection:
        mine = passkeys.passkeys_of(connection, _id(session))
        login_now = passwords.login_of(connection, _id(session))
    said = None if refused is None else problems.details(refused, speech)
    secret = passwords.new_totp_secret(cookie)
    address = passwords.totp_address(secret, login or login_now or principal.name, "Steelyard")
    return page(
        request,
        speech,
        "account.html",
        principal=None if session.setting_up else principal,
        status=200 if said is None else said["status"],
        person=principal,
        setting_up=session.setting_up,
        fresh=session.fresh,
        csrf=credentials.csrf_token(cookie),
        passkeys=[(one, moment(one.created_ms), moment(one.used_ms)) for one in mine],
        site=here.site,
        login_now=login_now,
        login=login or login_now or "",
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        code_picture=Markup(segno.make(address, error="m").svg_inline(scale=4, border=2, omitsize=False)),  # noqa: S704
        refused=said["detail"] if said else "",
        refused_field=refused.field if refused else "",
    )
