"""Who is asking, and what each role may do.

A principal comes from a bearer token or from a signed-in session; both carry one role, an organisation and the
administrative divisions that it covers. What rows a principal sees is decided in `scoping`, and nowhere else.
"""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """The eight roles; the public needs none."""

    ADMIN = "admin"
    MANUFACTURER = "manufacturer"
    VERIFICATION = "verification"
    REGULATOR = "regulator"
    TECHNICIAN = "technician"
    TYPE_EVALUATION = "type_evaluation"
    REPAIRER = "repairer"
    OPERATOR = "operator"


KINDS = {
    "type_evaluation": {Role.TYPE_EVALUATION},
    "manufacturer": {Role.MANUFACTURER},
    "verification": {Role.VERIFICATION},
    "supervision": {Role.REGULATOR},
    "repairer": {Role.REPAIRER, Role.TECHNICIAN},
    "operator": {Role.OPERATOR},
    "platform": set(Role),
}
"""Kinds of organisations, and which roles their people and programs may have."""
KINDS_BEFORE = {"regulator": "supervision", "repair": "repairer"}
"""Names that kinds had before; they are still understood."""

READ = "read"
SCOPES = (READ, "scales", "alerts", "enrolment", "catalogue", "updates", "people")
"""What a token can be limited to: reading, and changes in one part of the API (its tag in the description)."""


@dataclass(frozen=True)
class Principal:
    """Somebody who may ask; `actor` is how the audit log names them: "user:7" or "token:3".

    `division` is the seat of the organisation, `divisions` are those that it covers, `paths` where these lie in the
    tree; where they are not given it covers its seat, and the database finds where that lies. `scope` narrows a token
    to some of SCOPES; None is all that the role may do.
    """

    actor: str
    role: Role
    name: str
    organisation_id: int | None
    organisation: str
    division: str | None
    user_id: int | None = None
    divisions: tuple[str, ...] | None = None
    paths: tuple[str, ...] | None = None
    manages: bool = False
    scope: frozenset[str] | None = None

    @property
    def covered(self) -> tuple[str, ...]:
        """The codes of the divisions that the organisation covers, each with all below it."""
        if self.divisions is not None:
            return self.divisions
        return () if self.division is None else (self.division,)

    @property
    def number(self) -> int:
        """The opaque number that stands for this principal in what is sent to scales (bit 31 marks a token)."""
        kind, _, row = self.actor.partition(":")
        return (int(row) & 0x7FFFFFFF) | (0x80000000 if kind == "token" else 0)


EVERYBODY = frozenset(Role)
SEES_ALERTS = frozenset({Role.ADMIN, Role.REGULATOR, Role.VERIFICATION})
DECIDES_ALERTS = frozenset({Role.REGULATOR})
SEES_COMPLAINTS = frozenset({Role.ADMIN, Role.REGULATOR})
ANSWERS_COMPLAINTS = frozenset({Role.REGULATOR})
ASKS = frozenset({Role.VERIFICATION, Role.REGULATOR})
UPDATES = frozenset({Role.MANUFACTURER, Role.REGULATOR})
"""Who may have a scale updated, to software that the type approval names: its manufacturer, or who supervises it."""
ADMINISTERS = frozenset({Role.ADMIN})
MOVES = frozenset({Role.ADMIN, Role.REGULATOR})
"""Who may hand a scale over to another division: whoever supervises it now, and nobody who could escape them by it."""
SEES_TYPES = frozenset({Role.ADMIN, Role.MANUFACTURER, Role.TYPE_EVALUATION})
MAKES_ORDERS = frozenset({Role.ADMIN, Role.MANUFACTURER})
READS_LOG = frozenset({Role.ADMIN, Role.REGULATOR})
"""Who reads the audit log by role; whoever manages an organisation reads what its own people did."""


def manages(principal: Principal, organisation_id: int | None = None) -> bool:
    """Whether the principal manages people and tokens: an administrator everywhere, a manager in one organisation."""
    if principal.role is Role.ADMIN:
        return True
    return principal.manages and organisation_id in (None, principal.organisation_id)
