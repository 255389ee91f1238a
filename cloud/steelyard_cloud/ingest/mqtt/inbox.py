"""What was received and nobody has taken yet: bounded in bytes, in turns, between the sockets' thread and the worker's.

It waits in rounds, and a batch is taken from one round. A topic has a share of each; what it sends beyond that waits in
the next one, behind what everybody else has sent by then. So a flood delays nobody but its own topic: any other message
waits for what is left of the round that is being taken, and for one share of each topic. Each topic keeps its order.

A session's messages come in one line, in which others would stand behind what is not read. So of a topic of which
`MOST_SHARES` wait, a hundred times what a scale sends ahead of its receipts, the rest is skipped: see `Message`. Where
several topics flood at once, that would still fill the inbox: while half of it is full, `FEW_SHARES` are the most.
"""

import threading
from collections import deque
from dataclasses import dataclass, field

from steelyard_cloud.ingest.mqtt.session import Message

MOST_BYTES = 16 * 1024 * 1024  # read ahead of the worker from one session alone, from all together less than twice that
BATCH_BYTES = 1024 * 1024  # taken at once, but for a single message that has more
SHARE_BYTES = 16 * 1024  # of a topic in a round: about 25 single statements, or two of the longest messages and one
MOST_SHARES = 8 * 1024 * 1024 // SHARE_BYTES  # of a topic that wait
FEW_SHARES = 16  # of a topic that wait while there is little room: more than twice what a scale sends ahead
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
        self._skipped: deque[Message] = deque()
        self._last: dict[str, int] = {}  # topic → the last round in which it has messages
        self._arrived = threading.Condition()
        self._waiting = 0  # bytes
        self._of_session: dict[int, int] = {}

    @property
    def full(self) -> bool:
        """Whether no more should be read of a session that has sent all of it."""
        return self._waiting >= MOST_BYTES

    def blocks(self, session: int) -> bool:
        """Whether no more should be read of a session: one that has sent little has room beside those that flood."""
        return self.full and self._waiting + self._of_session.get(session, 0) >= 2 * MOST_BYTES

    def add(self, message: Message) -> None:
        """Put one into the first round in which its topic has something left; `tell` wakes who waits."""
        topic = message.topic
        with self._arrived:
            at = max(self._first + self._rounds[0].begun, self._last.get(topic, 0))
            used = self._round(at).used.get(topic, 0)
            if used >= SHARE_BYTES:
                at, used = at + 1, 0
            if at - self._first >= (FEW_SHARES if self._waiting >= MOST_BYTES // 2 else MOST_SHARES):
                message = message._replace(payload=b"", skipped=True)
                self._skipped.append(message)
            else:
                into = self._round(at)
                into.messages.append(message)
                into.used[topic] = used + _size(message)
                self._last[topic] = at
            self._count(message, 1)

    def tell(self) -> None:
        """Wake who waits, if there is anything."""
        with self._arrived:
            if self._rounds[0].messages:
                self._arrived.notify_all()

    def take(self, limit: int, timeout_s: float) -> list[Message]:
        """Up to `limit` messages of about `BATCH_BYTES`, and all that were skipped; waits at most `timeout_s`."""
        found: list[Message] = []
        room = BATCH_BYTES
        with self._arrived:
            if not self._rounds[0].messages:
                self._arrived.wait(timeout_s)
            now = self._rounds[0]
            while now.messages and len(found) < limit and (not found or _size(now.messages[0]) <= room):
                message = now.messages.popleft()
                room -= _size(message)
                found.append(message)
            now.begun = bool(found)
            if now.begun and not now.messages:
                self._end_round()
            found += self._skipped  # all at once: they cost next to nothing, and to keep them would cost room
            self._skipped.clear()
            for message in found:
                self._count(message, -1)
        return found

    def _count(self, message: Message, sign: int) -> None:
        session, size = message.ack[0] if message.ack else 0, sign * _size(message)
        self._waiting += size
        self._of_session[session] = self._of_session.get(session, 0) + size

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
