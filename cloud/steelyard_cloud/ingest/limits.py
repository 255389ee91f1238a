"""Bounds on the work that a topic can cause with what is not authentic."""

from collections import OrderedDict

FAILURES = 64  # in one go
REFILL_PER_S = 1.0
TOPICS = 50_000  # remembered
TOPIC_KEPT = 80  # characters; those of scales have fewer


class FailureBudget:
    """How many failures each topic still has; a topic without any is not looked at until it has some again."""

    def __init__(self) -> None:
        self._left: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def allows(self, topic: str, now_ms: int, messages: int) -> bool:
        """Whether so many messages of the topic are worth looking at in one go; any number where none has failed."""
        topic = topic[:TOPIC_KEPT]
        return topic not in self._left or self._now(topic, now_ms) >= messages

    def fail(self, topic: str, now_ms: int) -> None:
        """One failure more on the topic."""
        topic = topic[:TOPIC_KEPT]
        self._left[topic] = (max(0.0, self._now(topic, now_ms) - 1), now_ms)
        self._left.move_to_end(topic)
        if len(self._left) > TOPICS:
            self._left.popitem(last=False)

    def _now(self, topic: str, now_ms: int) -> float:
        left, at_ms = self._left.get(topic, (float(FAILURES), now_ms))
        if now_ms < at_ms:  # the clock was set back: it fills from now on
            at_ms = now_ms
            self._left[topic] = left, now_ms
        return min(float(FAILURES), left + (now_ms - at_ms) / 1000 * REFILL_PER_S)
