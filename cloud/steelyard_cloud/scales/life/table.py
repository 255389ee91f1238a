"""The one table of steps: who may take each, from which stages, to which, and what it needs.

API, pages and `docs/life-cycle.md` are drawn from it. A step may have several rows, whose stages `from_` are apart.
"""

from enum import StrEnum
from typing import Final, NamedTuple

from steelyard_cloud.people.roles import Role


class Of(StrEnum):
    """Whose life a step belongs to."""

    TYPE = "type"
    SOFTWARE = "software"
    SCALE = "scale"


class Stage(StrEnum):
    """Where a scale, a type or a program of one is in its life. *Expired* is no stage: it follows from the date."""

    PRODUCED = "produced"
    VERIFIED = "verified"
    AWAITING = "awaiting verification"
    FAILED = "verification failed"
    IN_REPAIR = "in repair"
    FORBIDDEN = "use forbidden"
    OUT_OF_USE = "out of use"
    SCRAPPED = "scrapped"

    APPLIED = "applied"
    IN_FORCE = "in force"
    REFUSED = "refused"
    SUSPENDED = "suspended"
    WITHDRAWN = "withdrawn"

    SUBMITTED = "submitted"
    APPROVED = "approved"
    REVOKED = "revoked"


class Goes(StrEnum):
    """What stands in the table where a step leads to no stage of its own."""

    STAYS = "stays"
    BACK = "back"  # to where it was before its use was forbidden or it was put away


class Row(NamedTuple):
    """One row; `from_` holds None where there is nothing before. `needs` are looked at in this order."""

    of: Of
    step: str
    by: frozenset[Role]
    from_: frozenset[Stage | None]
    to: Stage | Goes
    needs: tuple[str, ...] = ()


_S = Stage
_MAKER = frozenset({Role.MANUFACTURER})
_EVALUATION = frozenset({Role.TYPE_EVALUATION})
_ADMIN = frozenset({Role.ADMIN})
_OWNER = frozenset({Role.OPERATOR, Role.MANUFACTURER, Role.TECHNICIAN})
_REPAIR = frozenset({Role.REPAIRER, Role.TECHNICIAN})
_VERIFICATION = frozenset({Role.VERIFICATION})
_SUPERVISION = frozenset({Role.REGULATOR})
_PERMITS = _SUPERVISION | _VERIFICATION
_HANDS_OVER = _SUPERVISION | _ADMIN

_NOTHING: Final[frozenset[Stage | None]] = frozenset({None})
_WORKING: Final[frozenset[Stage | None]] = frozenset({_S.PRODUCED, _S.VERIFIED, _S.AWAITING, _S.FAILED})
_ALIVE: Final = _WORKING | {_S.IN_REPAIR, _S.FORBIDDEN, _S.OUT_OF_USE}


def _from(*stages: Stage | None) -> frozenset[Stage | None]:
    return frozenset(stages)


PASS_NEEDS = (
    "statement",
    "codes",
    "seal",
    "validity",
    "unlocked",
    "type in force",
    "envelope",
    "fresh statement",
    "no tamper",
    "nothing wrong since",
    "sheet",
    "reference masses",
)
"""All of it must hold before a verification is passed, and all that does not is said at once."""

