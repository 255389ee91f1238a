"""What a consumer sees who scans the code on a scale's display: when it was signed, and whether it was seen before.

Below that stands the scale's public page, never with a better verdict, and with a worse one where the code contradicts
it.
"""

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request, Response

from steelyard_cloud.clock import SKEW_MS
from steelyard_cloud.errors import FreshForged, FreshMalformed, FreshUnknown, NotFound, TooManyCodes
from steelyard_cloud.scales import fresh, public
from steelyard_cloud.scales.fresh import FreshRead, Seen
from steelyard_cloud.web.http.context import Here, Reader
from steelyard_cloud.web.pages.public import shown, without_scale
from steelyard_cloud.web.pages.render import page
from steelyard_cloud.web.words.i18n import N_, Speech

router = APIRouter()
FRESH_MS = 10 * 60 * 1000
"""A code that was signed longer ago is old."""
DIGITS_TOGETHER = 4

AGAINST = {
    "key": N_("The key that has signed it is no longer the scale's."),
    "software": N_("The scale's software is not approved for its type."),
    "parameters": N_("The scale is adjusted differently from how it was verified."),
    "number": N_(
        "It was signed after the scale was verified, with a number from before:"
        " its memory was rolled back, or this is a copy."
    ),
    "locked": N_("The scale says that its case is open or that it is locked."),
}
WITHOUT_CLOCK = N_("Its clock is not set: only a number of your own that you key in shows that the code is new.")
REFUSED = {
    FreshMalformed: (N_("Not a code"), "unknown"),
    FreshUnknown: (N_("Not on record"), "unknown"),
    FreshForged: (N_("Not genuine"), "altered"),
}


@router.get("/f/{digits}")
def fresh_page(request: Request, digits: str, here: Here, speech: Reader) -> Response:
    """The code on a display, and the verdict on the scale that has signed it."""
    now_ms = here.now_ms()
    if not here.codes.spend(request.client.host if request.client else "", now_ms):
        raise TooManyCodes
    try:
        with here.reading() as connection:
            signed = fresh.authentic(connection, digits)
    except (FreshMalformed, FreshUnknown, FreshForged) as problem:
        word, icon = REFUSED[type(problem)]
        line = speech.say(problem.template(), **problem.values)
        told = {"word": speech.say(word), "tone": "bad", "icon_name": icon, "line": line, "also": []}
        return without_scale(request, speech, told, typed="", status=problem.status or 422)
    with here.writing() as connection:
        read = fresh.take(connection, *signed, now_ms)
    with here.reading() as connection:
        record = public.public_record(connection, read.public_code, now_ms=now_ms)
    if record is None:
        raise NotFound(what="scale", name=read.public_code)
    values = shown(record, speech, here.now()) | {"fresh": _code(read, speech, here.now())}
    if read.against:
        values |= {"tone": "bad", "icon_name": "altered", "word": speech.say(N_("The code speaks against it"))}
        values |= {"line": speech.say(AGAINST[read.against[0]])}
        values |= {"also": [speech.say(AGAINST[one]) for one in read.against[1:]]}
    return page(request, speech, "public.html", **values)


def _code(read: FreshRead, speech: Speech, now: datetime) -> dict[str, Any]:
    code = read.code
    age_ms = now.timestamp() * 1000 - code.time * 1000
    undated = not code.time or age_ms < -SKEW_MS
    old = not undated and age_ms > FRESH_MS
    signed = datetime.fromtimestamp(code.time, UTC)
    lines = []
    if undated:
        heading = speech.say(N_("Signed by this scale, at a time that cannot be told"))
        lines.append(speech.say(WITHOUT_CLOCK))
    else:
        heading = speech.say(N_("Signed by this scale {ago}"), ago=speech.ago(signed, now))
        lines.append(speech.say(N_("Signed at {moment}."), moment=speech.moment(signed)))
    if old or read.older:
        lines.append(speech.say(N_("The code is old: ask for a new one.")))
    lines.append(_seen(read, speech, now))
    doubtful = undated or old or read.older or read.seen is not Seen.NEVER
    return {
        "heading": heading,
        "lines": lines,
        "tone": "wrong" if read.against or doubtful else "",
        "weight": _weight(code.gross, read.unit_mg, speech),
        "nonce": _nonce(code.nonce),
        "number": code.head_number,
    }


def _seen(read: FreshRead, speech: Speech, now: datetime) -> str:
    if read.seen is Seen.NEVER:
        return speech.say(N_("Not seen before."))
    if read.seen is Seen.CANNOT_BE_TOLD:
        return speech.say(N_("Whether it was seen before cannot be told: newer ones were."))
    first = datetime.fromtimestamp(read.first_ms / 1000, UTC)
    return speech.say(
        N_("Seen before, first at {moment} ({ago})."), moment=speech.moment(first), ago=speech.ago(first, now)
    )


def _weight(gross: int, unit_mg: int | None, speech: Speech) -> str:
    if unit_mg is None:
        return speech.say(N_("{gross} intervals"), gross=speech.number(gross))
    return speech.say(N_("{weight} kg"), weight=_kilograms(gross * unit_mg, speech))


def _kilograms(mg: int, speech: Speech) -> str:
    return speech.number(mg / 1e6, 3 if mg % 1000 == 0 else 6)


def _nonce(nonce: int | bytes | None) -> str:
    if nonce is None:
        return "—"
    digits = nonce.hex() if isinstance(nonce, bytes) else f"{nonce:08d}"
    return " ".join(digits[at : at + DIGITS_TOGETHER] for at in range(0, len(digits), DIGITS_TOGETHER))
