"""The public page: what a consumer sees who scans the code on a scale, or types it.

It needs neither sign-in nor script and stays below 50 kB; it shows what follows from signed statements and the
register, never an open investigation.
"""

import re
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from steelyard_cloud.judge.verdict import Opinion, Verdict
from steelyard_cloud.scales import codes, public
from steelyard_cloud.scales.public import PublicEvent, PublicRecord
from steelyard_cloud.scales.queries import moment
from steelyard_cloud.web.http.context import Here, Reader
from steelyard_cloud.web.http.fields import MOST
from steelyard_cloud.web.http.problems import NotACode
from steelyard_cloud.web.pages.comparison import consequence
from steelyard_cloud.web.pages.life import Moment
from steelyard_cloud.web.pages.render import page
from steelyard_cloud.web.words.conditions import condition_sentence
from steelyard_cloud.web.words.events import event_sentence
from steelyard_cloud.web.words.i18n import N_, Speech
from steelyard_cloud.web.words.states import verdict_line, verdict_words

router = APIRouter()
TYPED_SHOWN = 60
TYPED_LONGEST = 500
FRESH = re.compile("(?:^|/[fF]/)([0-9]{100,400})$")
"""A fresh code, or the address that the display shows it in."""
RECEIPT = re.compile("(?:^|/[rR]/)([0-9A-Za-z]{50,120})$")
"""The code of a printed receipt, or its link."""
BELOW = ("check", "complaint")
"""Pages below a scale's own."""


@router.get("/s")
def look_up(request: Request, here: Here, speech: Reader, code: str = "") -> Response:
    """For those without a camera: the code can be typed, or its link pasted; codes of other schemes on a plate too."""
    if found := FRESH.search(code.strip()):
        return RedirectResponse(f"/f/{found[1]}", 303)
    if found := RECEIPT.search(code.strip()):
        return RedirectResponse(f"/r/{found[1].upper()}", 303)
    if code.strip():
        with here.reading() as connection:
            known = public.scale_with_plate_code(connection, code[:TYPED_LONGEST])
        return RedirectResponse(f"/s/{known or code_in(code)}", 303)
    return page(request, speech, "look_up.html")


def code_in(text: str) -> str:
    """The public code in what somebody typed, scanned or pasted; raises NotACode."""
    code = codes.read(text)
    if code is None:
        raise NotACode(typed=text[:TYPED_SHOWN])
    return code


def meant_for(path: str) -> Response | None:
    """Where an address leads that nothing answers to but that is meant for a public page: /S/CODE, /R/CODE, /s/a/b.

    Codes for QR are printed in capitals, as they are smaller so. Raises NotACode; None for all other addresses.
    """
    start, _, rest = path.lstrip("/").partition("/")
    if start in ("F", "R") and rest:
        return RedirectResponse(f"/{start.lower()}/{quote(rest)}", 308)
    if start.lower() != "s":
        return None
    code, _, below = rest.partition("/")
    if below.lower() in BELOW:
        return RedirectResponse(f"/s/{code_in(code)}/{below.lower()}", 308)
    return RedirectResponse(f"/s/{code_in(rest)}" if rest else "/s", 308)


@router.get("/s/{code}")
def public_page(
    request: Request,
    code: str,
    here: Here,
    speech: Reader,
    before: Annotated[int | None, Query(ge=1, le=2**32)] = None,
) -> Response:
    """The verdict on one scale, and what to compare; `before` pages back through its history."""
    folded = code_in(code)
    if code != folded:
        return RedirectResponse(f"/s/{folded}", 308)
    with here.reading() as connection:
        record = public.public_record(connection, code, now_ms=here.now_ms(), before=before)
    if record is None:
        return _not_on_record(request, speech, code)
    response = page(request, speech, "public.html", **shown(record, speech, here.now(), before))
    response.headers["Cache-Control"] = "no-cache"
    return response


def shown(record: PublicRecord, speech: Speech, now: datetime, before: int | None = None) -> dict[str, Any]:
    """What the template says of a scale on record."""
    reported = moment(record.dated_ms)
    return {
        **_verdict(record.opinion, speech),
        "scale": record.scale,
        "extra": consequence(speech, *record.altered, was=False) if record.altered else "",
        "altered": record.opinion.word is Verdict.ALTERED,
        "verification": record.in_effect,
        "repair_code": record.repair_code,
        "received": speech.ago(reported, now) if reported else speech.say(N_("never")),
        "decisions": [(moment(one.recorded_ms), one) for one in record.decisions],
        "history": _history(record, speech, before),
        "earlier_changes": [_event(one, speech) for one in record.life.earlier_changes],
        "history_before": record.life.before,
        "typed": record.scale.code,
        "complaint_code": record.scale.code,
        "fresh": None,
        "sold": None,
    }


def _verdict(opinion: Opinion, speech: Speech) -> dict[str, Any]:
    """The verdict, and what else is missing for it than the first."""
    word, tone, icon = verdict_words(speech, opinion.word)
    also = [condition_sentence(speech, one) for one in opinion.of_each[1:]]
    return {"word": word, "tone": tone, "icon_name": icon, "line": verdict_line(speech, opinion), "also": also}


def _not_on_record(request: Request, speech: Speech, code: str) -> Response:
    verdict = _verdict(Opinion(Verdict.NOT_ON_RECORD, ()), speech)
    return without_scale(request, speech, verdict, typed=code, status=404)


def without_scale(request: Request, speech: Speech, verdict: dict[str, Any], *, typed: str, status: int) -> Response:
    """The page where there is no scale on record to say more of."""
    absent = dict.fromkeys(("scale", "verification", "repair_code", "history_before", "fresh", "sold"))
    empty: dict[str, Any] = {"decisions": [], "history": [], "earlier_changes": [], "extra": "", "received": ""}
    values = {**absent, **empty, **verdict, "altered": False, "typed": typed, "complaint_code": typed}
    return page(request, speech, "public.html", status=status, **values)


def _history(record: PublicRecord, speech: Speech, before: int | None) -> list[Moment]:
    """The history in plain words, the newest first: what the scale signed and who verified it, no investigation."""
    life = record.life
    placed = [(one.number, 0, _event(one, speech)) for one in life.events]
    placed += [
        (
            one.number,
            1,
            _moment(one.recorded_ms, speech.say(N_("Verified by {institution}"), institution=one.institution)),
        )
        for one in record.verifications
        if (life.before or 0) <= one.number < (before or MOST)
    ]
    if life.before is None:
        enrolled = speech.say(N_("Put on record by {maker}"), maker=record.scale.maker)
        placed.append((1, 1, _moment(record.scale.enrolled_ms, enrolled)))
    return [moment for _, _, moment in sorted(placed, key=lambda one: one[:2], reverse=True)]


def _event(one: PublicEvent, speech: Speech) -> Moment:
    if one.event is None:
        return _moment(one.at_ms, speech.say(N_("Its parameters were changed")))
    return _moment(one.at_ms, event_sentence(speech, one.event, one.measured_s))


def _moment(at_ms: int, text: str) -> Moment:
    return Moment(datetime.fromtimestamp(at_ms / 1000, UTC), text)
