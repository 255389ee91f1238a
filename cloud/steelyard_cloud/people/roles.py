"""Who is asking, and what each role may do.

A principal comes from a bearer token or from a signed-in session; both carry one role, an organisation and its
administrative division. What rows a principal sees is decided in `scoping`, and nowhere else.
"""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """The roles; the public needs none."""

    ADMIN = "admin"
    MANUFACTURER = "manufacturer"
    VERIFICATION = "verification"
    REGULATOR = "regulator"
    TECHNICIAN = "technician"
    TYPE_EVALUATION = "type_evaluation"
    REPAIRER = "repairer"
    OPERATOR = "operator"


@dataclass(frozen=True)
class Principal:
    """Somebody who may ask; `actor` is how the audit log names them: "user:7" or "token:3"."""

    actor: str
    role: Role
    name: str
    organisation_id: int | None
    organisation: str
    division: str | None
    user_id: int | None = None

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
