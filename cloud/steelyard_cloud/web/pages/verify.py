"""A verification on a page: the rows to be weighed, typed or uploaded, and every reason against passing at once."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from steelyard_protocol import parameters, sheet_plan
from steelyard_protocol import sheet as sheets
from steelyard_protocol.sheet import Instrument, SheetError, text
from steelyard_protocol.sheet_plan import Planned

from steelyard_cloud.errors import CloudError, WrongValue
from steelyard_cloud.people.audit import actor_of
from steelyard_cloud.people.roles import Principal
from steelyard_cloud.scales import masses, queries, reported, verification
from steelyard_cloud.scales.life.take import take
from steelyard_cloud.scales.naming import Name
from steelyard_cloud.scales.queries import ScaleInScope
from steelyard_cloud.scales.subjects import subject_of
from steelyard_cloud.web.http.context import Context, Here, Reader, takes
from steelyard_cloud.web.pages.forms import FormSender
from steelyard_cloud.web.pages.render import page
from steelyard_cloud.web.pages.steps import day_of, reasons, status_of
from steelyard_cloud.web.words.i18n import Speech
from steelyard_cloud.web.words.life import TESTS

router = APIRouter()
MG_IN_G = 1_000
Verifies = Annotated[Principal, Depends(takes("verification.pass"))]


class Ground(NamedTuple):
    """What a verification would stand on: the newest statement with a whole map, and the rows that its map asks for."""

    number: int
    instrument: Instrument
    rows: Sequence[Planned]


def _ground(here: Context, scale: ScaleInScope) -> Ground | None:
    with here.reading() as connection:
        found = reported.newest_map(connection, scale)
    if found is None:
        return None
    number, map_ = found
    instrument = Instrument.of(parameters.ranges(map_), map_[parameters.KEYS["min_mg"]])
    return Ground(number, instrument, sheet_plan.plan(instrument))


def _shown(
    request: Request, here: Context, speech: Speech, principal: Principal, code: str, **refused: Any
) -> Response:
    with here.reading() as connection:
        scale = queries.scale_by_code(connection, principal, code)
        held = masses.of_organisation(connection, principal.organisation_id)
    ground = _ground(here, scale)
    rows = [
        (at, speech.say(TESTS[one.test]), one.what, _grams(one.load), "" if one.more is None else _grams(one.more))
        for at, one in enumerate(ground.rows if ground else ())
    ]
    today = here.now().astimezone(here.zone).date().isoformat()
    known: dict[str, Any] = {"reasons": [], "given": {"tested_on": today}, "status": 200}
    values = known | refused
    values["given"] = defaultdict(str, values["given"])  # a field that was not sent is empty
    return page(
        request,
        speech,
        "verify.html",
        principal=principal,
        scale=scale,
        ground=ground,
        rows=rows,
        masses=held,
        **values,
    )


@router.get("/scales/{code}/verify")
def form(request: Request, code: str, here: Here, speech: Reader, principal: Verifies) -> Response:
    """The form, with the loads that the scale's own parameters ask for."""
    return _shown(request, here, speech, principal, code)


@router.post("/scales/{code}/verify")
async def verify(
    request: Request, code: str, here: Here, speech: Reader, sender: FormSender, _role: Verifies
) -> Response:
    """Pass or fail the verification; a refusal shows the form again with all that was typed."""
    typed = await request.form()
    given = {name: value for name, value in typed.multi_items() if isinstance(value, str)}
    given["masses"] = ",".join(one for one in typed.getlist("masses") if isinstance(one, str))
    uploaded = await _uploaded(typed)
    return await run_in_threadpool(_verified, request, here, speech, sender, code, given, uploaded)


async def _uploaded(typed: FormData) -> bytes:
    file = typed.get("file")
    return await file.read(sheets.MOST_BYTES + 1) if isinstance(file, UploadFile) else b""


