"""Pages from templates: one Jinja environment per language, escaping on, translations through gettext.

In a template `_` and `ngettext` translate, and fill a message's `{name}` places with values that are escaped.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from steelyard_cloud.people import credentials
from steelyard_cloud.people.log import may_read
from steelyard_cloud.people.roles import (
    ADMINISTERS,
    DECIDES_ALERTS,
    SEES_ALERTS,
    SEES_COMPLAINTS,
    Principal,
    manages,
)
from steelyard_cloud.web.http.context import context_of, session_secret
from steelyard_cloud.web.words.i18n import LANGUAGES, Speech, catalogue
from steelyard_cloud.web.words.states import AT_STATEMENT

TEMPLATES = Path(__file__).parent / "templates"


@cache
def environment(language: str) -> Environment:
    """The templates in one language; an unknown name in a template is an error, never an empty string."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    translations = catalogue(language)

    def say(message: str, /, **values: object) -> Markup:
        return Markup(translations.gettext(message)).format(**values)  # noqa: S704 - ours; format escapes the values

    def say_plural(one: str, many: str, count: int, /, **values: object) -> Markup:
        return Markup(translations.ngettext(one, many, count)).format(**values)  # noqa: S704

    made.globals.update({"_": say, "ngettext": say_plural})
    return made


def _in_language(request: Request) -> Callable[[str], str]:
    """The address of this page in another language."""

    def address(language: str) -> str:
        query = {**request.query_params, "lang": language}
        query.pop("token", None)
        return f"{request.url.path}?{urlencode(query)}"

    return address


def page(
    request: Request,
    speech: Speech,
    template: str,
    *,
    principal: Principal | None = None,
    status: int = 200,
    **values: Any,
) -> HTMLResponse:
    """Render a template for a reader; a language chosen by `?lang=` is remembered in a cookie."""
    given = {**_on_every_page(request, speech, principal), "status": status, **values}
    html = environment(speech.language).get_template(template).render(given)
    headers = {"Content-Language": speech.language, "Vary": "Accept-Language, Cookie"}
    response = HTMLResponse(html, status, headers)
    if request.query_params.get("lang") in LANGUAGES:
        response.set_cookie(
            "lang", speech.language, max_age=31_536_000, httponly=True, samesite="lax", secure=context_of(request).https
        )
    return response


def _on_every_page(request: Request, speech: Speech, principal: Principal | None) -> dict[str, Any]:
    """What each template may name; a page's own values come before these."""
    settings = context_of(request).settings
    secret = session_secret(request)
    return {
        "speech": speech,
        "languages": LANGUAGES,
        "in_language": _in_language(request),
        "principal": principal,
        "may": {
            "alerts": principal is not None and principal.role in SEES_ALERTS,
            "complaints": principal is not None and principal.role in SEES_COMPLAINTS,
            "decide": principal is not None and principal.role in DECIDES_ALERTS,
            "manage": principal is not None and manages(principal),
            "administer": principal is not None and principal.role in ADMINISTERS,
            "log": principal is not None and may_read(principal),
        },
        "here": "",
        "scale_code": "",
        "refresh_s": 0,
        "at_statement": AT_STATEMENT,
        "csrf": credentials.csrf_token(secret) if principal is not None and secret else "",
        "zone_name": settings.time_zone,
        "silent_shards": getattr(request.state, "silent", ""),
        "complaint_number": settings.complaint_number,
    }
