"""What the registry knows of a scale, and the clock, as plain values for the rules and the conditions of the verdict.

A fact takes effect at the statement that it names by hash, never when somebody typed it; one whose statement is not
stored has no effect, and a verdict that needs it is not good.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple, Self

from steelyard_protocol.bodies import Enrol

from steelyard_cloud.judge.summary_parts import Device, ParameterState

ALL = 1 << 62
"""As many statements as there will ever be."""


class Since(NamedTuple):
    """From where on a fact settles nothing: above a number, and what came when so many of its key were stored."""

    number: int
    settled: int

    @property
    def named(self) -> Self:
        """The same with the named number: what lies under it counts too, as copies of it do."""
        return self._replace(number=self.number - 1)

    def leaves(self, highest: int, latest: int) -> bool:
        """Whether it does not settle all of a kind, by their highest number and the arrival of the last that came."""
        return highest > self.number or latest > self.settled

    @property
    def order(self) -> tuple[int, int]:
        """Rises with every fact that is recorded on a key after something came."""
        return self.settled, self.number


NO_FACT = (0, 0)


def in_effect(facts: Iterable[Since]) -> tuple[Since, ...]:
    """Facts in the order in which they were recorded, without those that changed nothing: a higher one was there."""
    kept: list[Since] = []
    for one in sorted(facts, key=lambda fact: fact.order):
        if not kept or one.number >= kept[-1].number:
            kept.append(one)
    return tuple(kept)


def newest_that_leaves(facts: Iterable[Since], highest: int, latest: int, *, above: bool = False) -> tuple[int, int]:
    """The `order` of the newest of these facts that does not settle something; `NO_FACT` if each does.

    A fact does not settle what is under the number that it names, unless only what is `above` that counts.
    """
    return max((one.order for one in facts if (one if above else one.named).leaves(highest, latest)), default=NO_FACT)


class PermitUse(IntEnum):
    """What a permit is for (`steelyard.cddl`, permit)."""

    UNLOCK = 1
    ADJUST = 2
    REPAIR = 3
    UPDATE = 4


@dataclass(frozen=True, slots=True)
class Baseline:
    """A verification: what the statement with this number and hash says of the scale is what was verified.

    `state` is None until that statement is stored; `device` is what the boot statement of the same start describes,
    None until that is stored. `committed_ms` is when the named statement was; `until_ms` the end of the last day on
    which the verification is valid, `longest_ms` the end of the last day that the type allows. Unix milliseconds.
    `settled` is how many statements of the key were stored when it was recorded.
    """

    kid: bytes
    number: int
    state: ParameterState | None
    hash: bytes = b""
    device: Device | None = None
    committed_ms: int = 0
    recorded_ms: int = 0
    until_ms: int = 1 << 62
    longest_ms: int = 1 << 62
    settled: int = ALL


@dataclass(frozen=True, slots=True)
class Decision:
    """A regulator's public decision: chain, boots, consistency and completeness count from the stored statement on.

    `settled` is how many statements of the key were stored when it was recorded.
    """

    kid: bytes
    number: int
    hash: bytes
    committed_ms: int = 0
    settled: int = ALL


@dataclass(frozen=True, slots=True)
class PermitFact:
    """An authorisation to change something, as it was recorded before it was sent; `hash` is that of its bytes."""

    kid: bytes
    hash: bytes
    what: int
    not_before_s: int
    not_after_s: int
    calibration_counter: int
    configuration_counter: int
    fields: frozenset[int]
    order_number: int = 0
    locked_at: int | None = None  # number of the *locked* event that a permit to unlock answers


class Retired(NamedTuple):
    """A key that has a successor, and the number of its last statement, as the successor's enrolment names it."""

    kid: bytes
    head: int


@dataclass(frozen=True, slots=True)
class Facts:
    """The registry facts of one scale; a set each, so their order means nothing."""

    baselines: frozenset[Baseline] = frozenset()
    permits: frozenset[PermitFact] = frozenset()
    approved_software: frozenset[bytes] = frozenset()  # full hashes, from the type approval
    decisions: frozenset[Decision] = frozenset()
    retired: frozenset[Retired] = field(default=frozenset())
    period_s: int = 600  # as registered, whatever the scale says


@dataclass(frozen=True, slots=True)
class Clock:
    """The time of judging, Unix milliseconds; `listening_since_ms` is when the receiver began to hear this scale."""

    now_ms: int
    listening_since_ms: int = 0


DAY_MS = 86_400_000


def longest_ms(recorded_ms: int, days: int) -> int:
    """The end of the last day that a type allows for a verification recorded at a time."""
    return recorded_ms + (days + 1) * DAY_MS


def retired(enrolments: Iterable[Enrol]) -> frozenset[Retired]:
    """The keys that these succeed, and where each ended."""
    before = (one.predecessor for one in enrolments)
    return frozenset(Retired(one.identity, one.head_number) for one in before if one is not None)
