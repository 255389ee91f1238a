"""The public verdict on a scale: one word that a consumer can rely on, or not.

It is a proof (docs/verdict.md): *Verified* needs every condition, and the worst word of those that are not met counts.
It follows from signed statements, registry facts and the clock, never from the status of an alert.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self


class Verdict(StrEnum):
    """From the worst to the best."""

    NOT_ON_RECORD = "not-on-record"
    ALTERED = "altered"
    LOCKED = "locked"
    NOT_VERIFIED = "not-verified"
    EXPIRED = "expired"
    NO_RECENT_DATA = "no-recent-data"
    CANNOT_BE_TOLD = "cannot-be-told"
    VERIFIED = "verified"


RANK = {word: rank for rank, word in enumerate(Verdict)}
"""0 is the worst."""


def worst(words: Iterable[Verdict]) -> Verdict:
    """The worst of them; *Verified* for none."""
    return min(words, key=RANK.__getitem__, default=Verdict.VERIFIED)


@dataclass(frozen=True, slots=True)
class Unmet:
    """A condition that is not met from a time on (Unix ms), the word for that, what is missing (a code), and values."""

    condition: str
    word: Verdict
    code: str
    from_ms: int = 0
    values: Mapping[str, Any] = field(default_factory=dict)  # JSON values only

    def as_json(self) -> list[Any]:
        """An array of JSON values."""
        return [self.condition, self.word.value, self.code, self.from_ms, dict(self.values)]

    @classmethod
    def from_json(cls, row: list[Any]) -> Self:
        """What `as_json` gave."""
        condition, word, code, from_ms, values = row
        return cls(condition, Verdict(word), code, from_ms, values)


@dataclass(frozen=True, slots=True)
class Freshness:
    """What every statement moves on: the newest date (ms), and when the first statement above it that has none came.

    None where there is no such statement.
    """

    dated_ms: int | None = None
    undated_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Opinion:
    """A verdict with the conditions that are not met, the worst first."""

    word: Verdict
    unmet: tuple[Unmet, ...]

    @classmethod
    def of(cls, unmet: Iterable[Unmet], now_ms: int) -> Self:
        """What holds at a time."""
        met = [one for one in unmet if one.from_ms <= now_ms]
        met.sort(key=lambda one: (RANK[one.word], one.condition, one.code))
        return cls(worst(one.word for one in met), tuple(met))

    @property
    def of_each(self) -> tuple[Unmet, ...]:
        """The first of each condition: what people are shown."""
        first: dict[str, Unmet] = {}
        for one in self.unmet:
            first.setdefault(one.condition, one)
        return tuple(first.values())
