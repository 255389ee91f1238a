"""The consumer's form for a complaint about a scale, without sign-in and script."""

from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Query, Request, Response, UploadFile
from fastapi.responses import RedirectResponse

from steelyard_cloud.complaints import photos, service
from steelyard_cloud.complaints.service import LEAST_CHARACTERS, NewComplaint
from steelyard_cloud.errors import TooManyComplaints
from steelyard_cloud.scales.public import public_scale
from steelyard_cloud.web.http.context import Here, Reader, from_here
from steelyard_cloud.web.pages.public import code_in
from steelyard_cloud.web.pages.render import page
from steelyard_cloud.web.words.i18n import N_, Speech

router = APIRouter()
FIELDS = ("words", "place", "bought", "weighed", "paid")


@router.get("/s/{code}/complaint")
def form(
    request: Request,
    code: str,
    here: Here,
    speech: Reader,
    reference: Annotated[str, Query(pattern="^[0-9A-Z]{8}$|^$")] = "",
) -> Response:
    """The form, and after it was sent the reference."""
    folded = code_in(code)
    if code != folded:
        return RedirectResponse(f"/s/{folded}/complaint", 308)
    return _form(request, here, speech, folded, dict.fromkeys(FIELDS, ""), reference=reference)


def _form(request: Request, here: Here, speech: Speech, code: str, typed: dict[str, str], **values: Any) -> Response:
    with here.reading() as connection:
        scale = public_scale(connection, code)
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
    from_here(request)
    folded = code_in(code)
    typed = dict(zip(FIELDS, (one.strip() for one in (words, place, bought, weighed, paid)), strict=True))

    def again(wrong: str, status: int) -> Response:
        return _form(request, here, speech, folded, typed, wrong=speech.say(wrong), status=status)

    if len(typed["words"]) < LEAST_CHARACTERS:
        return again(N_("Please say in a few words what was wrong."), 422)
    try:
        picture = _picture(photo)
    except photos.NotAPhoto:
        return again(
            N_("The photo must be a JPEG of at most 4 MB; you can also send the complaint without a photo."), 422
        )
    if not here.complaints.spend(request.client.host if request.client else "", here.now_ms()):
        return again(TooManyComplaints.template(), 429)
    try:
        with here.writing() as connection:
            reference = service.complain(connection, folded, NewComplaint(**typed, photo=picture), here.now_ms())
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
