"""Forms of the pages: fields of bounded length, and the CSRF token that must come with them."""

from typing import Annotated

from fastapi import Depends, Form, Request

from steelyard_cloud.people.roles import ADMINISTERS, EVERYBODY, Principal
from steelyard_cloud.web.http.context import check_csrf, needs
from steelyard_cloud.web.http.problems import NotSignedIn


def signed_in_form(
    request: Request,
    principal: Annotated[Principal, Depends(needs(EVERYBODY))],
    csrf: Annotated[str, Form(max_length=100)] = "",
) -> Principal:
    """Who sent the form; raises NotSignedIn without a session and ForgedRequest without its token."""
    if principal.user_id is None:
        raise NotSignedIn
    check_csrf(request, csrf)
    return principal


FormSender = Annotated[Principal, Depends(signed_in_form)]
Administrator = Annotated[Principal, Depends(needs(ADMINISTERS))]
