"""The batches that were received and are not committed yet: they go down the line in their order, some ahead of others.

While a batch is committed, the signatures of the next are checked and the receipts of the one before are signed. One
message that breaks the code must not keep the others: it goes to the quarantine, and they are stored without it.
"""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from steelyard_cloud.db.database import AWAY
from steelyard_cloud.ingest.mqtt.session import Message
from steelyard_cloud.ingest.receipts import Due
from steelyard_cloud.ingest.receiver import Begun, Receiver
from steelyard_cloud.ingest.sending import Committed, Sender
from steelyard_cloud.statements import quarantine
from steelyard_cloud.statements.sql import Conflict

log = logging.getLogger(__name__)

AHEAD = 2  # batches: the one that is being committed, and the next
AGAIN = (*AWAY, Conflict)  # no fault of the messages: the same is tried again


@dataclass(slots=True)
class PendingBatch:
    """Messages that are not committed yet; nothing is begun of them at first, or after an error."""

    messages: Sequence[Message]
    begun: Begun | None = None


class PendingBatches:
    """Runs batches through a receiver and hands them to a sender; for one thread only."""

    def __init__(self, receiver: Receiver, sender: Sender, clock: Callable[[], int]) -> None:
        self.receiver, self.sender, self.clock = receiver, sender, clock
        self._pending: deque[PendingBatch] = deque()

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._pending)

    @property
    def full(self) -> bool:
        """Whether there are as many as can be begun ahead."""
        return len(self._pending) >= AHEAD

    def add(self, messages: Sequence[Message]) -> None:
        """Put a batch at the end."""
        self._pending.append(PendingBatch(messages))

    def begin(self) -> None:
        """Begin all that are not begun."""
        for batch in self._pending:
            self._begin(batch)

    def commit_first(self) -> None:
        """Commit the first and hand it to the sender; it stays first where that fails."""
        self._finish(self._pending[0])
        self._pending.popleft()

    def commit_all(self) -> None:
        """Commit all of them."""
        while self._pending:
            self.commit_first()

    def commit_now(self, messages: Sequence[Message]) -> None:
        """Run one more batch down the whole line, before those that wait."""
        batch = PendingBatch(messages)
        self._begin(batch)
        self._finish(batch)

    def begin_again(self) -> None:
        """After an error: what was begun may rest on what is no longer so."""
        for batch in self._pending:
            batch.begun = None

    def _begin(self, batch: PendingBatch) -> None:
        try:
            batch.begun = batch.begun or self.receiver.begin(batch.messages, self.clock())
        except AGAIN:
            raise
        except Exception:
            log.exception("a batch of %d messages cannot be begun as a whole", len(batch.messages))

    def _finish(self, batch: PendingBatch) -> None:
        """Commit a batch; should one message break it, the others are handled without it."""
        begun, messages = batch.begun, batch.messages
        try:
            due = self.receiver.finish(begun, self.clock()) if begun else self._one_by_one(messages)
        except AGAIN:
            raise
        except Exception:
            log.exception("a batch of %d messages could not be handled; handling them one by one", len(messages))
            due = self._one_by_one(messages)
        self.sender.send(Committed(due, messages))

    def _one_by_one(self, messages: Sequence[Message]) -> list[Due]:
        due: list[Due] = []
        for message in messages:
            try:
                due += self.receiver.finish(self.receiver.begin([message], self.clock()), self.clock())
            except AGAIN:
                raise
            except Exception:
                log.exception("a message on %s could not be handled; it is quarantined", message.topic)
                self._quarantine(message)
        return due

    def _quarantine(self, message: Message) -> None:
        suspect = quarantine.of_message(message.topic, message.payload, "internal-error")
        now_ms = self.clock()
        with self.receiver.commits.at(now_ms) as connection:
            quarantine.release(connection, [] if message.waited is None else [message.waited])
            quarantine.add(connection, [suspect], now_ms)
            quarantine.count(connection, {(suspect.shard, suspect.reason): 1})
