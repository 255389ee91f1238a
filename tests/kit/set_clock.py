"""Ingest whose clock is set wrong and right while true time goes on; broker and clock are the test's."""

import itertools
import time
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select
from steelyard_cloud.db import database
from steelyard_cloud.db.schema import due, set_backs, summaries
from steelyard_cloud.ingest.listening import Listening
from steelyard_cloud.ingest.mqtt.broker import Message
from steelyard_cloud.ingest.process import Ingest
from steelyard_cloud.scales.public import public_record
from steelyard_cloud.settings import SHARDS

from kit.cloud_desk import Desk, wait_for
from kit.signing_scale import START_S, SigningScale

DAY_MS = 86_400_000
PERIOD_MS = 600_000
START_MS = START_S * 1000


class TrueTime:
    """The time that it really is, Unix ms; tests move it."""

    def __init__(self) -> None:
        self.ms = START_MS


class Receiving:
    """One receiver, running; its machine's clock is `ahead_ms` ahead of true time."""

    def __init__(self, desk: Desk, true: TrueTime, shards: str = SHARDS, ahead_ms: int = 0) -> None:
        self.true, self.shards, self.ahead_ms = true, shards, ahead_ms
        self.waiting: list[Message] = []
        self.acknowledged = 0
        self._packets, self._connected_ms = itertools.count(1), true.ms
        listening = Listening(self.connected_since_ms, self.clock)
        self.ingest = Ingest(self, desk.receiver(shards, listening), self.clock)
        self.ingest.start()

    def clock(self) -> int:
        """What the machine believes that it is."""
        return self.true.ms + self.ahead_ms

    def receive(self, limit: int, timeout_s: float) -> list[Message]:
        """See Broker; a hundred looks a second leave some time to the others."""
        if not self.waiting:
            time.sleep(min(timeout_s, 0.01))
        taken, self.waiting = self.waiting[:limit], self.waiting[limit:]
        return taken

    def acknowledge(self, messages: Iterable[Message]) -> None:
        """See Broker."""
        self.acknowledged += len(list(messages))

    def publish(self, outgoing: Sequence[tuple[str, bytes]]) -> None:
        """See Broker."""

    def connected_since_ms(self, _shard: str) -> int | None:
        """See Broker: the connection's age is measured by a clock that nobody sets."""
        return self.clock() - (self.true.ms - self._connected_ms)

    def close(self) -> None:
        """See Broker."""


class Cloud:
    """One receiver or several, each with its own shards, on one database."""

    def __init__(self, desk: Desk, *shards: str) -> None:
        self.desk, self.true, self.shards = desk, TrueTime(), shards or (SHARDS,)
        self.receivers = [Receiving(desk, self.true, one) for one in self.shards]

    def stop(self) -> None:
        """Stop all of them."""
        for one in self.receivers:
            one.ingest.stop()

    def set_clocks(self, ahead_ms: int, *, restart: bool = False) -> None:
        """Set the receivers' clocks so far ahead of true time; `restart`: while they are stopped."""
        if restart:
            self.stop()
            self.receivers = [Receiving(self.desk, self.true, one, ahead_ms) for one in self.shards]
        for one in self.receivers:
            one.ahead_ms = ahead_ms

    def report(self, scale: SigningScale, *payloads: bytes) -> None:
        """Deliver and wait until it is acknowledged."""
        receiver = next(one for one in self.receivers if scale.code[0] in one.shards)
        target = receiver.acknowledged + len(payloads)
        receiver.waiting += [Message(scale.up, raw, (0, 1, next(receiver._packets))) for raw in payloads]
        wait_for(lambda: receiver.acknowledged >= target, "the acknowledgement")

    def in_use(self, seed: int) -> SigningScale:
        """A scale that is registered, started and verified, in the half hour before now."""
        scale = SigningScale(seed, start_s=self.true.ms // 1000 - 1800)
        self.desk.register(scale)
        self.report(scale, scale.enrol(), scale.boot())
        self.desk.verify(scale, 2)
        self.becomes(scale, "verified")
        return scale

    def snapshot(self, scale: SigningScale, signed_ms: int | None, **head: Any) -> bytes:
        """The scale's next snapshot, signed for a time; None: without a clock."""
        if signed_ms is None:
            return scale.snapshot(flags=0, **head)
        scale.time_s = signed_ms // 1000 - scale.period_s
        return scale.snapshot(**head)

    def verdict(self, scale: SigningScale) -> str:
        """The word on the public page now, by a web server whose clock is right."""
        with database.reading(self.desk.engine) as connection:
            record = public_record(connection, scale.code, now_ms=self.true.ms)
        assert record is not None
        return record.opinion.word.value

    def becomes(self, scale: SigningScale, word: str) -> None:
        """Wait for the verdict."""
        wait_for(lambda: self.verdict(scale) == word, f"{word} instead of {self.verdict(scale)}")

    def alert(self, scale: SigningScale, code: str) -> str | None:
        """Status of the scale's alert with this code."""
        found = [row["status"] for row in self.desk.alerts(scale) if row["values"]["code"] == code]
        return found[0] if found else None

    def set_backs(self) -> list[tuple[str, int]]:
        """Shard and time of all that is recorded."""
        with database.reading(self.desk.engine) as connection:
            rows = connection.execute(select(set_backs.c.shard, set_backs.c.to_ms).order_by(set_backs.c.shard))
            return [(shard, to_ms) for shard, to_ms in rows]

    def latest_ms(self) -> int:
        """The latest time that the database gives for a summary or a timer."""
        with database.reading(self.desk.engine) as connection:
            c = summaries.c
            times = [ms for row in connection.execute(select(c.received_ms, c.dated_ms, c.undated_ms)) for ms in row]
            return max(ms for ms in [*times, *connection.scalars(select(due.c.due_ms))] if ms is not None)
