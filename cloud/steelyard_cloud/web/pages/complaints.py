"""Complaints: the consumer's form, without sign-in and script, and the desk where the market supervision reads them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, File, Form, Query, Request, Response, UploadFile
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection, Select, or_, select

from steelyard_cloud.complaints import photos
from steelyard_cloud.complaints import service as registry
from steelyard_cloud.complaints.service import Told
from steelyard_cloud.db.schema import complaints, scales
from steelyard_cloud.errors import NotFound, TooManyComplaints, WrongValue
from steelyard_cloud.people.roles import ANSWERS_COMPLAINTS, SEES_COMPLAINTS, Principal
from steelyard_cloud.people.scoping import scope
from steelyard_cloud.scales import queries
from steelyard_cloud.web.http.context import Here, Reader, actor_of, needs
from steelyard_cloud.web.http.fields import Before, Id
from steelyard_cloud.web.http.problems import ForgedRequest
from steelyard_cloud.web.pages.forms import FormSender
from steelyard_cloud.web.pages.render import page
from steelyard_cloud.web.words.i18n import N_, Speech

router = APIRouter()
PAGE_LENGTH = 50
LEAST_WORDS = 3
FIELDS = ("words", "place", "bought", "weighed", "paid")

Reads = Annotated[Principal, Depends(needs(SEES_COMPLAINTS))]
Answers = Annotated[Principal, Depends(needs(ANSWERS_COMPLAINTS))]
STATES = {"open": N_("Open"), "closed": N_("Closed"), "all": N_("All")}


@router.get("/s/{code}/complaint")
def form(
    request: Request,
    code: str,
    here: Here,
    speech: Reader,
    reference: Annotated[str, Query(pattern="^[0-9A-Z]{8}$|^$")] = "",
) -> Response:
    """The form, and after it was sent the reference."""
    folded = queries.fold(code)
    if code != folded:
        return RedirectResponse(f"/s/{folded}/complaint", 308)
    return _form(request, here, speech, folded, dict.fromkeys(FIELDS, ""), reference=reference)


def _form(request: Request, here: Here, speech: Speech, code: str, typed: dict[str, str], **values: Any) -> Response:
    with here.reading() as connection:
        scale = queries.public_scale(connection, code)
    response = page(
        request,
        speech,
        "complaint_form.html",
        **{"scale": scale, "code": code, "typed": typed, "reference": "", "wrong": "", **values},
    )
    response.headers["Cache-Control"] = "no-store"
    return response


Short = Annotated[str, Form(max_length=40)]
Line = Annotated[str, Form(max_length=120)]


@router.post("/s/{code}/complaint")
def complain(
    request: Request,
    code: str,
    here: Here,
    speech: Reader,
    words: Annotated[str, Form(max_length=500)] = "",
    place: Line = "",
    bought: Line = "",
    weighed: Short = "",
    paid: Short = "",
    photo: Annotated[UploadFile | str | None, File()] = None,
) -> Response:
    """Take a complaint; what is wrong with it is said beside the form, which keeps what was typed."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise ForgedRequest
    folded = queries.fold(code)
    typed = dict(zip(FIELDS, (one.strip() for one in (words, place, bought, weighed, paid)), strict=True))

    def again(wrong: str, status: int) -> Response:
        return _form(request, here, speech, folded, typed, wrong=speech.say(wrong), status=status)

    if len(typed["words"]) < LEAST_WORDS:
        return again(N_("Please say in a few words what was wrong."), 422)
    try:
        picture = _picture(photo)
    except photos.NotAPhoto:
        return again(N_("The photo has to be a JPEG of at most 4 MB; you can also send the complaint without it."), 422)
    if not here.complaints.spend(request.client.host if request.client else "", here.now_ms()):
        return again(TooManyComplaints.template(), 429)
    try:
        with here.writing() as connection:
            reference = registry.complain(connection, folded, Told(**typed, photo=picture), here.now_ms())
    except TooManyComplaints:
        return again(TooManyComplaints.template(), 429)
    return RedirectResponse(f"/s/{folded}/complaint?reference={reference}", 303)


def _picture(photo: UploadFile | str | None) -> bytes | None:
    if photo is None or isinstance(photo, str):  # a browser sends an empty field where nothing was chosen
        return None
    data = photo.file.read(photos.MAX_BYTES + 1)
    if not data:
        return None
    if len(data) > photos.MAX_BYTES:
        raise photos.NotAPhoto
    return photos.bare(data)


