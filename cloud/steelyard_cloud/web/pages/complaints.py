"""The desk where the market supervision reads complaints and answers them."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from steelyard_cloud.complaints.queries import OPEN, complaint_by_id, complaint_list, photo_of
from steelyard_cloud.complaints.service import LEAST_CHARACTERS
from steelyard_cloud.complaints.service import close as close_complaint
from steelyard_cloud.errors import NotFound, WrongValue
from steelyard_cloud.people.audit import actor_of
from steelyard_cloud.people.roles import ANSWERS_COMPLAINTS, SEES_COMPLAINTS, Principal
from steelyard_cloud.scales.queries import moment
from steelyard_cloud.web.http.context import Here, Reader, needs
from steelyard_cloud.web.http.fields import Before, Id, Search
from steelyard_cloud.web.pages.forms import FormSender
from steelyard_cloud.web.pages.render import page
from steelyard_cloud.web.words.i18n import N_

router = APIRouter()
PAGE_LENGTH = 50

Reads = Annotated[Principal, Depends(needs(SEES_COMPLAINTS))]
Answers = Annotated[Principal, Depends(needs(ANSWERS_COMPLAINTS))]
STATUSES = {"open": N_("Open"), "closed": N_("Closed"), "all": N_("All")}


@router.get("/complaints")
def list_of_complaints(
    request: Request,
    here: Here,
    speech: Reader,
    principal: Reads,
    state: Annotated[str, Query(max_length=10)] = "open",
    q: Search = "",
    before: Before = None,
) -> Response:
    """The list, the newest first; its filter lives in the URL."""
    here.log_list(principal, "complaint", status=state, q=q.strip())
    with here.reading() as connection:
        found = complaint_list(
            connection, principal, status=state, text=q.strip().upper(), before=before, limit=PAGE_LENGTH + 1
        )
    now, rows = here.now(), [(one, moment(one.received_ms)) for one in found[:PAGE_LENGTH]]
    more = len(found) > PAGE_LENGTH
    following = urlencode({"state": state, "q": q, "before": found[PAGE_LENGTH - 1].id}) if more else ""
    return page(
        request,
        speech,
        "complaints.html",
        principal=principal,
        rows=[(one, received, speech.ago(received, now)) for one, received in rows],
        state=state,
        q=q,
        states=[(code, speech.say(word)) for code, word in STATUSES.items()],
        words={code: speech.say(word) for code, word in STATUSES.items()},
        next_page=f"/complaints?{following}" if more else "",
    )


@router.get("/complaints/{complaint}")
def one_complaint(request: Request, complaint: Id, here: Here, speech: Reader, principal: Reads) -> Response:
    """One complaint; looking at it is logged."""
    with here.reading() as connection:
        found = complaint_by_id(connection, principal, complaint)
    here.log_view(principal, f"complaint:{complaint}")
    return page(
        request,
        speech,
        "complaint.html",
        principal=principal,
        complaint=found,
        received=moment(found.received_ms),
        closed=moment(found.closed_ms),
        word=speech.say(STATUSES[found.status]),
        may_answer=principal.role in ANSWERS_COMPLAINTS and found.status == OPEN,
    )


@router.get("/complaints/{complaint}/photo.jpg")
def photo(complaint: Id, here: Here, principal: Reads) -> Response:
    """Its photo."""
    with here.reading() as connection:
        picture = photo_of(connection, complaint_by_id(connection, principal, complaint))
    if picture is None:
        raise NotFound(what="photo", name=complaint)
    here.log_view(principal, f"complaint:{complaint}")
    return Response(picture, media_type="image/jpeg", headers={"Content-Security-Policy": "default-src 'none'"})


@router.post("/complaints/{complaint}/close")
def close(
    complaint: Id,
    here: Here,
    sender: FormSender,
    _role: Answers,
    answer: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Close it with what was found."""
    if len(answer.strip()) < LEAST_CHARACTERS:
        raise WrongValue(where="answer", why=f"at least {LEAST_CHARACTERS} characters expected")
    with here.writing() as connection:
        found = complaint_by_id(connection, sender, complaint)
        close_complaint(connection, actor_of(sender), found, answer=answer.strip(), now_ms=here.now_ms())
    return RedirectResponse(f"/complaints/{complaint}", 303)
