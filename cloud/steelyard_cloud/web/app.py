"""The web application put together: routes, errors, static files, security headers, the event stream's life."""

import logging
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from steelyard_cloud import clock
from steelyard_cloud.db.database import Engine, SQLAlchemyError
from steelyard_cloud.errors import CloudError, WrongValue
from steelyard_cloud.people.roles import Principal
from steelyard_cloud.settings import Settings
from steelyard_cloud.web.api.routes import router as api_router
from steelyard_cloud.web.http import problems
from steelyard_cloud.web.http.context import Context, principal_or_none, speech_of
from steelyard_cloud.web.http.health import problem_of
from steelyard_cloud.web.http.input import only_text
from steelyard_cloud.web.http.problems import Failed, NoSuchPage, NotACode, NotSignedIn, Problem, TooLarge, WrongMethod
from steelyard_cloud.web.http.security import Shield, body_limit
from steelyard_cloud.web.pages.public import meant_for
from steelyard_cloud.web.pages.render import page
from steelyard_cloud.web.pages.routes import router as pages_router
from steelyard_cloud.web.stream import Hub

STATIC = Path(__file__).parent / "pages" / "static"
log = logging.getLogger(__name__)


def create_app(
    settings: Settings,
    engine: Engine,
    *,
    now_ms: Callable[[], int] = clock.now_ms,
    wake: Callable[[str], None] | None = None,
) -> FastAPI:
    """The application on an open database.

    `wake(shard)` is called after the registry changed something of a scale in that shard. Whoever commits to the outbox
    in the same process may call `app.state.context.hub.wake()` from any thread to have it sent at once.
    """
    context = Context(settings, engine, Hub(engine), now_ms)
    if wake is not None:
        context.wake = wake
    app = FastAPI(
        title="Steelyard",
        version="1",
        summary="Scales on record, their signed evidence, alerts and verifications.",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=_life,
        dependencies=[Depends(only_text)],
        responses={"4XX": {"description": "Problem details (RFC 9457)", "content": {"application/problem+json": {}}}},
    )
    app.state.context = context
    app.include_router(api_router)
    app.include_router(pages_router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    _add_error_handlers(app)
    app.add_middleware(
        Shield,
        https=context.https,
        too_large=lambda scope: _answer(Request({**scope, "app": app}), TooLarge(limit=body_limit(scope))),
    )
    return app


@asynccontextmanager
async def _life(app: FastAPI) -> AsyncIterator[None]:
    yield
    app.state.context.hub.stop()


def _add_error_handlers(app: FastAPI) -> None:
    app.add_exception_handler(CloudError, _on_problem)
    app.add_exception_handler(SQLAlchemyError, _on_database)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(Exception, _on_failure)


def _wants_page(request: Request) -> bool:
    return not request.url.path.startswith(("/api/", "/static/"))


def _answer(request: Request, problem: CloudError) -> Response:
    """Problem details for programs, a page for people."""
    speech = speech_of(request)
    details = problems.details(problem, speech)
    status = details["status"]
    headers = dict(problem.headers) if isinstance(problem, Problem) else {}
    if not _wants_page(request):
        return JSONResponse(details, status, headers, media_type="application/problem+json")
    if isinstance(problem, NotSignedIn) and request.method == "GET":
        return RedirectResponse("/sign-in", 303)
    if isinstance(problem, NotACode):
        return page(request, speech, "not_a_code.html", status=status, typed=problem.values["typed"])
    template = "unavailable.html" if status == 503 else "problem.html"
    answer = page(
        request, speech, template, principal=_reader(request, status), status=status, detail=details["detail"]
    )
    answer.headers.update(headers)
    return answer


def _reader(request: Request, status: int) -> Principal | None:
    """Who reads a problem's page; nobody where asking for that may fail too."""
    if status >= 500:
        return None
    with suppress(SQLAlchemyError, Problem):
        return principal_or_none(request, request.app.state.context)
    return None


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, CloudError)
    return _answer(request, error) if error.status else await _on_failure(request, error)


async def _on_database(request: Request, error: Exception) -> Response:
    assert isinstance(error, SQLAlchemyError)
    problem = problem_of(error)  # it is in the log already, once
    return _answer(request, problem) if problem else await _on_failure(request, error)


async def _on_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:]) or str(first["loc"][0])
    return _answer(request, WrongValue(where=where, why=first["msg"]))


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return _elsewhere(request)
    if error.status_code == 405:
        return _answer(request, WrongMethod())
    return _answer(request, WrongValue(where="request", why=error.detail))


def _elsewhere(request: Request) -> Response:
    try:
        return meant_for(request.scope["path"]) or _answer(request, NoSuchPage())
    except NotACode as problem:
        return _answer(request, problem)


async def _on_failure(request: Request, error: Exception) -> Response:
    reference = secrets.token_hex(6)
    log.error("failed %s %s, reference %s", request.method, request.url.path, reference, exc_info=error)
    return _answer(request, Failed(reference=reference))
