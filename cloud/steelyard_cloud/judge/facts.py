"""What the registry knows of a scale, and the clock, as plain values for the rules.

A fact takes effect at the statement that it names, never when somebody typed it; a baseline whose statement is not
stored yet has no state and waits.
"""

from dataclasses import dataclass
from enum import IntEnum

from steelyard_cloud.judge.summary_parts import ParameterState


class PermitUse(IntEnum):
    """What a permit is for (`steelyard.cddl`, permit)."""

    UNLOCK = 1
    ADJUST = 2
    REPAIR = 3
    UPDATE = 4


@dataclass(frozen=True, slots=True)
class Baseline:
    """A verification: the parameters that the statement `number` of the identity names are the verified ones."""

    kid: bytes
    number: int
    state: ParameterState | None  # of that statement; None until it is stored


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


@dataclass(frozen=True, slots=True)
class Facts:
    """The registry facts of one scale; a set each, so their order means nothing."""

    baselines: frozenset[Baseline] = frozenset()
    permits: frozenset[PermitFact] = frozenset()
    approved_software: frozenset[bytes] = frozenset()  # full hashes, from the type approval


@dataclass(frozen=True, slots=True)
class Clock:
    """The time of judging, Unix milliseconds; `listening_since_ms` is when the receiver began to hear this scale."""

    now_ms: int
    listening_since_ms: int = 0
