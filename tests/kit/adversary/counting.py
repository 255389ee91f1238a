"""What a run of the machine reaches is counted: moves, conditions that decide, statements."""

from collections import Counter
from collections.abc import Callable
from functools import wraps
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule


class FalseGreen(AssertionError):
    """The judge says *Verified*, and the naive judge does not."""


class Unreported(AssertionError):
    """The verdict is bad because of what is stored, and no alert calls anybody."""


class Counts:
    """What a run of the machine has reached."""

    def __init__(self) -> None:
        self.moves: Counter[str] = Counter()
        self.decided: Counter[str] = Counter()
        self.words: Counter[str] = Counter()
        self.statements = self.steps = self.lives = 0


COUNTS = Counts()
MOVES: list[str] = []


def move(**draws: st.SearchStrategy[Any]) -> Callable[[Callable[..., None]], Any]:
    """A rule of the machine that is counted."""

    def decorate(function: Callable[..., None]) -> Any:
        @wraps(function)
        def counted(machine: Any, **drawn: Any) -> None:
            function(machine, **drawn)
            COUNTS.moves[function.__name__] += 1

        MOVES.append(function.__name__)
        return rule(**draws)(counted)

    return decorate
