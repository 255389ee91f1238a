"""The public page: what a consumer sees who scans the code on a scale, or types it.

It needs neither sign-in nor script and stays below 50 kB; it shows what follows from signed statements and the
register, never an open investigation.
"""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from steelyard_protocol import identity

from steelyard_cloud.errors import NotFound
from steelyard_cloud.judge.verdict import Opinion, Verdict
from steelyard_cloud.scales import public
from steelyard_cloud.scales.public import PublicRecord
from steelyard_cloud.scales.queries import fold, moment
from steelyard_cloud.web.http.context import Here, Reader
from steelyard_cloud.web.pages.comparison import consequence
from steelyard_cloud.web.pages.life import Moment
from steelyard_cloud.web.pages.render import page
from steelyard_cloud.web.words.conditions import condition_sentence
from steelyard_cloud.web.words.events import event_sentence
from steelyard_cloud.web.words.i18n import N_, Speech
from steelyard_cloud.web.words.states import verdict_line, verdict_words

router = APIRouter()
HISTORY_SHOWN = 8


@router.get("/s")
def look_up(request: Request, speech: Reader, code: Annotated[str, Query(max_length=40)] = "") -> Response:
    """For those without a camera: the code can be typed."""
    if code.strip():
        return RedirectResponse(f"/s/{_typed(code)}", 303)
    return page(request, speech, "look_up.html")


def _typed(code: str) -> str:
    """A typed code in its one spelling; what cannot be one keeps only its letters and digits."""
    try:
        return identity.to_text(identity.from_text(code))
    except identity.IdentityError:
        return "".join(character for character in code if character.isascii() and character.isalnum()) or "-"


def _code_or_empty(code: str) -> str:
    try:
        return fold(code)
    except NotFound:
        return ""


@router.get("/s/{code}")
def public_page(request: Request, code: str, here: Here, speech: Reader) -> Response:
    """The verdict on one scale, and what to compare."""
    now = here.now()
    with here.reading() as connection:
        record = public.public_record(connection, code, now_ms=here.now_ms())
    if record is None:
        return _not_on_record(request, speech, code)
    if code != record.scale.code:
        return RedirectResponse(f"/s/{record.scale.code}", 308)
    reported = moment(record.dated_ms)
    response = page(
        request,
        speech,
        "public.html",
        **_verdict(record.opinion, speech),
        scale=record.scale,
        extra=consequence(speech, *record.altered, was=False) if record.altered else "",
        altered=record.opinion.word is Verdict.ALTERED,
        verification=record.in_effect,
        repair_code=record.repair_code,
        received=speech.ago(reported, now) if reported else speech.say(N_("never")),
        decisions=[(moment(one.recorded_ms), one) for one in record.decisions],
        history=_history(record, speech),
        typed=record.scale.code,
        complaint_code=record.scale.code,
    )
    response.headers["Cache-Control"] = "no-cache"
    return response


def _verdict(opinion: Opinion, speech: Speech) -> dict[str, Any]:
    """The verdict, and what else is missing for it than the first."""
    word, tone, icon = verdict_words(speech, opinion.word)
    lines = list(
        dict.fromkeys([verdict_line(speech, opinion), *(condition_sentence(speech, one) for one in opinion.unmet)])
    )
    return {"word": word, "tone": tone, "icon_name": icon, "line": lines[0], "also": lines[1:]}


def _not_on_record(request: Request, speech: Speech, code: str) -> Response:
    return page(
        request,
        speech,
        "public.html",
        status=404,
        **_verdict(Opinion(Verdict.NOT_ON_RECORD, ()), speech),
        scale=None,
        decisions=[],
        extra="",
        altered=False,
        verification=None,
        repair_code=None,
        received="",
        history=[],
        typed=code[:40],
        complaint_code=_code_or_empty(code),
    )


def _history(record: PublicRecord, speech: Speech) -> list[Moment]:
    """The history in plain words, the newest first: what the scale signed and who verified it, no investigation."""
    moments = [
        Moment(
            datetime.fromtimestamp(one.recorded_ms / 1000, UTC),
            speech.say(N_("Verified by {institution}"), institution=one.institution),
        )
        for one in record.verifications
    ]
    enrolled = datetime.fromtimestamp(record.scale.enrolled_ms / 1000, UTC)
    moments.append(Moment(enrolled, speech.say(N_("Put on record by {maker}"), maker=record.scale.maker)))
    for one in record.events:
        text = (
            speech.say(N_("Its parameters were changed"))
            if one.event is None
            else event_sentence(speech, one.event, one.measured_s)
        )
        moments.append(Moment(datetime.fromtimestamp(one.at_ms / 1000, UTC), text))
    return sorted(moments, key=lambda one: one.at, reverse=True)[:HISTORY_SHOWN]
