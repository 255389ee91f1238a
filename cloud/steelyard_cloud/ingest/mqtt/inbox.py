"""What was received and nobody has taken yet: bounded in bytes, in turns, between the sockets' thread and the worker's.

It waits in rounds, and a batch is taken from one round. A topic has a share of each; what it sends beyond that waits in
the next one, behind what everybody else has sent by then. So a flood delays nobody but its own topic: any other message
waits for what is left of the round that is being taken, and for one share of each topic. Each topic keeps its order.
"""

import threading
from collections import deque
from dataclasses import dataclass, field

from steelyard_cloud.ingest.mqtt.session import Message

MOST_BYTES = 16 * 1024 * 1024  # read ahead of the worker from one session alone, from all together less than twice that
BATCH_BYTES = 1024 * 1024  # taken at once, but for a single message that has more
SHARE_BYTES = 32 * 1024  # of a topic in a round: about fifty single statements, or four of the longest messages
_OVERHEAD = 500  # bytes that Python keeps for a message besides its own


@dataclass(slots=True)
class Round:
    """Messages in the order of their arrival, and how many bytes of each topic there have been."""

    messages: deque[Message] = field(default_factory=deque)
    used: dict[str, int] = field(default_factory=dict)
    begun: bool = False  # some were taken: what arrives now waits for the next round


class Inbox:
    """A queue with one thread that adds and one that takes."""

    def __init__(self) -> None:
        self._rounds = deque([Round()])
        self._first = 0  # how many rounds were there before
        self._last: dict[str, int] = {}  # topic → the last round in which it has messages
        self._arrived = threading.Condition()
        self._added = self._taken = 0  # bytes in all
        self._of_session: dict[int, int] = {}  # bytes that wait

    @property
    def full(self) -> bool:
        """Whether no more should be read of a session that has sent all of it."""
        return self._added - self._taken >= MOST_BYTES

    def blocks(self, session: int) -> bool:
        """Whether no more should be read of a session: one that has sent little has room beside those that flood."""
        waiting = self._added - self._taken
        return waiting >= MOST_BYTES and waiting + self._of_session.get(session, 0) >= 2 * MOST_BYTES

    def add(self, message: Message) -> None:
        """Put one into the first round in which its topic has something left; `tell` wakes who waits."""
        topic, size, session = message.topic, _size(message), _session(message)
        with self._arrived:
            at = max(self._first + self._rounds[0].begun, self._last.get(topic, 0))
            used = self._round(at).used.get(topic, 0)
            if used >= SHARE_BYTES:
                at, used = at + 1, 0
            into = self._round(at)
            into.messages.append(message)
            into.used[topic] = used + size
            self._last[topic] = at
            self._added += size
            self._of_session[session] = self._of_session.get(session, 0) + size

    def tell(self) -> None:
        """Wake who waits, if there is anything."""
        with self._arrived:
            if self._rounds[0].messages:
                self._arrived.notify_all()

    def take(self, limit: int, timeout_s: float) -> list[Message]:
        """Up to `limit` messages of about `BATCH_BYTES`, waiting at most `timeout_s` for the first."""
        found: list[Message] = []
        room = BATCH_BYTES
        with self._arrived:
            if not self._rounds[0].messages:
                self._arrived.wait(timeout_s)
            now = self._rounds[0]
            while now.messages and len(found) < limit and (not found or _size(now.messages[0]) <= room):
                message = now.messages.popleft()
                size = _size(message)
                room -= size
                self._taken += size
                self._of_session[_session(message)] -= size
                found.append(message)
            now.begun = bool(found)
            if now.begun and not now.messages:
                self._end_round()
        return found

    def _round(self, at: int) -> Round:
        if at - self._first == len(self._rounds):
            self._rounds.append(Round())
        return self._rounds[at - self._first]

    def _end_round(self) -> None:
        for topic in self._rounds.popleft().used:
            if self._last[topic] == self._first:
                del self._last[topic]
        self._first += 1
        if not self._rounds:
            self._rounds.append(Round())


def _size(message: Message) -> int:
    return len(message.payload) + len(message.topic) + _OVERHEAD


def _session(message: Message) -> int:
    return message.ack[0] if message.ack else 0
