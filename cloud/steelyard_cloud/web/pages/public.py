"""The public page: what a consumer sees who scans the code on a scale, or types it.

It needs neither sign-in nor script and stays below 50 kB; it shows what follows from signed statements and the
register, never an open investigation.
"""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection
from steelyard_protocol import identity
from steelyard_protocol.bodies import Event, EventKind, Kind, ParameterChange
from steelyard_protocol.statement import parse

from steelyard_cloud.errors import NotFound
from steelyard_cloud.judge.verdict import Verdict
from steelyard_cloud.scales import queries
from steelyard_cloud.scales.queries import Scale, Verification
from steelyard_cloud.web.http.context import Here, Reader
from steelyard_cloud.web.pages.comparison import consequence, map_of, state_at
from steelyard_cloud.web.pages.life import Moment
from steelyard_cloud.web.pages.render import page
from steelyard_cloud.web.words import wording
from steelyard_cloud.web.words.i18n import N_, Speech

router = APIRouter()
EVENTS_READ = 40


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
        return queries.fold(code)
    except NotFound:
        return ""


@router.get("/s/{code}")
def public_page(request: Request, code: str, here: Here, speech: Reader) -> Response:
    """The verdict on one scale, and what to compare."""
    now = here.now()
    with here.reading() as connection:
        scale = queries.public_scale(connection, code)
        if scale is None:
            return _not_on_record(request, speech, code)
        if code != scale.code:
            return RedirectResponse(f"/s/{scale.code}", 308)
        verified = queries.verifications_of(connection, scale.id)
        verdict = queries.verdict_on(connection, scale, verified, now_ms=here.now_ms(), today=here.today(now))
        current = queries.in_effect(scale.standing, verified)
        extra = _how_altered(connection, scale, current, speech) if verdict is Verdict.ALTERED else ""
        history = _history(connection, scale, verified, speech)
        repaired = queries.repair_code(connection, scale)
    word, tone, icon = wording.VERDICTS[verdict.value]
    received = queries.moment(scale.newest_received_ms)
    response = page(
        request,
        speech,
        "public.html",
        scale=scale,
        word=speech.say(word),
        tone=tone,
        icon_name=icon,
        line=speech.say(wording.VERDICT_LINES[verdict.value]),
        extra=extra,
        altered=verdict is Verdict.ALTERED,
        verification=current,
        repair_code=repaired,
        received=speech.ago(received, now) if received else speech.say(N_("never")),
        history=history,
        typed=scale.code,
        complaint_code=scale.code,
    )
    response.headers["Cache-Control"] = "no-cache"
    return response


def _not_on_record(request: Request, speech: Speech, code: str) -> Response:
    word, tone, icon = wording.VERDICTS[Verdict.NOT_ON_RECORD]
    return page(
        request,
        speech,
        "public.html",
        status=404,
        scale=None,
        word=speech.say(word),
        tone=tone,
        icon_name=icon,
        line=speech.say(wording.VERDICT_LINES[Verdict.NOT_ON_RECORD]),
        extra="",
        altered=False,
        verification=None,
        repair_code=None,
        received="",
        history=[],
        typed=code[:40],
        complaint_code=_code_or_empty(code),
    )


def _how_altered(connection: Connection, scale: Scale, current: Verification | None, speech: Speech) -> str:
    """What the alteration does to an indication, from the signed parameters."""
    summary = queries.summary_of(connection, scale.identity_id)
    digest = scale.standing.get("digest")
    if summary is None or current is None or not digest:
        return ""
    verified_state = state_at(summary, current.number)
    verified = map_of(summary, verified_state.digest) if verified_state else None
    now = map_of(summary, bytes.fromhex(digest))
    return consequence(speech, verified, now, was=False) if verified and now else ""


def _history(connection: Connection, scale: Scale, verified: list[Verification], speech: Speech) -> list[Moment]:
    """The history in plain words, the newest first: what the scale signed and who verified it, no investigation."""
    moments = [
        Moment(
            datetime.fromtimestamp(one.recorded_ms / 1000, UTC),
            speech.say(N_("Verified by {institution}"), institution=one.institution),
        )
        for one in verified
    ]
    enrolled = datetime.fromtimestamp(scale.enrolled_ms / 1000, UTC)
    moments.append(Moment(enrolled, speech.say(N_("Put on record by {maker}"), maker=scale.maker)))
    for row in queries.newest(connection, scale, Kind.EVENT, EVENTS_READ):
        one = parse(row.raw)
        if not isinstance(one.body, Event):
            continue
        at = datetime.fromtimestamp(one.time, UTC) if one.time else datetime.fromtimestamp(row.received_ms / 1000, UTC)
        if isinstance(one.body.facts, ParameterChange):
            moments.append(Moment(at, speech.say(N_("Its parameters were changed"))))
        elif one.body.kind in (EventKind.CASE_OPENED, EventKind.LOCKED, EventKind.UNLOCKED, EventKind.SOFTWARE_UPDATE):
            moments.append(Moment(at, wording.event_sentence(speech, one.body, one.time)))
    return sorted(moments, key=lambda one: one.at, reverse=True)[:8]
