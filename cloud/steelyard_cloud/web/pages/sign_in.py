"""Signing in by a one-time link, and signing out.

The link shows a button; only the button spends it, so that neither a preview nor a prefetch uses it up.
"""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from steelyard_cloud.people import access
from steelyard_cloud.people.audit import record
from steelyard_cloud.people.roles import SEES_ALERTS
from steelyard_cloud.web.http.context import Here, Reader, Someone, actor_of, session_secret
from steelyard_cloud.web.http.problems import ForgedRequest, LinkSpent
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
def offer(request: Request, speech: Reader, token: Annotated[str, Query(max_length=100)] = "") -> Response:
    """The page that the link opens."""
    return page(request, speech, "sign_in.html", token=token)


@router.post("/sign-in")
def sign_in(request: Request, here: Here, token: Annotated[str, Form(max_length=100)]) -> Response:
    """Spend the link and open a session."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise ForgedRequest
    with here.writing() as connection:
        secret = access.open_session(connection, token, here.now_ms())
        if secret is None:
            raise LinkSpent
        principal = access.by_session(connection, secret, here.now_ms())
        if principal is None:
            raise LinkSpent
        record(connection, actor_of(principal), "user.sign-in", principal.actor, {}, here.now_ms())
    response = RedirectResponse("/", 303)
    response.set_cookie(
        here.cookie,
        secret,
        max_age=access.SESSION_MS // 1000,
        httponly=True,
        secure=here.https,
        samesite="lax",
    )
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
