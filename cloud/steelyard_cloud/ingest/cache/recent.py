"""A bounded dict for what is kept in memory."""

from collections import OrderedDict
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(OrderedDict[K, V], Generic[K, V]):
    """A dict that forgets what was put in first once it is full."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def put(self, key: K, value: V) -> None:
        """Set, forgetting the oldest where it is full."""
        self[key] = value
        if len(self) > self.size:
            self.popitem(last=False)
