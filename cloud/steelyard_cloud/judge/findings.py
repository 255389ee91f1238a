"""Findings: what the rules say of a scale's statements, as codes and values that are put into words where shown."""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from steelyard_cloud.judge.chain import Hole, holes
from steelyard_cloud.judge.facts import Clock, Facts
from steelyard_cloud.judge.summary import Summary


class Severity(IntEnum):
    """How grave a finding is; tamper never clears by itself."""

    NOTICE = 1
    WARNING = 2
    TAMPER = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding on a scale; `rule` and `what` are its key, so the same again is not a second alert."""

    rule: str
    what: str
    code: str
    severity: Severity
    kid: bytes
    first_number: int | None = None
    last_number: int | None = None
    count: int = 1
    values: dict[str, Any] = field(default_factory=dict)  # JSON values only

    @property
    def key(self) -> tuple[str, str]:
        """Rule and what was found."""
        return self.rule, self.what


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


@dataclass(frozen=True, slots=True)
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


Report = tuple[list[Finding], list[Pending]]
