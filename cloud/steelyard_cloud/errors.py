"""What the registry refuses, and why.

A class's docstring is its message with `{name}` places and the key of its translations; `values` fill them, so that
a sentence is made only where somebody reads it, in that reader's language.
"""

from typing import ClassVar


class Refusal(Exception):
    """The registry refuses this."""

    code: ClassVar[str] = "refused"

    def __init__(self, **values: object) -> None:
        self.values = values
        super().__init__(self.template().format(**values))

    @classmethod
    def template(cls) -> str:
        """The English message with its places."""
        return " ".join((cls.__doc__ or "").split())


class Unknown(Refusal):
    """There is no {what} {name}, or it is outside what you may see."""

    code = "not-found"


class Taken(Refusal):
    """There is a {what} {name} already."""

    code = "taken"


class WrongValue(Refusal):
    """The field {where} is not acceptable: {why}."""

    code = "malformed"


class EnrolmentMalformed(Refusal):
    """This is not an enrolment statement (statement 1 of a scale): {why}."""

    code = "enrolment-malformed"


class EnrolmentForged(Refusal):
    """The enrolment statement is not signed by the key that it names; make it again on the scale with "enrol"."""

    code = "enrolment-forged"


class IdentityTaken(Refusal):
    """The identity {identity} belongs to another key or another enrolment statement; a second one is refused."""

    code = "identity-taken"


class OtherType(Refusal):
    """The scale says it is a {said}, but order {order} is for {ordered}; check which order it belongs to."""

    code = "other-type"


class OrderUsedUp(Refusal):
    """Order {order} is for {quantity} scales, and all are enrolled."""

    code = "order-used-up"


class NotHeldYet(Refusal):
    """Statement {number} of this scale is not held yet; send the same request again when it is."""

    code = "not-held-yet"


class NoBaseline(Refusal):
    """Statement {number} carries no whole set of parameters; name a boot or a parameters statement."""

    code = "no-baseline"


class CodesMissing(Refusal):
    """The production code, the verification code and the seal must be complete: {missing} is missing."""

    code = "codes-missing"


class AlreadyVerified(Refusal):
    """A verification of this kind names statement {number} already."""

    code = "already-verified"


class WrongWindow(Refusal):
    """The permit's window must start before it ends, end in the future, and last at most {days} days."""

    code = "wrong-window"


class WrongState(Refusal):
    """An alert that is {state} cannot become {to}."""

    code = "wrong-state"


class TooManyComplaints(Refusal):
    """There are many complaints already today; this one was not taken. Please call the market supervision."""

    code = "too-many-complaints"


class ComplaintClosed(Refusal):
    """The complaint {reference} is closed already."""

    code = "complaint-closed"


class EvidenceTooLarge(Refusal):
    """There are {statements} statements or more; a file has at most {most}. Ask for a part with first and last."""

    code = "evidence-too-large"


class KeysAway(Refusal):
    """The platform's key for this cannot be used on this machine; its operator finds the reason in the log."""

    code = "keys-away"


def kinds() -> list[type[Refusal]]:
    """Every kind of refusal, for documentation and for the check that each is translated."""
    found: list[type[Refusal]] = [Refusal]
    for kind in found:
        found.extend(kind.__subclasses__())
    return found
