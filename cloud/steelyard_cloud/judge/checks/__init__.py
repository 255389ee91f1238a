"""The three verdicts on what is stored of a scale, or on what a file has of it: authenticity, continuity, rules.

They are a list of numbered steps. Each is a pure function that says *good* only where it had all that it needs, and
*open* where it had not; a verdict is the worst word of its steps. Console pages and evidence files run the same steps
and show them with the same sentences (`words`). They are never mixed: a broken rule can be proven by perfectly signed
statements, and a hole proves nothing but itself.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from steelyard_cloud.judge.checks import authenticity, continuity, rules
from steelyard_cloud.judge.checks.material import Material, Result, Word

VERDICTS = AUTHENTICITY, CONTINUITY, RULES = ("authenticity", "continuity", "rules")


@dataclass(frozen=True)
class Step:
    """One step: its number (docs/evidence.md has them), the verdict that it belongs to, and what it does."""

    number: int
    verdict: str
    check: Callable[[Material], Result]

    @property
    def name(self) -> str:
        """What it is about."""
        return self.check.__name__.replace("_", " ")


@dataclass(frozen=True)
class Checked:
    """A step that was taken: its word, and a code with values for the sentence that says why."""

    step: Step
    word: Word
    code: str
    values: Mapping[str, Any]


STEPS: tuple[Step, ...] = tuple(
    Step(number, verdict, check)
    for number, (verdict, check) in enumerate(
        (
            (AUTHENTICITY, authenticity.root),
            (AUTHENTICITY, authenticity.seal),
            (AUTHENTICITY, authenticity.keys),
            (AUTHENTICITY, authenticity.names),
            (AUTHENTICITY, authenticity.signatures),
            (AUTHENTICITY, authenticity.named_root),
            (CONTINUITY, continuity.left_out),
            (CONTINUITY, continuity.numbers),
            (CONTINUITY, continuity.order),
            (RULES, rules.facts),
            (RULES, rules.baseline),
            (RULES, rules.findings),
        ),
        1,
    )
)


def check(material: Material) -> list[Checked]:
    """Take every step."""
    return [Checked(step, *step.check(material)) for step in STEPS]


def of(verdict: str, checked: Iterable[Checked]) -> list[Checked]:
    """The steps of one verdict, the worst first; its word is that of the first."""
    own = [one for one in checked if one.step.verdict == verdict]
    return sorted(own, key=lambda one: -one.word.rank)
