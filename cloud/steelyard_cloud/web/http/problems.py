"""Errors of the API as RFC 9457 problem details.

A class is a kind of problem: its docstring is the message template (and the message id of the translations), `code`
names it for programs, `values` carry the facts. A sentence is made only when a response is written, in the reader's
language. What the registry refuses gets its HTTP status here.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from steelyard_cloud import errors
from steelyard_cloud.errors import Refusal
from steelyard_cloud.web.words.i18n import N_, Speech


class Problem(Exception):
    """The request cannot be carried out."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "problem"
    headers: ClassVar[Mapping[str, str]] = {}

    def __init__(self, **values: object) -> None:
        self.values = values
        super().__init__(self.template().format(**values))

    @classmethod
    def template(cls) -> str:
        """The English message with its `{name}` places, the key of every translation."""
        return " ".join((cls.__doc__ or "").split())


class Malformed(Problem):
    """The field {where} is not acceptable: {why}."""

    status = 422
    code = "malformed"


class TooLarge(Problem):
    """The request is larger than {limit} bytes."""

    status = 413
    code = "too-large"
    headers: ClassVar[Mapping[str, str]] = {"Connection": "close"}  # or the rest of the body would be read all the same


class NotSignedIn(Problem):
    """This needs a token or a sign-in; send "Authorization: Bearer sy_…" or open a sign-in link."""

    status = 401
    code = "not-signed-in"
    headers: ClassVar[Mapping[str, str]] = {"WWW-Authenticate": 'Bearer realm="steelyard"'}


class NotAllowed(Problem):
    """The role {role} may not do this; it needs one of: {needs}."""

    status = 403
    code = "not-allowed"


class ForgedRequest(Problem):
    """The form was not sent from this site's own page, or the page is too old; load the page again and repeat."""

    status = 403
    code = "forged-request"


class LinkSpent(Problem):
    """This sign-in link was used before or is too old; ask for a new one with "steelyard cloud sign-in-link"."""

    status = 403
    code = "link-spent"


class NoSuchPage(Problem):
    """There is nothing at this address."""

    status = 404
    code = "no-such-page"


class WrongMethod(Problem):
    """This address does not take that method."""

    status = 405
    code = "wrong-method"


class KeyReused(Problem):
    """The Idempotency-Key {key} was used before for another request; choose a new one."""

    status = 422
    code = "idempotency-key-reused"


class TooManyStreams(Problem):
    """You have {most} event streams open; close one, or come again in a minute."""

    status = 429
    code = "too-many-streams"
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": "60"}


class Failed(Problem):
    """Something went wrong inside the platform; it was logged under {reference}."""

    status = 500
    code = "failed"


def kinds() -> list[type[Problem]]:
    """Every kind of problem, for documentation and for the check that each is translated."""
    found: list[type[Problem]] = [Problem]
    for kind in found:
        found.extend(kind.__subclasses__())
    return found


_STATUS: dict[type[Refusal], int] = {
    errors.Unknown: 404,
    errors.Taken: 409,
    errors.IdentityTaken: 409,
    errors.OrderUsedUp: 409,
    errors.NotHeldYet: 409,
    errors.AlreadyVerified: 409,
    errors.WrongState: 409,
    errors.EvidenceTooLarge: 413,
    errors.TooManyComplaints: 429,
    errors.ComplaintClosed: 409,
    errors.KeysAway: 503,
}


_THINGS = (
    N_("scale"),
    N_("alert"),
    N_("complaint"),
    N_("photo"),
    N_("plot"),
    N_("organisation"),
    N_("scale type"),
    N_("software"),
    N_("factory order"),
    N_("scale with the serial number"),
)
"""What a refusal may name in its value `what`."""


def status_of(error: Problem | Refusal) -> int:
    """The HTTP status of an error; what the registry refuses is 422 where no better one is known."""
    return error.status if isinstance(error, Problem) else _STATUS.get(type(error), 422)


def details(error: Problem | Refusal, speech: Speech) -> dict[str, Any]:
    """The problem details (RFC 9457, 3) in the reader's language, with `code` and `values` for programs."""
    named = {name: speech.say(str(value)) if value in _THINGS else value for name, value in error.values.items()}
    text = speech.say(error.template(), **named)
    return {
        "type": f"urn:steelyard:problem:{error.code}",
        "title": text if len(text) < 80 else error.code.replace("-", " "),
        "status": status_of(error),
        "detail": text,
        "code": error.code,
        "values": {name: value if isinstance(value, int) else str(value) for name, value in error.values.items()},
    }
