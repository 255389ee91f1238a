"""What goes wrong in the cloud: one tree, whose docstrings are messages and the keys of their translations.

A domain's own errors stand in the domain. A sentence is made only where somebody reads it, in that reader's language.
"""

from steelyard_protocol.errors import SteelyardError


class CloudError(SteelyardError):
    """The cloud cannot do this."""

    code, noun = "cloud", "cloud"


class Refusal(CloudError):
    """The registry refuses this."""

    code, noun, status = "refused", "registry", 422


class NotFound(Refusal):
    """There is no {what} {name}, or it is outside what you may see."""

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
    """The enrolment statement is not signed by the key that it names; make it again on the scale with "enrol"."""

    code, noun = "enrolment-forged", "enrolment"


class IdentityTaken(Refusal):
    """The identity {identity} belongs to another key or another enrolment statement; a second one is refused."""

    code, noun, status = "identity-taken", "identity", 409


class OtherType(Refusal):
    """The scale says it is a {said}, but order {order} is for {ordered}; check which order it belongs to."""

    code, noun = "other-type", "factory order"


class OrderUsedUp(Refusal):
    """Order {order} is for {quantity} scales, and all are enrolled."""

    code, noun, status = "order-used-up", "factory order", 409


class NotStoredYet(Refusal):
    """Statement {number} of this scale is not held yet; send the same request again when it is."""

    code, noun, status = "not-stored-yet", "statement", 409


class NoBaseline(Refusal):
    """Statement {number} carries no whole set of parameters; name a boot or a parameters statement."""

    code, noun = "no-baseline", "statement"


class CodesMissing(Refusal):
    """The production code, the verification code and the seal must be complete: {missing} is missing."""

    code, noun = "codes-missing", "verification"


class AlreadyVerified(Refusal):
    """A verification of this kind names statement {number} already."""

    code, noun, status = "already-verified", "verification", 409


class WrongWindow(Refusal):
    """The permit's window must start before it ends, end in the future, and last at most {days} days."""

    code, noun = "wrong-window", "permit"


class WrongState(Refusal):
    """An alert that is {state} cannot become {to}; it can become: {allowed}."""

    code, noun, status = "wrong-state", "alert", 409


class TooManyComplaints(Refusal):
    """There are many complaints already today; this one was not taken. Please call the market supervision."""

    code, noun, status = "too-many-complaints", "complaint", 429


class ComplaintClosed(Refusal):
    """The complaint {reference} is closed already."""

    code, noun, status = "complaint-closed", "complaint", 409


class EvidenceTooLarge(Refusal):
    """There are {statements} statements or more; a file has at most {most}. Ask for a part with first and last."""

    code, noun, status = "evidence-too-large", "evidence file", 413


class KeysUnavailable(Refusal):
    """The platform's key for this cannot be used on this machine; its operator finds the reason in the log."""

    code, noun, status = "keys-unavailable", "key", 503
