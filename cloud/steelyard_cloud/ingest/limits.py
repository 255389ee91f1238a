"""Bounds on the work that one topic or one scale can cause."""

from collections import OrderedDict
from typing import Generic, TypeVar

FAILURES = 64  # in one go
REFILL_PER_S = 1.0
TOPICS = 50_000  # remembered
TOPIC_KEPT = 80  # characters; those of scales have fewer

K = TypeVar("K")


class Budget(Generic[K]):
    """How much each may still do: `most` in one go, and then one more a second; remembers so many of them."""

    def __init__(self, most: int, remembered: int) -> None:
        self.most, self.remembered = most, remembered
        self._left: OrderedDict[K, tuple[float, int]] = OrderedDict()

    def allows(self, key: K, now_ms: int, wanted: int = 1) -> bool:
        """Whether there is so much left; any amount where nothing was spent."""
        return key not in self._left or self._now(key, now_ms) >= wanted

    def spend(self, key: K, now_ms: int) -> None:
        """One less."""
        self._left[key] = (max(0.0, self._now(key, now_ms) - 1), now_ms)
        self._left.move_to_end(key)
        if len(self._left) > self.remembered:
            self._left.popitem(last=False)

    def _now(self, key: K, now_ms: int) -> float:
        left, at_ms = self._left.get(key, (float(self.most), now_ms))
        if now_ms < at_ms:  # the clock was set back: it fills from now on
            at_ms = now_ms
            self._left[key] = left, now_ms
        return min(float(self.most), left + (now_ms - at_ms) / 1000 * REFILL_PER_S)


class FailureBudget:
    """How many failures each topic still has; a topic without any is not looked at until it has some again."""

    def __init__(self) -> None:
        self._left: Budget[str] = Budget(FAILURES, TOPICS)

    def allows(self, topic: str, now_ms: int, messages: int) -> bool:
        """Whether so many messages of the topic are worth looking at in one go; any number where none has failed."""
        return self._left.allows(topic[:TOPIC_KEPT], now_ms, messages)

    def fail(self, topic: str, now_ms: int) -> None:
        """One failure more on the topic."""
        self._left.spend(topic[:TOPIC_KEPT], now_ms)
