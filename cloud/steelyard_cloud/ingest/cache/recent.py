"""A bounded dict for what is kept in memory."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """A dict that forgets what was used least recently once it is full: so many values, or what they weigh by `weigh`.

    Used is what is put in or got, not what is only asked for. Values that are all alike are counted; where they grow,
    their weight is taken in bytes when they are put in. Not for use by several threads at once.
    """

    def __init__(self, size: int, weigh: Callable[[V], int] = lambda _: 1) -> None:
        self.size, self._weigh = size, weigh
        self._kept: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._weight = 0

    def __contains__(self, key: K) -> bool:
        return key in self._kept

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: K) -> V | None:
        """The value, or None."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        self._kept.move_to_end(key)
        return kept[0]

    def put(self, key: K, value: V) -> None:
        """Set, forgetting others while there is too much; what alone is too much is not kept."""
        self.pop(key)
        weight = self._weigh(value)
        self._kept[key] = value, weight
        self._weight += weight
        while self._weight > self.size:
            self.pop(next(iter(self._kept)))

    def pop(self, key: K) -> None:
        """Forget one, if it is there."""
        _, weight = self._kept.pop(key, (None, 0))
        self._weight -= weight

    def clear(self) -> None:
        """Forget all."""
        self._kept.clear()
        self._weight = 0