def _verified(
    request: Request,
    here: Context,
    speech: Speech,
    sender: Principal,
    code: str,
    given: Mapping[str, str],
    uploaded: bytes,
) -> Response:
    try:
        with here.reading() as connection:
            scale = queries.scale_by_code(connection, sender, code)
        ground = _ground(here, scale)
        if ground is None:
            raise WrongValue(where="statement", why="nothing is stored of this scale yet")
        sheet = sheets.read(uploaded) if uploaded else _sheet(scale, ground, given)
        _done(here, sender, scale, ground, given, sheet)
    except SheetError as error:
        said = [f"{error.values['where']}: {error.values['why']}"]
        return _shown(request, here, speech, sender, code, reasons=said, given=given, status=422)
    except CloudError as error:
        if error.status in (None, 404):
            raise
        return _shown(
            request, here, speech, sender, code, reasons=reasons(error, speech), given=given, status=status_of(error)
        )
    here.wake(scale.shard)
    here.hub.wake()
    return RedirectResponse(f"/scales/{scale.code}/life", 303)


def _done(
    here: Context, sender: Principal, scale: ScaleInScope, ground: Ground, given: Mapping[str, str], sheet: Any
) -> None:
    actor, now_ms, seen = actor_of(sender), here.now_ms(), _whole(given.get("seen", ""))
    with here.writing() as connection:
        current = queries.scale_by_code(connection, sender, scale.code)
        if given.get("outcome") == "fail":
            act = verification.failing(connection, actor, current, sheet, given.get("reason", ""), now_ms)
            take(connection, actor, subject_of(current), act, now_ms, seen)
            return
        kind = "subsequent" if given.get("kind") == "subsequent" else "initial"
        name = Name(_whole(given.get("number", "")) or ground.number, None)
        until, seal = _day_or_never(given.get("valid_until", "")), given.get("seal", "").strip()[:40]
        asked = verification.Asked(name, kind, until, seal, sheet)
        verification.record_passed(connection, actor, current, asked, here.zone, now_ms, seen)


def _day_or_never(typed: str) -> date:
    """A day, or one long past where none was typed: that is refused together with whatever else is wrong."""
    try:
        return day_of(typed)
    except WrongValue:
        return date.min


def _whole(typed: str) -> int | None:
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else None


def _sheet(scale: ScaleInScope, ground: Ground, given: Mapping[str, str]) -> dict[str, Any]:
    """The sheet of what was typed, in grams; what was left empty is missing in it, and judged so."""
    tests: dict[str, list[dict[str, Any]]] = {}
    for at, one in enumerate(ground.rows):
        row: dict[str, Any] = {"what": one.what, "load_mg": text(one.load), "passed": True}
        for name in ("before", "shown", "added"):
            typed = given.get(f"{name}-{at}", "").strip()
            if typed:
                row[f"{name}_mg"] = _milligrams(typed, at + 1)
        tests.setdefault(one.test, []).append(row)
    numbers = [one for one in given.get("masses", "").split(",") if one]
    sheet = {
        "sheet": 1,
        "scale": sheet_plan.head(ground.instrument, {"identity": scale.code}),
        "tested_on": given.get("tested_on", ""),
        "conditions": given.get("conditions", "")[:500],
        "tests": [{"test": name, "rows": rows, "passed": True} for name, rows in tests.items()],
        "passed": given.get("outcome") != "fail",
    }
    return sheets.checked(sheet | ({"masses": numbers} if numbers else {}))


def _milligrams(grams: str, row: int) -> str:
    try:
        mass = Decimal(grams.replace(",", ".")) * MG_IN_G
    except InvalidOperation as error:
        raise WrongValue(where=f"row {row}", why="a number of grams expected") from error
    if not mass.is_finite():
        raise WrongValue(where=f"row {row}", why="a number of grams expected")
    return text(mass)


def _grams(mass: Decimal) -> str:
    return text(mass / MG_IN_G)