TABLE: Final[tuple[Row, ...]] = (
    Row(Of.TYPE, "type.record", _ADMIN, _NOTHING, _S.IN_FORCE, ("certificate", "envelope")),
    Row(Of.TYPE, "type.apply", _MAKER, _from(None, _S.REFUSED), _S.APPLIED, ("envelope",)),
    Row(Of.TYPE, "type.approve", _EVALUATION, _from(_S.APPLIED), _S.IN_FORCE, ("certificate", "envelope")),
    Row(Of.TYPE, "type.approve", _EVALUATION, _from(_S.SUSPENDED), _S.IN_FORCE, ("certificate", "envelope", "reason")),
    Row(Of.TYPE, "type.refuse", _EVALUATION, _from(_S.APPLIED), _S.REFUSED, ("reason",)),
    Row(Of.TYPE, "type.amend", _EVALUATION, _from(_S.IN_FORCE), Goes.STAYS, ("certificate", "envelope", "reason")),
    Row(Of.TYPE, "type.suspend", _EVALUATION, _from(_S.IN_FORCE), _S.SUSPENDED, ("reason",)),
    Row(Of.TYPE, "type.withdraw", _EVALUATION, _from(_S.IN_FORCE, _S.SUSPENDED), _S.WITHDRAWN, ("reason",)),
    Row(Of.SOFTWARE, "software.record", _ADMIN, _NOTHING, _S.APPROVED, ("hash",)),
    Row(Of.SOFTWARE, "software.submit", _MAKER, _NOTHING, _S.SUBMITTED, ("hash",)),
    Row(Of.SOFTWARE, "software.approve", _EVALUATION, _from(_S.SUBMITTED), _S.APPROVED, ("type in force",)),
    Row(Of.SOFTWARE, "software.revoke", _EVALUATION, _from(_S.SUBMITTED, _S.APPROVED), _S.REVOKED, ("reason",)),
    Row(Of.SCALE, "enrol", _MAKER, _NOTHING, _S.PRODUCED, ("type in force", "own numbers", "order with room")),
    Row(
        Of.SCALE,
        "verification.ask",
        _OWNER,
        _from(_S.PRODUCED, _S.AWAITING, _S.FAILED),
        _S.AWAITING,
        ("owner",),
    ),
    Row(Of.SCALE, "verification.ask", _OWNER, _from(_S.VERIFIED), Goes.STAYS, ("owner",)),
    Row(Of.SCALE, "verification.plan", _VERIFICATION, _WORKING, Goes.STAYS, ("day to come",)),
    Row(Of.SCALE, "verification.pass", _VERIFICATION, _WORKING, _S.VERIFIED, PASS_NEEDS),
    Row(Of.SCALE, "verification.fail", _VERIFICATION, _WORKING, _S.FAILED, ("readable sheet", "reason")),
    Row(
        Of.SCALE,
        "repair.order",
        _OWNER | _REPAIR | _SUPERVISION,
        _WORKING,
        _S.IN_REPAIR,
        ("owner", "reason"),
    ),
    Row(
        Of.SCALE, "repair.order", _OWNER | _REPAIR | _SUPERVISION, _from(_S.FORBIDDEN), Goes.STAYS, ("owner", "reason")
    ),
    Row(Of.SCALE, "repair.permit", _PERMITS, _WORKING, _S.IN_REPAIR, ("window",)),
    Row(Of.SCALE, "repair.permit", _PERMITS, _from(_S.IN_REPAIR, _S.FORBIDDEN), Goes.STAYS, ("window",)),
    Row(Of.SCALE, "repair.unlock", _PERMITS, _from(_S.VERIFIED, _S.AWAITING, _S.FAILED), _S.AWAITING, ("lock",)),
    Row(Of.SCALE, "repair.unlock", _PERMITS, _from(_S.PRODUCED, _S.IN_REPAIR, _S.FORBIDDEN), Goes.STAYS, ("lock",)),
    Row(Of.SCALE, "repair.report", _REPAIR, _from(_S.IN_REPAIR), _S.AWAITING, ("repair code", "new key", "reason")),
    Row(Of.SCALE, "repair.report", _REPAIR, _from(_S.FORBIDDEN), Goes.STAYS, ("repair code", "new key", "reason")),
    Row(Of.SCALE, "adjust.permit", _PERMITS, _WORKING | {_S.IN_REPAIR, _S.FORBIDDEN}, Goes.STAYS, ("window",)),
    Row(Of.SCALE, "use.forbid", _SUPERVISION, _WORKING | {_S.IN_REPAIR}, _S.FORBIDDEN, ("reason",)),
    Row(Of.SCALE, "use.release", _SUPERVISION, _from(_S.FORBIDDEN), Goes.BACK, ("reason", "cause gone")),
    Row(Of.SCALE, "use.stop", _OWNER | _SUPERVISION, _WORKING, _S.OUT_OF_USE, ("owner", "reason")),
    Row(Of.SCALE, "use.resume", _OWNER | _SUPERVISION, _from(_S.OUT_OF_USE), Goes.BACK, ("owner",)),
    Row(Of.SCALE, "scrap", _OWNER | _SUPERVISION, _ALIVE, _S.SCRAPPED, ("owner", "reason")),
    Row(Of.SCALE, "place", frozenset(Role) - {Role.TYPE_EVALUATION, Role.REPAIRER}, _ALIVE, Goes.STAYS),
    Row(Of.SCALE, "move.ask", _OWNER | _HANDS_OVER, _ALIVE, Goes.STAYS, ("owner", "somewhere else")),
    Row(Of.SCALE, "move.accept", _HANDS_OVER, _ALIVE, Goes.STAYS, ("asked move",)),
    Row(Of.SCALE, "move.refuse", _HANDS_OVER, _ALIVE, Goes.STAYS, ("asked move", "reason")),
    Row(Of.SCALE, "decide", _SUPERVISION, _ALIVE, Goes.STAYS, ("statement", "reason")),
    Row(Of.SCALE, "period", _SUPERVISION, _ALIVE, Goes.STAYS, ("reason",)),
)
