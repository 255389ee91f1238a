"""What goes wrong in the cloud: one tree, whose docstrings are messages and the keys of their translations.

A domain's own errors stand in the domain. A sentence is made only where somebody reads it, in that reader's language.
"""

from collections.abc import Sequence
from typing import ClassVar

from steelyard_protocol.errors import SteelyardError


class CloudError(SteelyardError):
    """The cloud cannot do this."""

    code, noun = "cloud", "cloud"


class Refusal(CloudError):
    """The registry refuses this."""

    code, noun, status = "refused", "registry", 422
    passing: ClassVar[bool] = False
    """Whether time alone may mend it, so that the same may be sent again later."""


class NotFound(Refusal):
    """There is no {what} {name}, or you may not see it."""

    code, noun, status = "not-found", "registry", 404


class AlreadyExists(Refusal):
    """The {what} {name} already exists."""

    code, noun, status = "already-exists", "registry", 409


class WrongValue(Refusal):
    """Invalid value in field {where}: {why}."""

    code, noun = "malformed", "field"


class EnrolmentMalformed(Refusal):
    """This is not an enrolment statement (statement 1 of a scale): {why}."""

    code, noun = "enrolment-malformed", "enrolment"


class EnrolmentForged(Refusal):
    """The enrolment statement is not signed with the key that it names; make a new one on the scale with "enrol"."""

    code, noun = "enrolment-forged", "enrolment"


class IdentityTaken(Refusal):
    """The identity {identity} already belongs to another key or another enrolment statement."""

    code, noun, status = "identity-taken", "identity", 409


class OtherType(Refusal):
    """The scale says it is a {said}, but order {order} is for {ordered}; check which order it belongs to."""

    code, noun = "other-type", "factory order"


class OrderUsedUp(Refusal):
    """Order {order} is for {quantity} scales, and all are enrolled."""

    code, noun, status = "order-used-up", "factory order", 409


class NotStoredYet(Refusal):
    """Statement {number} of this scale is not stored yet; send the same request again later."""

    code, noun, status = "not-stored-yet", "statement", 409
    passing = True


class SeveralStatements(Refusal):
    """There are several statements with number {number}; name one by its hash."""

    code, noun, status = "several-statements", "statement", 409


class TroubleAfter(Refusal):
    """Statement {number} cannot be named, as something is wrong with it or after it: {why}. Name a later one."""

    code, noun, status = "trouble-after", "statement", 409


class NotJudgedYet(Refusal):
    """Not all from statement {number} on is judged yet; send the same request again later, or name a later one."""

    code, noun, status = "not-judged-yet", "statement", 409
    passing = True


class TamperUndecided(Refusal):
    """A tamper alert on this scale is undecided ({alerts}); the regulator must decide it first."""

    code, noun, status = "tamper-undecided", "verification", 409


class OlderThanBaseline(Refusal):
    """Statement {number} is older than statement {baseline}, at which the scale is verified already."""

    code, noun, status = "older-than-baseline", "verification", 409


class NoBaseline(Refusal):
    """Statement {number} does not carry a complete set of parameters; choose a boot or a parameters statement."""

    code, noun = "no-baseline", "statement"


class StartNotStored(Refusal):
    """Statement {number} was made after start {boot}, of which no boot statement is stored; send it again later."""

    code, noun, status = "start-not-stored", "statement", 409
    passing = True


class CodesMissing(Refusal):
    """The production code, the verification code and the seal must all be given: {missing} is missing."""

    code, noun = "codes-missing", "verification"


class AlreadyVerified(Refusal):
    """A verification at statement {number} already exists."""

    code, noun, status = "already-verified", "verification", 409


class WrongWindow(Refusal):
    """The permit must start before it ends, end in the future, and be valid for at most {days} days."""

    code, noun = "wrong-window", "permit"


class WrongState(Refusal):
    """An alert that is {state} cannot become {to}; it can become: {allowed}."""

    code, noun, status = "wrong-state", "alert", 409


class TooManyComplaints(Refusal):
    """There are too many complaints today; this one was not accepted. Please call the market supervision authority."""

    code, noun, status = "too-many-complaints", "complaint", 429


class ComplaintClosed(Refusal):
    """The complaint {reference} is already closed."""

    code, noun, status = "complaint-closed", "complaint", 409


class EvidenceTooLarge(Refusal):
    """There are {statements} statements or more; a file has at most {most}. Ask for a part with "first" and "last"."""

    code, noun, status = "evidence-too-large", "evidence file", 413


class FreshMalformed(Refusal):
    """This is not a code from the display of a scale; scan it again, all of it."""

    code, noun, status = "fresh-malformed", "fresh code", 422


class FreshUnknown(Refusal):
    """The scale that this code names, {identity}, is not on record; it must not be used for trade."""

    code, noun, status = "fresh-unknown", "fresh code", 404


class FreshForged(Refusal):
    """The scale that this code names, {identity}, has not signed it. Do not rely on what it is said to show."""

    code, noun, status = "fresh-forged", "fresh code", 422


class SaleMalformed(Refusal):
    """This is not the code of a printed receipt; scan it again, all of it."""

    code, noun, status = "sale-malformed", "receipt", 422


class SaleUnknown(Refusal):
    """The scale that this receipt names, {identity}, is not on record; it must not be used for trade."""

    code, noun, status = "sale-unknown", "receipt", 404


class TooManyCodes(Refusal):
    """Too many codes were read from your network within an hour; try again later."""

    code, noun, status = "too-many-codes", "fresh code", 429


class WrongCheckDigit(Refusal):
    """The digits do not fit together; read unlock key, question and check digit again from the scale."""

    code, noun = "wrong-check-digit", "unlock code"


class OtherUnlockKey(Refusal):
    """The scale holds unlock key {theirs} and the platform {ours}; take the platform's key set to the scale first."""

    code, noun, status = "other-unlock-key", "unlock code", 409


class NoQuestion(Refusal):
    """This question was not asked, is older than ten minutes, or was answered wrongly too often; ask a new one."""

    code, noun, status = "no-question", "check code", 409


class TooManyQuestions(Refusal):
    """Too many questions were asked about this scale within an hour; try again later."""

    code, noun, status = "too-many-questions", "check code", 429


class NothingToCheck(Refusal):
    """There is no verification of this scale with which an answer could be compared."""

    code, noun, status = "nothing-to-check", "check code", 409


class UpdateForged(Refusal):
    """The manifest names the key {key}, and no manufacturer's key that scales know has signed it."""

    code, noun = "update-forged", "update"


class NotApproved(Refusal):
    """The type approval does not name the software {hash}; a scale with it could not be verified. Have it approved."""

    code, noun, status = "not-approved", "update", 409


class KeysUnavailable(Refusal):
    """The platform's key for this cannot be used on this machine; the platform's log says why."""

    code, noun, status = "keys-unavailable", "key", 503


class Reasons(tuple[Refusal, ...]):
    """Refusals, as a value of another one; as text one sentence after the other."""

    def __str__(self) -> str:
        return " ".join(map(str, self))


class SeveralReasons(Refusal):
    """This is refused for several reasons: {reasons}"""

    code, noun, status = "several-reasons", "step", 409


def refuse(reasons: Sequence[Refusal]) -> None:
    """Raise them if there are any: one as itself, several at once, those that time alone mends at the end."""
    if len(reasons) == 1:
        raise reasons[0]
    if reasons:
        raise SeveralReasons(reasons=Reasons(sorted(reasons, key=lambda one: one.passing)))
