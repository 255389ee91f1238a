"""The tree of administrative divisions: anybody who is signed in walks it, administrators add to it and merge."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from steelyard_cloud.errors import NotFound, WrongValue
from steelyard_cloud.people import divisions
from steelyard_cloud.people.audit import actor_of
from steelyard_cloud.people.divisions import COUNTRY, Division
from steelyard_cloud.people.roles import EVERYBODY, Principal
from steelyard_cloud.web.http.context import Here, Reader, needs
from steelyard_cloud.web.http.fields import DivisionPath, FormDay, Reason
from steelyard_cloud.web.pages.forms import Administrator, FormSender
from steelyard_cloud.web.pages.render import page

router = APIRouter()
MOST_FOUND = 50

Text = Annotated[str, Form(max_length=60)]


@router.get("/divisions")
def tree(
    request: Request,
    here: Here,
    speech: Reader,
    principal: Annotated[Principal, Depends(needs(EVERYBODY))],
    at: Annotated[str, Query(max_length=12)] = COUNTRY,
    q: Annotated[str, Query(max_length=60)] = "",
) -> Response:
    """One division with what lies in it, or what a search finds."""
    above: list[Division] = []
    with here.reading() as connection:
        one = divisions.division(connection, at)
        if one is None:
            raise NotFound(what="division", name=at)
        if q.strip():
            rows = divisions.named(connection, q.strip(), MOST_FOUND)
        else:
            rows, above = divisions.directly_below(connection, at), divisions.above(connection, one.path)[:-1]
    return page(
        request,
        speech,
        "divisions.html",
        principal=principal,
        one=one,
        above=above,
        rows=rows,
        q=q,
        today=here.today().isoformat(),
    )


@router.post("/divisions")
def add(
    here: Here, sender: FormSender, _role: Administrator, parent: Text, since: FormDay, name: Text = "", code: Text = ""
) -> Response:
    """Record a division below another."""
    if not name.strip():
        raise WrongValue(where="name", why="a name expected")
    if code and not (code.isascii() and code.isdigit() and len(code) in (6, 12)):
        raise WrongValue(where="code", why="6 or 12 digits expected, or nothing")
    with here.writing() as connection:
        made = divisions.add(
            connection,
            actor_of(sender),
            name=name.strip(),
            parent=parent,
            code=code or None,
            since=since,
            today=here.today(),
            now_ms=here.now_ms(),
        )
    return RedirectResponse(f"/divisions?at={made.code}", 303)


@router.post("/divisions/{division}/merger")
def merge(
    division: DivisionPath,
    here: Here,
    sender: FormSender,
    _role: Administrator,
    into: Text,
    on: FormDay,
    reason: Annotated[Reason, Form()],
) -> Response:
    """End a division that another took over."""
    with here.writing() as connection:
        divisions.merge(
            connection,
            actor_of(sender),
            division,
            into=into.strip(),
            on=on,
            reason=reason,
            today=here.today(),
            now_ms=here.now_ms(),
        )
    return RedirectResponse(f"/divisions?at={division}", 303)
