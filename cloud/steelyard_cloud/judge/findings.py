"""Findings: what the rules say of a scale's statements, as codes and values that are put into words where shown."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property
from typing import Any

from steelyard_cloud.judge.chain import Hole, holes
from steelyard_cloud.judge.facts import NO_FACT, Clock, Facts, newest_that_leaves
from steelyard_cloud.judge.proof import Proof
from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.judge.summary_parts import Numbers
from steelyard_cloud.judge.verdict import Unmet

SHOWN = 8
"""Numbers that a finding lists."""


class Severity(IntEnum):
    """How grave a finding is; tamper never clears by itself."""

    NOTICE = 1
    WARNING = 2
    TAMPER = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding on a scale; `rule` and `what` are its key, so the same again is not a second alert.

    `since` is the newest verification or decision that does not settle it (`Since.order`): where that has become a
    later one, something came that whoever recorded the fact could not know of, and a decided alert is looked at again.
    """

    rule: str
    what: str
    code: str
    severity: Severity
    kid: bytes
    first_number: int | None = None
    last_number: int | None = None
    count: int = 1
    values: dict[str, Any] = field(default_factory=dict)  # JSON values only
    since: tuple[int, int] = NO_FACT
    elsewhere: tuple[tuple[bytes, tuple[int, int]], ...] = ()  # kid and `since` of the same finding on other identities

    @property
    def key(self) -> tuple[str, str]:
        """Rule and what was found."""
        return self.rule, self.what

    @property
    def marks(self) -> dict[str, tuple[int, int]]:
        """Identity (hexadecimal) → `since`."""
        return {kid.hex(): since for kid, since in (*self.elsewhere, (self.kid, self.since))}


@dataclass(frozen=True, slots=True)
class Pending:
    """Something that cannot be judged yet, and what it waits for."""

    rule: str
    code: str  # hole, undated, map-not-stored, statement-not-stored
    number: int
    until_ms: int | None = None  # when the clock alone will decide it
    what: str | None = None  # of the finding that may stand meanwhile: its alert is left as it is

    @property
    def key(self) -> tuple[str, str] | None:
        """Rule and what may be found."""
        return (self.rule, self.what) if self.what is not None else None


@dataclass(frozen=True)
class Subject:
    """One identity's summary with the scale's facts and the clock: what every rule is given."""

    summary: Summary
    facts: Facts
    clock: Clock
    holes: tuple[Hole, ...]

    @classmethod
    def of(cls, summary: Summary, facts: Facts, clock: Clock) -> "Subject":
        """Put one together."""
        return cls(summary, facts, clock, tuple(holes(summary)))

    @cached_property
    def proof(self) -> Proof:
        """What the conditions of the verdict are given, as if this identity were the active one."""
        return Proof(self.summary, (), self.facts)

    def counted(
        self,
        rule: str,
        code: str,
        severity: Severity,
        some: Numbers,
        *,
        what: str = "",
        above: bool = False,
        **values: Any,
    ) -> Finding:
        """The finding that there are some statements: their lowest numbers, and that of the late one that came last.

        A fact settles them as in `newest_that_leaves`.
        """
        since = newest_that_leaves(self.proof.named, some.highest, some.latest, above=above)
        # Named only where nothing lies above the fact: which came last depends on the order in which they came.
        late = {some.newest} if since != NO_FACT and some.highest <= since[1] and some.latest > since[0] else set()
        values = values or {"numbers": sorted({*some.lowest[:SHOWN], *late})}
        first, last = some.lowest[0], max(some.lowest[-1], *late, 0)
        return Finding(rule, what or code, code, severity, self.summary.kid, first, last, some.count, values, since)

    def not_met(self, unmet: Iterable[Unmet], code: str) -> bool:
        """Whether one of these is so, and is so now."""
        return any(one.code == code and one.from_ms <= self.clock.now_ms for one in unmet)


Report = tuple[list[Finding], list[Pending]]
