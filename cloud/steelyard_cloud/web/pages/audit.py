"""The audit log as a page: filters in the address, the newest first."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response

from steelyard_cloud.people import log
from steelyard_cloud.people.roles import Principal
from steelyard_cloud.scales.queries import moment
from steelyard_cloud.web.http.audit import Asked, reader_of_log
from steelyard_cloud.web.http.context import Here, Reader
from steelyard_cloud.web.http.fields import Before
from steelyard_cloud.web.pages.render import page

router = APIRouter()
PAGE_LENGTH = 100


@router.get("/audit")
def entries(
    request: Request,
    here: Here,
    speech: Reader,
    principal: Annotated[Principal, Depends(reader_of_log)],
    asked: Asked,
    before: Before = None,
) -> Response:
    """The list; reading it is an entry of its own."""
    here.log_list(principal, "audit", **asked.told)
    with here.reading() as connection:
        found = log.entries(connection, principal, asked.wanted, before=before, limit=PAGE_LENGTH + 1)
    more = len(found) > PAGE_LENGTH
    following = urlencode({**asked.told, "before": found[PAGE_LENGTH - 1].id}) if more else ""
    return page(
        request,
        speech,
        "audit.html",
        principal=principal,
        rows=[(one, moment(one.at_ms), _said(one.details)) for one in found[:PAGE_LENGTH]],
        told=asked.told,
        next_page=f"/audit?{following}" if more else "",
    )


def _said(details: dict[str, object]) -> str:
    def plain(value: object) -> object:
        return " ".join(map(str, value)) if isinstance(value, list) else value

    return ", ".join(f"{name}: {plain(value)}" for name, value in details.items() if value not in (None, "", [], {}))
