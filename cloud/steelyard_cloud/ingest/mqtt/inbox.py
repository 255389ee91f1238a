"""What was received and nobody has taken yet: bounded in bytes, between the sockets' thread and the worker's."""

import threading
from collections import deque

from steelyard_cloud.ingest.mqtt.session import Message

MOST_BYTES = 16 * 1024 * 1024  # read ahead of the worker; beyond it the sockets are left alone
BATCH_BYTES = 1024 * 1024  # taken at once, but for a single message that has more
_OVERHEAD = 400  # bytes that Python keeps for a message besides its own


class Inbox:
    """A queue with one thread that adds and one that takes."""

    def __init__(self) -> None:
        self._waiting: deque[Message] = deque()
        self._arrived = threading.Condition()
        self._added = self._taken = 0  # bytes in all; each is changed by one thread only

    @property
    def full(self) -> bool:
        """Whether no more should be read."""
        return self._added - self._taken >= MOST_BYTES

    def add(self, message: Message) -> None:
        """Put one at the end; `tell` wakes who waits."""
        self._added += _size(message)
        self._waiting.append(message)

    def tell(self) -> None:
        """Wake who waits, if there is anything."""
        if self._waiting:
            with self._arrived:
                self._arrived.notify_all()

    def take(self, limit: int, timeout_s: float) -> list[Message]:
        """Up to `limit` messages of about `BATCH_BYTES`, waiting at most `timeout_s` for the first."""
        waiting = self._waiting
        if not waiting:
            with self._arrived:
                if not waiting:
                    self._arrived.wait(timeout_s)
        found: list[Message] = []
        room = BATCH_BYTES
        while waiting and len(found) < limit and (not found or _size(waiting[0]) <= room):
            message = waiting.popleft()
            room -= _size(message)
            found.append(message)
        self._taken += sum(map(_size, found))
        return found


def _size(message: Message) -> int:
    return len(message.payload) + len(message.topic) + _OVERHEAD
