"""The page that asks a scale about its software and parameters: a question to key in, and the answer that it shows."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from steelyard_cloud.errors import NoQuestion, NotFound, NothingToCheck, TooManyCodes, TooManyQuestions
from steelyard_cloud.scales import checking
from steelyard_cloud.scales.public import public_scale
from steelyard_cloud.web.http.context import Context, Here, Reader, from_here
from steelyard_cloud.web.pages.public import code_in
from steelyard_cloud.web.pages.render import page
from steelyard_cloud.web.words.i18n import N_, Speech

router = APIRouter()
DIGITS = 8
WRONG_ANSWER = N_("The answer has 8 digits.")

Digits = Annotated[str, Form(max_length=40)]


@router.get("/s/{code}/check")
def start(request: Request, code: str, here: Here, speech: Reader) -> Response:
    """What the check is, and a button that asks a question."""
    folded = code_in(code)
    if code != folded:
        return RedirectResponse(f"/s/{folded}/check", 308)
    return _shown(request, here, speech, code)


@router.post("/s/{code}/check")
def check(
    request: Request, code: str, here: Here, speech: Reader, question: Digits = "", answer: Digits = ""
) -> Response:
    """Ask a question; or say whether an answer to it is that of approved software and verified parameters."""
    from_here(request)
    folded, now_ms = code_in(code), here.now_ms()
    address = request.client.host if request.client else ""
    if not here.codes.spend(address, now_ms):
        raise TooManyCodes
    typed = "".join(answer.split())
    try:
        if not question:
            if not here.questions.spend(address, now_ms, folded):
                raise TooManyQuestions
            with here.writing() as connection:
                asked = checking.ask(connection, folded, now_ms)
            return _shown(request, here, speech, folded, question=asked)
        if not all(len(one) == DIGITS and one.isascii() and one.isdecimal() for one in (question, typed)):
            return _shown(
                request, here, speech, folded, question=question[:DIGITS], wrong=speech.say(WRONG_ANSWER), status=422
            )
        unlock = here.unlock_key()
        with here.writing() as connection:
            right = checking.is_answer(connection, unlock, folded, question, typed, now_ms)
    except (NoQuestion, NothingToCheck, TooManyQuestions) as problem:
        return _shown(request, here, speech, folded, wrong=speech.say(problem.template()), status=problem.status or 409)
    return _shown(request, here, speech, folded, result="approved" if right else "other")


def _shown(request: Request, here: Context, speech: Speech, code: str, status: int = 200, **values: Any) -> Response:
    with here.reading() as connection:
        scale = public_scale(connection, code)
    if scale is None:
        raise NotFound(what="scale", name=code)
    known: dict[str, Any] = {"scale": scale, "question": "", "wrong": "", "result": ""}
    return page(request, speech, "check.html", status=status, **known | values)
