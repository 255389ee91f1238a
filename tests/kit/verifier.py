"""A scale's weighing on the verifier's bench: `target/verifier_bench.py`, adjusted at zero and Max, tracking off."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import NamedTuple

from kit.micropython import TARGET, Conversation, interpreter
from kit.step_response import PATH

MAX, TRACKING = 1, 7
PATIENCE_S = 120


class Look(NamedTuple):
    """What the bench answers; masses in mg, `exact` before rounding, as a mean over the time that passed."""

    shown: int | None
    exact: float
    stable: bool
    interval: int
    price: int | None
    at_zero: bool
    zero_counts: int
    e_counts: int


class Bench:
    """The scale with a load, in the time that passes when somebody says so."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation

    def ask(self, name: str, *words: object) -> Look:
        """Have something done, and look."""
        return Look(*json.loads(self._conversation.ask(json.dumps([name, *words]), PATIENCE_S)))

    def put(self, load: Decimal | int, seconds: float = 2.5, corner: int = 0) -> Look:
        """Have so many mg on the pan."""
        return self.ask("place", float(load), seconds, corner)

    def settle(self, load: Decimal | int, corner: int = 0) -> Look:
        """Have so many mg on the pan until they rest, within twenty seconds."""
        look = self.put(load, corner=corner)
        for _ in range(36):
            if look.stable and look.shown is not None:
                return look
            look = self.ask("wait", 0.5)
        raise AssertionError(f"{load} mg did not come to rest")

    def mean(self, seconds: float = 4.0) -> Decimal:
        """The weight before rounding, in whole mg: the mean over so long."""
        return Decimal(round(self.ask("wait", seconds).exact))


@contextmanager
def bench(map_: dict[int, int], cell: str, seed: int, period_ms: float) -> Iterator[Bench]:
    """A scale of this map on such a cell, adjusted."""
    pairs = json.dumps(list((map_ | {TRACKING: 0}).items()))
    with interpreter().start(TARGET / "verifier_bench.py", cell, seed, period_ms, heap="8M", path=PATH) as one:
        assert one.ask(pairs) == "ready"
        found = Bench(one)
        found.put(0, 10)
        found.ask("adjust", 0)
        found.put(map_[MAX], 10)
        found.ask("adjust", map_[MAX])
        found.settle(0)
        found.ask("press", "set_zero")
        yield found
