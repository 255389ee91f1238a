"""Whether the parts behind the pages work: the database answers and stores, and each shard has a living worker.

A worker lives while its heartbeat moves; that is timed by the monotonic clock of this process, so a wall clock that is
set makes no dead worker look alive. Only what this process could not see, because it had just started, is taken from
the age by the database's clock.
"""

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

from steelyard_cloud.db import heartbeats
from steelyard_cloud.db.database import Connection, SQLAlchemyError
from steelyard_cloud.db.outage import Trouble, trouble_of
from steelyard_cloud.settings import SHARDS
from steelyard_cloud.web.http.problems import DatabaseAway, DatabaseFull, IngestAway, Problem

Transaction = Callable[[], AbstractContextManager[Connection]]

DEAD_S = 30.0
"""A heartbeat that stood still for so long is that of a dead worker; living ones beat every few seconds."""
LOOK_S = 2.0
"""So long an answer about the workers is good enough for pages."""
STORE_S = 5.0
PATIENCE_S = 5.0
"""A database that takes longer does not answer."""


class Workers:
    """Which shards have a living worker, as this process has seen; for several threads."""

    def __init__(self, reading: Transaction, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._reading, self._clock_s = reading, clock_s
        self._lock = threading.Lock()
        self._seen: dict[str, tuple[int, float]] = {}  # shard → count, and when it was first seen
        self._dead: frozenset[str] = frozenset()
        self._looked_s: float | None = None

    def look(self) -> frozenset[str]:
        """The shards that had a worker and have none now."""
        with self._reading() as connection:
            beats = heartbeats.read(connection)
        now_s = self._clock_s()
        with self._lock:
            for shard, beat in beats.items():
                if self._seen.get(shard, (None,))[0] != beat.counted:
                    self._seen[shard] = beat.counted, now_s
            self._dead = frozenset(
                shard
                for shard, beat in beats.items()
                if now_s - self._seen[shard][1] > DEAD_S or beat.age_ms > DEAD_S * 1000
            )
            self._looked_s = now_s
        return self._dead

    def dead(self) -> frozenset[str]:
        """The same, at most `LOOK_S` old."""
        looked_s = self._looked_s
        fresh = looked_s is not None and self._clock_s() - looked_s < LOOK_S
        return self._dead if fresh else self.look()

    def without(self) -> str:
        """The shards that have no worker now, whether or not they had one."""
        dead = self.look()
        return "".join(shard for shard in SHARDS if shard in dead or shard not in self._seen)

    def all_dead(self) -> bool:
        """Whether there were workers, and none is left."""
        return bool(dead := self.dead()) and dead == self._seen.keys()


class Health:
    """Tries what pages need, one try at a time however many ask."""

    def __init__(self, writing: Transaction, workers: Workers) -> None:
        self._writing, self._workers = writing, workers
        self._trying: asyncio.Task[None] | None = None
        self._stored_s: float | None = None

    async def check(self) -> None:
        """Raise DatabaseAway, DatabaseFull or IngestAway."""
        if self._trying is None or self._trying.done():
            self._trying = asyncio.create_task(asyncio.to_thread(self._try))
        try:
            await asyncio.wait_for(asyncio.shield(self._trying), PATIENCE_S)
        except TimeoutError:
            raise DatabaseAway from None
        except SQLAlchemyError as error:
            raise problem_of(error) or error from None

    def _try(self) -> None:
        shards = self._workers.without()
        if self._stored_s is None or time.monotonic() - self._stored_s > STORE_S:
            with self._writing() as connection:
                heartbeats.store(connection)
            self._stored_s = time.monotonic()
        if shards:
            raise IngestAway(shards=shards)


def problem_of(error: SQLAlchemyError) -> Problem | None:
    """What a reader is told of a database's error; None where it is not the database that fails."""
    trouble = trouble_of(error)
    if trouble is None:
        return None
    return DatabaseFull() if trouble is Trouble.FULL else DatabaseAway()
