"""Errors of HTTP itself, and every error of the cloud as RFC 9457 problem details.

A class is a kind of problem: its docstring is the message (and the key of its translations), `code` names it for
programs, `values` carry the facts. A sentence is made only when a response is written, in the reader's language.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from steelyard_cloud.errors import CloudError, SeveralReasons
from steelyard_cloud.web.words.i18n import N_, Speech
from steelyard_cloud.web.words.life import FAULTS, TESTS, figure_words, stage_word, step_word


class Problem(CloudError):
    """The request cannot be carried out."""

    code, noun, status = "problem", "request", 400
    headers: ClassVar[Mapping[str, str]] = {}


class TooLarge(Problem):
    """The request is larger than {limit} bytes."""

    code, noun, status = "too-large", "request", 413
    headers: ClassVar[Mapping[str, str]] = {"Connection": "close"}  # or the rest of the body would be read all the same


class NotSignedIn(Problem):
    """This needs a token or a sign-in; send "Authorization: Bearer sy_…" or sign in on the pages."""

    code, noun, status = "not-signed-in", "sign-in", 401
    headers: ClassVar[Mapping[str, str]] = {"WWW-Authenticate": 'Bearer realm="steelyard"'}


class NotAllowed(Problem):
    """The role {role} may not do this; one of these roles may: {needs}."""

    code, noun, status = "not-allowed", "role", 403


class OutOfScope(Problem):
    """The token may only do this: {scope}. What was asked for needs: {needs}."""

    code, noun, status = "out-of-scope", "token", 403


class NotManager(Problem):
    """This is for those who manage the organisation; ask one of them."""

    code, noun, status = "not-manager", "role", 403


class SignInRefused(Problem):
    """Name, password and code do not fit together, or there were too many tries; wait a minute and try again."""

    code, noun, status = "sign-in-refused", "sign-in", 403


class TooManyTries(Problem):
    """There were too many tries to sign in from your network; try again in an hour, or with a link."""

    code, noun, status = "too-many-tries", "sign-in", 429
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": "3600"}


class SignInAgain(Problem):
    """You signed in a while ago; sign out and in again, then you can change how you sign in."""

    code, noun, status = "sign-in-again", "sign-in", 403


class LastWay(Problem):
    """This is your only way to sign in; set up another one first."""

    code, noun, status = "last-way", "passkey", 409


class NoPasskeysHere(Problem):
    """Passkeys do not work at this address, as it has no name; use a name and a password with a code."""

    code, noun, status = "no-passkeys-here", "passkey", 409


class ForgedRequest(Problem):
    """The form was not sent from this site's own page, or the page is too old; reload the page and try again."""

    code, noun, status = "forged-request", "form", 403


class LinkSpent(Problem):
    """This link has been used or is too old; ask whoever manages your organisation for a new one."""

    code, noun, status = "link-spent", "sign-in link", 403


class NoSuchPage(Problem):
    """There is nothing at this address."""

    code, noun, status = "no-such-page", "page", 404


class NotACode(Problem):
    """This is not a code of a scale: {typed}"""

    code, noun, status = "not-a-code", "code", 404


class WrongMethod(Problem):
    """This address does not accept that method."""

    code, noun, status = "wrong-method", "method", 405


class KeyReused(Problem):
    """The Idempotency-Key {key} was used before for another request; choose a new one."""

    code, noun, status = "idempotency-key-reused", "Idempotency-Key", 422


class TooManyStreams(Problem):
    """You have {most} event streams open; close one, or try again in a minute."""

    code, noun, status = "too-many-streams", "event stream", 429
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": "60"}


class DatabaseAway(Problem):
    """The platform's database does not answer at the moment. Nothing is lost; please try again in a few minutes."""

    code, noun, status = "database-away", "database", 503
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": "30"}


class DatabaseFull(Problem):
    """The platform's database cannot store anything at the moment; please try again later."""

    code, noun, status = "database-full", "database", 503
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": "30"}


class IngestAway(Problem):
    """No ingest works for the shards {shards}: what their scales report waits at the broker and in the scales."""

    code, noun, status = "ingest-away", "ingest", 503
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": "30"}


class NothingReceived(Problem):
    """The platform does not receive what scales report at the moment, so nothing can be said here for now. The scales
    keep their reports; please try again in a few minutes."""

    code, noun, status = "nothing-received", "ingest", 503
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": "30"}


class Failed(Problem):
    """Something went wrong inside the platform; it was logged as {reference}."""

    code, noun, status = "failed", "platform", 500


_THINGS = (
    N_("scale"),
    N_("alert"),
    N_("complaint"),
    N_("photo"),
    N_("plot"),
    N_("organisation"),
    N_("division"),
    N_("user"),
    N_("token"),
    N_("passkey"),
    N_("scale type"),
    N_("software"),
    N_("factory order"),
    N_("scale with the serial number"),
    N_("code"),
    N_("move"),
    N_("reference masses"),
    N_("scale with the production code"),
)
"""What a refusal may name in its value `what`."""


def details(error: CloudError, speech: Speech) -> dict[str, Any]:
    """The problem details (RFC 9457, 3) in the reader's language, with `code` and `values` for programs.

    A refused step has `reasons`, one such object for each; of several `code` and `status` are those of the first.
    """
    if isinstance(error, SeveralReasons):
        each = [details(one, speech) for one in reasons_of(error)]
        return each[0] | {"detail": " ".join(one["detail"] for one in each), "reasons": each}
    text = sentence(error, speech)
    return {
        "type": f"urn:steelyard:problem:{error.code}",
        "title": text if len(text) < 80 else error.code.replace("-", " "),
        "status": error.status or 500,
        "detail": text,
        "code": error.code,
        "values": {name: value if isinstance(value, int) else str(value) for name, value in error.values.items()},
    }


def reasons_of(error: CloudError) -> tuple[CloudError, ...]:
    """Every reason that an error stands for."""
    reasons = error.values.get("reasons")
    return tuple(reasons) if isinstance(error, SeveralReasons) and isinstance(reasons, tuple) else (error,)


def sentence(error: CloudError, speech: Speech) -> str:
    """An error in the reader's language."""
    named = {name: _named(name, value, speech) for name, value in error.values.items()}
    return speech.say(error.template(), **named)


def _named(name: str, value: object, speech: Speech) -> object:
    if name == "step":
        return step_word(speech, str(value))
    if name in ("stage", "allowed"):
        return ", ".join(stage_word(speech, one) for one in str(value).split(", "))
    if name == "test":
        return speech.say(TESTS.get(str(value), str(value)))
    if name == "figures":
        return figure_words(speech, str(value))
    if name == "why" and value in FAULTS:
        return speech.say(FAULTS[str(value)])
    return speech.say(str(value)) if value in _THINGS else value
