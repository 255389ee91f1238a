"""Who may take which step of a scale's life, from where to where: written out once more, beside the table of the cloud.

Kept apart from it on purpose: whoever changes the one without the other is told so by the machine that plays all roles.
"""

from __future__ import annotations

WORKING = ("produced", "verified", "awaiting verification", "verification failed")
ALIVE = (*WORKING, "in repair", "use forbidden", "out of use")
OWNER = ("operator", "manufacturer", "technician")
BACK = "back"

ORACLE: list[tuple[str, tuple[str, ...], tuple[str, ...], str | None]] = [
    # step, by, from, to (None: it stays)
    ("verification.ask", OWNER, ("produced", "awaiting verification", "verification failed"), "awaiting verification"),
    ("verification.ask", OWNER, ("verified",), None),
    ("verification.plan", ("verification",), WORKING, None),
    ("verification.pass", ("verification",), WORKING, "verified"),
    ("verification.fail", ("verification",), WORKING, "verification failed"),
    ("repair.order", (*OWNER, "repairer", "regulator"), WORKING, "in repair"),
    ("repair.order", (*OWNER, "repairer", "regulator"), ("use forbidden",), None),
    ("repair.permit", ("verification", "regulator"), WORKING, "in repair"),
    ("repair.permit", ("verification", "regulator"), ("in repair", "use forbidden"), None),
    ("repair.unlock", ("verification", "regulator"), WORKING[1:], "awaiting verification"),
    ("repair.unlock", ("verification", "regulator"), ("produced", "in repair", "use forbidden"), None),
    ("repair.report", ("repairer", "technician"), ("in repair",), "awaiting verification"),
    ("repair.report", ("repairer", "technician"), ("use forbidden",), None),
    ("adjust.permit", ("verification", "regulator"), (*WORKING, "in repair", "use forbidden"), None),
    ("use.forbid", ("regulator",), (*WORKING, "in repair"), "use forbidden"),
    ("use.release", ("regulator",), ("use forbidden",), BACK),
    ("use.stop", (*OWNER, "regulator"), WORKING, "out of use"),
    ("use.resume", (*OWNER, "regulator"), ("out of use",), BACK),
    ("scrap", (*OWNER, "regulator"), ALIVE, "scrapped"),
    ("place", ("admin", "manufacturer", "verification", "regulator", "technician", "operator"), ALIVE, None),
    ("move.ask", (*OWNER, "regulator", "admin"), ALIVE, None),
    ("period", ("regulator",), ALIVE, None),
]
STEPS = sorted({row[0] for row in ORACLE})
STRANGER, MAKER = "technician", "manufacturer"
"""Of the machine's scale, which the operator owns: a technician of another firm does not even see it."""


class Life:
    """Where a scale ought to be, from the steps that ought to have been possible."""

    def __init__(self) -> None:
        self.stage, self.before = "produced", "produced"

    def allows(self, role: str, step: str) -> bool:
        """Whether a step is one that the role may take now; the owner is the operator."""
        of_owner = any(row[0] == step and row[1][:3] == OWNER for row in ORACLE)
        if role == STRANGER or (role == MAKER and of_owner):
            return False
        return self._row(role, step) is not None

    def moves(self, step: str) -> bool:
        """Whether a step leads on from here, whoever takes it."""
        return any(row[0] == step and self.stage in row[2] and row[3] is not None for row in ORACLE)

    def _row(self, role: str, step: str) -> tuple[str, tuple[str, ...], tuple[str, ...], str | None] | None:
        return next((row for row in ORACLE if row[0] == step and role in row[1] and self.stage in row[2]), None)

    def take(self, role: str, step: str) -> None:
        """Follow a step."""
        row = self._row(role, step)
        assert row is not None
        to = self.before if row[3] == BACK else row[3] or self.stage
        if self.stage == "use forbidden" and step in ("repair.report", "repair.unlock"):
            self.before = "awaiting verification"
        if to in ("use forbidden", "out of use") and to != self.stage:
            self.before = self.stage
        self.stage = to
