"""Organisations, their people and their tokens: for administrators all, for managers their own.

A one-time link or a token's secret is shown in the answer to the form that made it, and nowhere again.
"""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from steelyard_cloud.errors import WrongValue
from steelyard_cloud.people import divisions, organisations, users
from steelyard_cloud.people.audit import actor_of
from steelyard_cloud.people.roles import KINDS, SCOPES, Principal, Role
from steelyard_cloud.scales.queries import moment
from steelyard_cloud.web.http.context import Context, Here, Reader, manager
from steelyard_cloud.web.http.fields import After, Id
from steelyard_cloud.web.pages.forms import Administrator, FormSender
from steelyard_cloud.web.pages.render import page
from steelyard_cloud.web.words.i18n import Speech
from steelyard_cloud.web.words.people import KIND_WORDS, ROLE_WORDS, SCOPE_WORDS

router = APIRouter()
PAGE_LENGTH = 50

Manager = Annotated[Principal, Depends(manager)]
Covers = Annotated[str, Form(max_length=4000)]
Short = Annotated[str, Form(max_length=120)]


@router.get("/organisations")
def list_of_organisations(
    request: Request,
    here: Here,
    speech: Reader,
    principal: Manager,
    q: Annotated[str, Query(max_length=120)] = "",
    kind: Annotated[str, Query(max_length=20)] = "",
    after: After = 0,
) -> Response:
    """The list for administrators; a manager is led to their own."""
    if principal.role is not Role.ADMIN:
        return RedirectResponse(f"/organisations/{principal.organisation_id}", 303)
    with here.reading() as connection:
        found = organisations.organisation_list(
            connection, principal, text=q.strip(), kind=kind, after=after, limit=PAGE_LENGTH + 1
        )
        names = divisions.names(connection, {one.division_code for one in found})
    more = len(found) > PAGE_LENGTH
    following = urlencode({"q": q, "kind": kind, "after": found[PAGE_LENGTH - 1].id}) if more else ""
    return page(
        request,
        speech,
        "organisations.html",
        principal=principal,
        rows=[
            (one, _word(speech, KIND_WORDS, one.kind), names.get(one.division_code, "")) for one in found[:PAGE_LENGTH]
        ],
        kinds=[(code, speech.say(KIND_WORDS[code])) for code in KINDS],
        q=q,
        kind=kind,
        next_page=f"/organisations?{following}" if more else "",
    )


@router.post("/organisations")
def add(
    here: Here, sender: FormSender, _role: Administrator, name: Short = "", kind: Short = "", covers: Covers = ""
) -> Response:
    """Record an organisation; the first division is its seat."""
    codes = _codes(covers)
    if not name.strip() or not codes:
        raise WrongValue(where="name, covers", why="a name and at least one code of a division expected")
    with here.writing() as connection:
        made = organisations.add_organisation(
            connection,
            actor_of(sender),
            name=name.strip(),
            kind=kind,
            division_code=codes[0],
            covers=codes,
            now_ms=here.now_ms(),
        )
    return RedirectResponse(f"/organisations/{made}", 303)


@router.get("/organisations/{organisation}")
def one_organisation(organisation: Id, request: Request, here: Here, speech: Reader, principal: Manager) -> Response:
    """An organisation with what it covers, its people and its tokens."""
    return _page(request, here, speech, principal, organisation)


@router.post("/organisations/{organisation}/divisions")
def cover(organisation: Id, here: Here, sender: FormSender, _role: Administrator, covers: Covers = "") -> Response:
    """Set what it covers."""
    with here.writing() as connection:
        organisations.cover(connection, actor_of(sender), organisation, _codes(covers), here.now_ms())
    return RedirectResponse(f"/organisations/{organisation}", 303)


@router.post("/organisations/{organisation}/invitations")
def invite(
    organisation: Id,
    request: Request,
    here: Here,
    speech: Reader,
    sender: FormSender,
    _manager: Manager,
    name: Short = "",
    role: Short = "",
    manages: Annotated[bool, Form()] = False,
) -> Response:
    """Record a person and show the link that invites them."""
    if not name.strip():
        raise WrongValue(where="name", why="the name of the person expected")
    with here.writing() as connection:
        _, secret = users.invite(
            connection,
            actor_of(sender),
            sender,
            organisation_id=organisation,
            name=name.strip(),
            role=_role(role),
            manager=manages,
            now_ms=here.now_ms(),
        )
    return _page(request, here, speech, sender, organisation, link=here.sign_in_link(secret), link_for=name.strip())


