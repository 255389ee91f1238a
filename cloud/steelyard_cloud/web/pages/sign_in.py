"""Signing in by passkey, by password with a code, and by a link that invites or recovers; and signing out.

A link shows a button; only the button spends it, so that neither a preview nor a prefetch uses it up.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Form, Query, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from steelyard_cloud.people import access, passkeys, passwords, users
from steelyard_cloud.people.access import Purpose
from steelyard_cloud.people.audit import Actor, actor_of, record
from steelyard_cloud.people.passkeys import Site
from steelyard_cloud.people.roles import SEES_ALERTS
from steelyard_cloud.web.http.context import Context, Here, Reader, Someone, from_here, session_cookie, session_secret
from steelyard_cloud.web.http.problems import LinkSpent, NoPasskeysHere, SignInRefused, TooManyTries, details
from steelyard_cloud.web.pages.forms import FormSender
from steelyard_cloud.web.pages.render import page

router = APIRouter()


@router.get("/")
def start(principal: Someone) -> Response:
    """Where somebody starts: the desk for those who are signed in, the public look-up for others."""
    if principal is None:
        return RedirectResponse("/s", 303)
    return RedirectResponse("/alerts" if principal.role in SEES_ALERTS else "/scales", 303)


@router.get("/sign-in")
def offer(request: Request, here: Here, speech: Reader, token: Annotated[str, Query(max_length=100)] = "") -> Response:
    """The page to sign in on, or the one that a link opens."""
    purpose = None
    if token:
        with here.reading() as connection:
            purpose = access.purpose_of(connection, token)
    return page(request, speech, "sign_in.html", token=token, purpose=purpose, site=here.site, refused="")


@router.post("/sign-in")
def sign_in(request: Request, here: Here, token: Annotated[str, Form(max_length=100)]) -> Response:
    """Spend a link: it opens the page where a way to sign in is set up, one for demonstrations the console."""
    from_here(request)
    with here.writing() as connection:
        opened = access.spend(connection, token, here.now_ms())
        if opened is None:
            raise LinkSpent
        someone = f"user:{opened.user_id}"
        actor = Actor(someone, opened.user_id, opened.organisation_id, opened.division_code, opened.user_id)
        action = "user.sign-in" if opened.purpose is Purpose.OPEN else f"user.{opened.purpose}"
        record(connection, actor, action, someone, {"by": "link"}, here.now_ms())
    response = RedirectResponse("/" if opened.purpose is Purpose.OPEN else "/account", 303)
    response.headers.append("Set-Cookie", session_cookie(here, opened.cookie))
    return response


@router.post("/sign-in/password")
def sign_in_by_password(
    request: Request,
    here: Here,
    speech: Reader,
    login: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    code: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """Open a session where name, password and code are right; what is wrong of them is not said."""
    from_here(request)
    address = request.client.host if request.client else ""
    if not here.tries.spend(address, here.now_ms()):
        raise TooManyTries
    with here.writing() as connection:
        one = passwords.begin(connection, login, here.now_ms())
    step = passwords.check(one, password, code, here.now_ms())
    cookie = None
    if one is not None and step is not None:
        with here.writing() as connection:
            if passwords.succeed(connection, one, step):
                cookie = users.sign_in(connection, one.user_id, "password", here.now_ms())
    if cookie is None:
        said = details(SignInRefused(), speech)["detail"]
        values = {"token": "", "purpose": None, "site": here.site, "refused": said}
        return page(request, speech, "sign_in.html", status=403, **values)
    here.tries.refund(address)
    response = RedirectResponse("/", 303)
    response.headers.append("Set-Cookie", session_cookie(here, cookie))
    return response


@router.post("/sign-in/passkey/options")
def passkey_options(request: Request, here: Here) -> Response:
    """What the browser is to have signed."""
    site = _site(request, here)
    with here.writing() as connection:
        return JSONResponse(passkeys.ask_to_sign_in(connection, site, here.now_ms()))


@router.post("/sign-in/passkey")
def sign_in_by_passkey(request: Request, here: Here, answer: Annotated[dict[str, Any], Body()]) -> Response:
    """Open a session for the passkey that has signed."""
    site = _site(request, here)
    address = request.client.host if request.client else ""
    if not here.tries.spend(address, here.now_ms()):
        raise TooManyTries
    with here.writing() as connection:
        challenge = passkeys.use_up(connection, answer, None, here.now_ms())
    with here.writing() as connection:
        user_id = passkeys.sign_in(connection, site, answer, challenge, here.now_ms())
        cookie = users.sign_in(connection, user_id, "passkey", here.now_ms())
    if cookie is None:
        raise SignInRefused
    here.tries.refund(address)
    response = JSONResponse({"to": "/"})
    response.headers.append("Set-Cookie", session_cookie(here, cookie))
    return response


@router.post("/sign-out")
def sign_out(request: Request, here: Here, principal: FormSender) -> Response:
    """End the session."""
    with here.writing() as connection:
        access.close_session(connection, session_secret(request) or "")
        record(connection, actor_of(principal), "user.sign-out", principal.actor, {}, here.now_ms())
    response = RedirectResponse("/sign-in", 303)
    response.delete_cookie(here.cookie, httponly=True, secure=here.https, samesite="lax")
    return response


def _site(request: Request, here: Context) -> Site:
    from_here(request)
    if here.site is None:
        raise NoPasskeysHere
    return here.site
