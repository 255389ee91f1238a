"""SQLite as the platform uses it: what a connection is set to, and a write-ahead log that stays bounded.

SQLite starts its log again from the beginning only at a moment when nobody reads from it. Under readers that overlap
that moment never comes, and the log grows without end; so whoever has written waits for the readers of the old part to
finish, once the log is longer than it should be. New readers read the database meanwhile, and hold nobody up.
"""

import contextlib
import logging
import time
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, event

log = logging.getLogger(__name__)

PAGE_BYTES = 4096
LOG_PAGES = 16_384  # at the default every batch would end with a checkpoint
LOG_BYTES = 80 * 2**20
"""A log longer than this is written back and cut off."""
WAIT_MS = 2_000
"""So long writers wait for readers of the old part of the log, and then not again before so long."""
BUSY_MS = 30_000
PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "cache_size = -65536",
    f"wal_autocheckpoint = {LOG_PAGES}",
    f"journal_size_limit = {LOG_PAGES * PAGE_BYTES}",
    f"busy_timeout = {BUSY_MS}",
)
_tried_s: WeakKeyDictionary[Engine, float] = WeakKeyDictionary()


def prepare(engine: Engine) -> None:
    """Have connections set up, and transactions take the write lock at once unless they only read."""

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        # The driver must not open transactions by itself: BEGIN IMMEDIATE below takes the write lock at once, so
        # that a reader never has to become a writer half way and fail.
        connection.isolation_level = None
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        reads = connection.get_execution_options().get("reads", False)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def bound_log(engine: Engine) -> None:
    """After a commit: write a log that grew too long back into the database. It is only put off where that fails."""
    path = Path(f"{engine.url.database}-wal")
    now_s = time.monotonic()
    with contextlib.suppress(OSError):
        if path.stat().st_size <= LOG_BYTES or now_s - _tried_s.get(engine, 0.0) < WAIT_MS / 1000:
            return
        _tried_s[engine] = now_s
        with contextlib.closing(engine.raw_connection()) as connection:
            driver: Any = connection.driver_connection
            driver.execute(f"PRAGMA busy_timeout = {WAIT_MS}")
            try:
                busy, _, _ = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            except driver.Error as error:
                log.warning("the write-ahead log cannot be written back yet: %s", error)
                return
            finally:
                driver.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        if busy:
            log.info("a reader keeps the write-ahead log of %s from being cut off", engine.url.database)
        else:
            _tried_s.pop(engine, None)  # cut off: however fast it grows again, it is cut off again
