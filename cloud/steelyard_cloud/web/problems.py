"""Errors of the API as RFC 9457 problem details.

A class is a kind of problem: its docstring is the message template (and the message id of the translations), `code`
names it for programs, `values` carry the facts. A sentence is made only when a response is written, in the reader's
language.
"""

from collections.abc import Mapping
from typing import ClassVar


class Problem(Exception):
    """The request cannot be carried out."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "problem"
    headers: ClassVar[Mapping[str, str]] = {}

    def __init__(self, **values: object) -> None:
        self.values = values
        super().__init__(self.template() % values)

    @classmethod
    def template(cls) -> str:
        """The English message with its `%(name)s` places, the key of every translation."""
        return " ".join((cls.__doc__ or "").split())


class Malformed(Problem):
    """The field %(where)s is not acceptable: %(why)s."""

    status = 422
    code = "malformed"


class TooLarge(Problem):
    """The request is larger than %(limit)s bytes."""

    status = 413
    code = "too-large"


class NotSignedIn(Problem):
    """This needs a token or a sign-in; send "Authorization: Bearer sy_…" or open a sign-in link."""

    status = 401
    code = "not-signed-in"
    headers: ClassVar[Mapping[str, str]] = {"WWW-Authenticate": 'Bearer realm="steelyard"'}


class NotAllowed(Problem):
    """The role %(role)s may not do this; it needs one of: %(needs)s."""

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


class NotFound(Problem):
    """There is no %(what)s %(name)s, or it is outside your region."""

    status = 404
    code = "not-found"


class NoSuchPage(Problem):
    """There is nothing at this address."""

    status = 404
    code = "no-such-page"


class WrongMethod(Problem):
    """This address does not take that method."""

    status = 405
    code = "wrong-method"


class KeyReused(Problem):
    """The Idempotency-Key %(key)s was used before for another request; choose a new one."""

    status = 422
    code = "idempotency-key-reused"


class NotHeldYet(Problem):
    """Statement %(number)s of this scale is not held yet; send the same request again when it is."""

    status = 409
    code = "not-held-yet"


class Conflict(Problem):
    """%(what)s %(name)s conflicts with what is on record: %(why)s."""

    status = 409
    code = "conflict"


class WrongState(Problem):
    """An alert that is %(state)s cannot become %(to)s; it can become: %(can)s."""

    status = 409
    code = "wrong-state"


class NotEnrolled(Problem):
    """The enrolment statement is refused: %(why)s."""

    status = 422
    code = "enrolment-refused"


class NotVerifiable(Problem):
    """This scale cannot be verified: %(why)s."""

    status = 422
    code = "not-verifiable"


class Failed(Problem):
    """Something went wrong inside the platform; it was logged under %(reference)s."""

    status = 500
    code = "failed"


class NotReady(Problem):
    """The platform is not ready: %(why)s."""

    status = 503
    code = "not-ready"


def kinds() -> list[type[Problem]]:
    """Every kind of problem, for documentation and for the check that each is translated."""
    found: list[type[Problem]] = [Problem]
    for kind in found:
        found.extend(kind.__subclasses__())
    return found
