"""The steps of a scale's life on a page: what was done, and a form for each step that the reader may take now."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from steelyard_cloud.errors import CloudError, WrongValue
from steelyard_cloud.people.audit import actor_of
from steelyard_cloud.people.roles import EVERYBODY, Principal
from steelyard_cloud.scales import plain_steps, queries, repairs, verification
from steelyard_cloud.scales.life.history import steps_of
from steelyard_cloud.scales.life.rules import open_to
from steelyard_cloud.scales.life.table import Of, Stage
from steelyard_cloud.scales.life.take import take
from steelyard_cloud.scales.queries import ScaleInScope
from steelyard_cloud.scales.subjects import subject_of
from steelyard_cloud.scales.verdicts import life_stage
from steelyard_cloud.web.http.context import Context, Here, Reader, needs
from steelyard_cloud.web.http.problems import reasons_of, sentence
from steelyard_cloud.web.pages.forms import FormSender
from steelyard_cloud.web.pages.render import page
from steelyard_cloud.web.words.i18n import Speech
from steelyard_cloud.web.words.life import need_words, stage_word, step_word

router = APIRouter()
FORMS = (*plain_steps.PLAIN, "verification.plan", "repair.report")
"""Steps that need no more than a reason, a day or a code; passing and failing a verification have their own page."""
Anybody = Annotated[Principal, Depends(needs(EVERYBODY))]
Short = Annotated[str, Form(max_length=40)]


@dataclass(frozen=True)
class StepForm:
    """A form: the step, its words, what it needs in words, and which fields it has."""

    step: str
    word: str
    needs: list[str]
    fields: list[str]


def _forms(scale: ScaleInScope, principal: Principal, speech: Speech) -> list[StepForm]:
    rows = open_to(principal.role, Of.SCALE, Stage(scale.life_stage))
    more = {"verification.plan": ["day"], "repair.report": ["repair_code"]}
    return [
        StepForm(row.step, step_word(speech, row.step), need_words(speech, row.needs), more.get(row.step, []))
        for row in rows
        if row.step in FORMS
    ]


def reasons(error: CloudError, speech: Speech) -> list[str]:
    """Every reason of a refusal, as people read it."""
    return [sentence(one, speech) for one in reasons_of(error)]


def status_of(error: CloudError) -> int:
    """The HTTP status of a refusal: of several reasons that of the first."""
    return reasons_of(error)[0].status or 409


@router.get("/scales/{code}/life")
def life(request: Request, code: str, here: Here, speech: Reader, principal: Anybody) -> Response:
    """The steps that were taken, and those that can be."""
    return _shown(request, here, speech, principal, code)


def _shown(
    request: Request, here: Context, speech: Speech, principal: Principal, code: str, **refused: Any
) -> Response:
    with here.reading() as connection:
        scale = queries.scale_by_code(connection, principal, code)
        taken = steps_of(connection, Of.SCALE, scale.id)
    here.log_view(principal, f"scale:{scale.id}")
    opinion = queries.opinion_on(scale, here.now_ms())
    known: dict[str, Any] = {"reasons": [], "tried": "", "given": {}, "status": 200}
    words = [(step_word(speech, one.step), stage_word(speech, one.after)) for one in taken]
    can = [row.step for row in open_to(principal.role, Of.SCALE, Stage(scale.life_stage))]
    return page(
        request,
        speech,
        "steps.html",
        principal=principal,
        scale=scale,
        scale_code=scale.code,
        stage=stage_word(speech, life_stage(scale.life_stage, opinion.word)),
        taken=[(queries.moment(one.at_ms), *said, one) for said, one in zip(words, taken, strict=True)],
        forms=_forms(scale, principal, speech),
        verifies="verification.pass" in can,
        **known | refused,
    )


@router.post("/scales/{code}/steps")
def take_step(
    request: Request,
    code: str,
    here: Here,
    speech: Reader,
    sender: FormSender,
    step: Short,
    seen: Annotated[int, Form(ge=0, le=0x7FFFFFFF)],
    reason: Annotated[str, Form(max_length=500)] = "",
    day: Short = "",
    repair_code: Short = "",
) -> Response:
    """Take a step from a form; a refusal shows the page again, with every reason and what was typed."""
    try:
        with here.writing() as connection:
            scale = queries.scale_by_code(connection, sender, code)
            actor, now_ms = actor_of(sender), here.now_ms()
            if step in plain_steps.PLAIN:
                plain_steps.plain(connection, actor, scale, step, reason=reason, now_ms=now_ms, seen=seen)
            elif step == "repair.report":
                said = repairs.Report(repair_code, reason)
                repairs.report(connection, actor, scale, said, now_ms=now_ms, seen=seen)
            elif step == "verification.plan":
                act = verification.planning(scale, day_of(day), here.zone, reason, now_ms)
                take(connection, actor, subject_of(scale), act, now_ms, seen)
            else:
                raise WrongValue(where="step", why="one of the page's steps expected")
    except CloudError as error:
        if error.status in (None, 404):
            raise
        given = {"reason": reason, "day": day, "repair_code": repair_code}
        said_again = {"reasons": reasons(error, speech), "tried": step, "given": given, "status": status_of(error)}
        return _shown(request, here, speech, sender, code, **said_again)
    here.wake(scale.shard)
    here.hub.wake()
    return RedirectResponse(f"/scales/{scale.code}/life", 303)


def day_of(text: str) -> date:
    """A day from a form; raises WrongValue."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError as error:
        raise WrongValue(where="day", why="a day like 2029-11-30 expected") from error
