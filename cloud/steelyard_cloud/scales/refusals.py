"""Why a step of a life is not taken."""

from steelyard_cloud.errors import Refusal


class StepNotAllowed(Refusal):
    """The step {step} is not one that the role {role} takes."""

    code, noun, status = "step-not-allowed", "step", 403


class WrongStage(Refusal):
    """The step {step} cannot be taken from the stage {stage}, only from: {allowed}."""

    code, noun, status = "wrong-stage", "step", 409


class StaleView(Refusal):
    """Somebody has taken another step since you loaded this page ({step}); look at it again before you decide."""

    code, noun, status = "stale-view", "step", 409


class NotTheOwner(Refusal):
    """Only the owner of the scale, or whoever supervises it, may do this."""

    code, noun, status = "not-the-owner", "step", 403


class TypeNotInForce(Refusal):
    """The type approval of {model} is not in force: {stage}."""

    code, noun, status = "type-not-in-force", "type", 409


class OutsideEnvelope(Refusal):
    """Outside the envelope of the type approval: {what} is {value}, {allowed} is allowed."""

    code, noun, status = "outside-envelope", "type", 409


class ScaleLocked(Refusal):
    """The scale says that it is locked or that its case is open; have it unlocked first."""

    code, noun, status = "scale-locked", "verification", 409


class NotFresh(Refusal):
    """No recent report with a date is stored of this scale; wait for one, and have its clock set if none comes."""

    code, noun, status = "not-fresh", "verification", 409
    passing = True


class SheetMalformed(Refusal):
    """The sheet cannot be read at {where}: {why}."""

    code, noun = "sheet-malformed", "sheet"


class SheetFails(Refusal):
    """The sheet does not show that the scale is right, {test} {row}: {why} {figures}"""

    code, noun, status = "sheet-fails", "sheet", 409


class SheetOfAnother(Refusal):
    """The sheet is not of this scale as it is on record: {what} is {value}, {expected} is expected."""

    code, noun, status = "sheet-of-another", "sheet", 409


class MassNotCertified(Refusal):
    """The reference masses {number} were not certified for your institution on {day}."""

    code, noun, status = "mass-not-certified", "reference masses", 409


class RepairCodeMissing(Refusal):
    """A repair code is needed, and it must be the one that the scale states: {why}."""

    code, noun = "repair-code-missing", "repair"


class NotPermitted(Refusal):
    """A new key needs a repair that the market supervision has permitted; have it permitted first."""

    code, noun, status = "not-permitted", "repair", 409


class CauseNotGone(Refusal):
    """The cause is not gone: the alerts {alerts} on this scale are undecided."""

    code, noun, status = "cause-not-gone", "step", 409


class NoMove(Refusal):
    """There is no move of this scale that waits for an answer."""

    code, noun, status = "no-move", "move", 409