@router.post("/organisations/{organisation}/users/{user}/recovery")
def recover(
    organisation: Id, user: Id, request: Request, here: Here, speech: Reader, sender: FormSender, _manager: Manager
) -> Response:
    """Show a link by which a person begins again."""
    with here.writing() as connection:
        someone = users.user_for(connection, sender, user)
        secret = users.recover(connection, actor_of(sender), sender, user, here.now_ms())
    return _page(request, here, speech, sender, organisation, link=here.sign_in_link(secret), link_for=someone.name)


@router.post("/organisations/{organisation}/users/{user}")
def change(
    organisation: Id,
    user: Id,
    here: Here,
    sender: FormSender,
    _manager: Manager,
    active: Annotated[bool | None, Form()] = None,
    manages: Annotated[bool | None, Form()] = None,
) -> Response:
    """Stop a person or let them in again; make them a manager or not."""
    with here.writing() as connection:
        users.change(connection, actor_of(sender), sender, user, active=active, manager=manages, now_ms=here.now_ms())
    return RedirectResponse(f"/organisations/{organisation}", 303)


@router.post("/organisations/{organisation}/tokens")
def make_token(
    organisation: Id,
    request: Request,
    here: Here,
    speech: Reader,
    sender: FormSender,
    _manager: Manager,
    name: Short = "",
    role: Short = "",
    days: Annotated[int, Form(ge=1, le=users.LONGEST_DAYS)] = 90,
    scope: Annotated[list[str] | None, Form(max_length=10)] = None,
) -> Response:
    """Make a token and show its secret."""
    if not name.strip():
        raise WrongValue(where="name", why="what the token is for expected")
    with here.writing() as connection:
        _, secret = users.make_token(
            connection,
            actor_of(sender),
            sender,
            organisation_id=organisation,
            name=name.strip(),
            role=_role(role),
            scope=scope or None,
            days=days,
            now_ms=here.now_ms(),
        )
    return _page(request, here, speech, sender, organisation, secret=secret)


@router.post("/organisations/{organisation}/tokens/{token}/end")
def revoke(organisation: Id, token: Id, here: Here, sender: FormSender, _manager: Manager) -> Response:
    """End a token."""
    with here.writing() as connection:
        users.revoke_token(connection, actor_of(sender), sender, token, here.now_ms())
    return RedirectResponse(f"/organisations/{organisation}", 303)


def _page(
    request: Request, here: Context, speech: Speech, principal: Principal, organisation_id: int, **once: str
) -> Response:
    """The page of an organisation; `once` is what only the answer to a form shows."""
    with here.reading() as connection:
        one = organisations.organisation_for(connection, principal, organisation_id)
        people = users.people_of(connection, principal, one.id)
        programs = users.tokens_of(connection, principal, one.id)
        names = divisions.names(connection, {*one.divisions, one.division_code})
    here.log_view(principal, f"organisation:{one.id}")
    roles = sorted(KINDS.get(one.kind, set()) - ({Role.ADMIN} if principal.role is not Role.ADMIN else set()))
    now_ms = here.now_ms()
    return page(
        request,
        speech,
        "organisation.html",
        principal=principal,
        one=one,
        kind=_word(speech, KIND_WORDS, one.kind),
        names=names,
        people=[(user, _word(speech, ROLE_WORDS, user.role)) for user in people],
        programs=[
            (
                token,
                _word(speech, ROLE_WORDS, token.role),
                [_word(speech, SCOPE_WORDS, name) for name in token.scope or ()],
                moment(token.expires_ms),
                token.revoked_ms is None and (token.expires_ms is None or token.expires_ms > now_ms),
            )
            for token in programs
        ],
        roles=[(role.value, speech.say(ROLE_WORDS[role.value])) for role in roles],
        scopes=[(name, speech.say(SCOPE_WORDS[name])) for name in SCOPES],
        longest_days=users.LONGEST_DAYS,
        link=once.get("link", ""),
        link_for=once.get("link_for", ""),
        secret=once.get("secret", ""),
    )


def _codes(text: str) -> list[str]:
    return text.replace(",", " ").replace("，", " ").replace("、", " ").split()


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError:
        raise WrongValue(where="role", why="one of the roles expected") from None


def _word(speech: Speech, words: dict[str, str], code: str) -> str:
    return speech.say(words[code]) if code in words else code