# ---- the desk ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Complaint:
    """A complaint as list and page show it."""

    id: int
    reference: str
    public_code: str
    scale_name: str
    place: str
    said_place: str
    bought: str
    weighed: str
    paid: str
    words: str
    photo: bool
    state: str
    answer: str
    received: datetime | None
    closed: datetime | None


_COMPLAINT = (
    select(
        *(column for column in complaints.c if column.name != "photo"),
        complaints.c.photo.is_not(None).label("has_photo"),
        scales.c.model,
        scales.c.serial_number,
        scales.c.place.label("scale_place"),
    )
    .select_from(complaints)
    .outerjoin(scales, scales.c.id == complaints.c.scale_id)
)


def _read(connection: Connection, query: Select[Any]) -> list[Complaint]:
    return [
        Complaint(
            id=row.id,
            reference=row.reference,
            public_code=row.public_code,
            scale_name=f"{row.model} {row.serial_number}" if row.model else "",
            place=row.scale_place or row.place,
            said_place=row.place,
            bought=row.bought,
            weighed=row.weighed,
            paid=row.paid,
            words=row.words,
            photo=row.has_photo,
            state=row.state,
            answer=row.answer or "",
            received=queries.moment(row.received_ms),
            closed=queries.moment(row.closed_ms),
        )
        for row in connection.execute(query)
    ]


def _one(connection: Connection, principal: Principal, complaint: int) -> Complaint:
    found = _read(connection, scope(_COMPLAINT.where(complaints.c.id == complaint), principal, complaints))
    if not found:
        raise NotFound(what="complaint", name=complaint)
    return found[0]


@router.get("/complaints")
def list_of_complaints(
    request: Request,
    here: Here,
    speech: Reader,
    principal: Reads,
    state: Annotated[str, Query(max_length=10)] = "open",
    q: Annotated[str, Query(max_length=20)] = "",
    before: Before = None,
) -> Response:
    """The list, the newest first; its filter lives in the URL."""
    query = scope(_COMPLAINT, principal, complaints)
    if state != "all":
        query = query.where(complaints.c.state == state)
    if asked := q.strip().upper():
        query = query.where(or_(complaints.c.reference == asked, complaints.c.public_code == asked))
    if before is not None:
        query = query.where(complaints.c.id < before)
    with here.reading() as connection:
        found = _read(connection, query.order_by(complaints.c.id.desc()).limit(PAGE_LENGTH + 1))
    more = len(found) > PAGE_LENGTH
    following = urlencode({"state": state, "q": q, "before": found[PAGE_LENGTH - 1].id}) if more else ""
    return page(
        request,
        speech,
        "complaints.html",
        principal=principal,
        rows=[(one, speech.ago(one.received, here.now())) for one in found[:PAGE_LENGTH]],
        state=state,
        q=q,
        states=[(code, speech.say(word)) for code, word in STATES.items()],
        words={code: speech.say(word) for code, word in STATES.items()},
        next_page=f"/complaints?{following}" if more else "",
    )


@router.get("/complaints/{complaint}")
def one_complaint(request: Request, complaint: Id, here: Here, speech: Reader, principal: Reads) -> Response:
    """One complaint; looking at it is logged."""
    with here.reading() as connection:
        found = _one(connection, principal, complaint)
    here.looked(principal, f"complaint:{complaint}")
    return page(
        request,
        speech,
        "complaint.html",
        principal=principal,
        complaint=found,
        word=speech.say(STATES[found.state]),
        may_answer=principal.role in ANSWERS_COMPLAINTS and found.state == registry.OPEN,
    )


@router.get("/complaints/{complaint}/photo.jpg")
def photo_of(complaint: Id, here: Here, principal: Reads) -> Response:
    """Its photo."""
    with here.reading() as connection:
        found = _one(connection, principal, complaint)
        picture = connection.scalar(select(complaints.c.photo).where(complaints.c.id == found.id))
    if picture is None:
        raise NotFound(what="photo", name=complaint)
    here.looked(principal, f"complaint:{complaint}")
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
    if len(answer.strip()) < LEAST_WORDS:
        raise WrongValue(where="answer", why=f"at least {LEAST_WORDS} characters expected")
    with here.writing() as connection:
        _one(connection, sender, complaint)
        registry.close(
            connection, actor_of(sender), complaint_id=complaint, answer=answer.strip(), now_ms=here.now_ms()
        )
    return RedirectResponse(f"/complaints/{complaint}", 303)
