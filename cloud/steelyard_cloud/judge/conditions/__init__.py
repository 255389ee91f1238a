"""The conditions of *Verified*, one file each: `NAME`, and `unmet(proof)`, which gives what is not met.

What only the clock decides has the time from which it is not met; so a judgement holds until something else changes.
`fresh` stands apart, as every statement moves it, and `life`, which the registry alone decides. Their sentences are
in `web/words/conditions.py`.
"""

from collections.abc import Callable, Iterable
from types import ModuleType

from steelyard_cloud.judge.conditions import (
    baseline,
    boots,
    case,
    chain,
    complete,
    consistent,
    device,
    fresh,
    parameters,
    validity,
)
from steelyard_cloud.judge.proof import Proof
from steelyard_cloud.judge.verdict import Unmet

CONDITIONS: tuple[ModuleType, ...] = (
    parameters,
    device,
    case,
    baseline,
    validity,
    chain,
    boots,
    consistent,
    complete,
)
NAMES = (*(one.NAME for one in CONDITIONS), fresh.NAME)

TROUBLE = ("parameters", "device", "case", "chain", "boots", "consistent", "complete")
"""What a verification must not leave behind it."""
DECIDABLE = ("chain", "boots", "consistent", "complete")
"""What a regulator's decision may settle."""


def unmet(proof: Proof, conditions: Iterable[ModuleType] = CONDITIONS) -> list[Unmet]:
    """All that is not met, now or from a time on."""
    found: list[Unmet] = []
    for condition in conditions:
        check: Callable[[Proof], Iterable[Unmet]] = condition.unmet
        found += check(proof)
    return found
