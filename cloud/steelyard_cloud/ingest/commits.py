"""The transactions of a receiver. Each is at a time of the platform's clock, and none passes over it being set back.

What memory knows of the database may be dated by a clock that was ahead; it is forgotten with the set-back, and what a
timer put into the future is due at once.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from steelyard_cloud.db import clocks, due
from steelyard_cloud.db.database import Connection, Engine, writing
from steelyard_cloud.statements import summaries as summary_store

log = logging.getLogger(__name__)

EVERY_MS = 1000
"""The latest time is written so often, with what is committed then."""


class Commits:
    """Transactions for some shards; not for use by several threads at once."""

    def __init__(self, engine: Engine, shards: str, forget: Callable[[], None]) -> None:
        self.engine, self.shards, self._forget = engine, shards, forget
        self._written_ms: int | None = None
        self._set_backs: int | None = None

    @contextmanager
    def at(self, now_ms: int) -> Iterator[Connection]:
        """One transaction, committed at the end and rolled back on an error."""
        written_ms = self._written_ms
        looks = written_ms is None or not 0 <= now_ms - written_ms < EVERY_MS
        with writing(self.engine) as connection:
            if looks:
                self._advance(connection, now_ms)
            yield connection
        if looks:
            self._written_ms = now_ms

    def look(self, now_ms: int) -> None:
        """Notice that the clock was set back although there is nothing to commit."""
        if self._written_ms is None or now_ms + clocks.TOLERATED_MS < self._written_ms:
            with self.at(now_ms):
                pass

    def _advance(self, connection: Connection, now_ms: int) -> None:
        moved = clocks.advance(connection, self.shards, now_ms)
        if moved.recorded:
            shards = [one.shard for one in moved.recorded]
            summary_store.set_back(connection, shards, now_ms)
            due.set_back(connection, shards, now_ms)
            _report(max(one.from_ms for one in moved.recorded), now_ms, shards)
        if moved.recorded or moved.set_backs != self._set_backs:  # perhaps another receiver has recorded it
            self._forget()
            self._set_backs = moved.set_backs


def _report(from_ms: int, to_ms: int, shards: list[str]) -> None:
    at, to = (datetime.fromtimestamp(ms / 1000, UTC).isoformat(" ", "seconds") for ms in (from_ms, to_ms))
    log.warning(
        "the platform's clock was set back by %s, from %s to %s: in the shards %s nothing that was committed before is "
        "dated later than that, and what concerns it is judged again",
        timedelta(seconds=(from_ms - to_ms) // 1000),
        at,
        to,
        "".join(shards),
    )
