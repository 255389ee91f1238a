"""A database that is away or full: told apart, said once in the log when it begins, and once when it is over."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

log = logging.getLogger(__name__)

_SQLITE_READ_ONLY, _SQLITE_FULL, _SQLITE_CORRUPT, _SQLITE_NO_DATABASE = 8, 13, 11, 26
_FULL = frozenset({"53100", "25006"})  # PostgreSQL: disk full, read-only transaction


class Trouble(Enum):
    """What a database's error means for whoever waits for it."""

    AWAY = "does not answer"
    FULL = "can store nothing"


def trouble_of(error: Exception) -> Trouble | None:
    """What the error says about the database itself; None for an error of whoever asked it."""
    if isinstance(error, PoolTimeout):
        return Trouble.AWAY
    if not isinstance(error, DBAPIError):
        return None
    original: Any = error.orig
    code = getattr(original, "sqlite_errorcode", 0) & 0xFF
    if code in (_SQLITE_FULL, _SQLITE_READ_ONLY) or getattr(original, "sqlstate", None) in _FULL:
        return Trouble.FULL
    gone = isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated
    return Trouble.AWAY if gone or code in (_SQLITE_CORRUPT, _SQLITE_NO_DATABASE) else None


class Outage:
    """One kind of trouble with one database; for several threads."""

    def __init__(self, trouble: Trouble) -> None:
        self._trouble, self._lock = trouble, threading.Lock()
        self._since_s: float | None = None

    def began(self, why: object) -> None:
        """It failed; only the first time is logged."""
        with self._lock:
            if self._since_s is None:
                self._since_s = time.monotonic()
                log.error("the database %s; trying again until it does: %s", self._trouble.value, why)

    def over(self) -> None:
        """It worked; logged where it had failed before."""
        if self._since_s is None:  # nearly always, and without a lock
            return
        with self._lock:
            if self._since_s is not None:
                lasted_s = time.monotonic() - self._since_s
                self._since_s = None
                log.warning("the database works again, after %.0f s", lasted_s)


_outages: WeakKeyDictionary[Engine, dict[Trouble, Outage]] = WeakKeyDictionary()


def outages(engine: Engine) -> dict[Trouble, Outage]:
    """The outages of a database, one for each kind of trouble."""
    return _outages.setdefault(engine, {trouble: Outage(trouble) for trouble in Trouble})


@contextmanager
def noted(engine: Engine, *, stores: bool) -> Iterator[None]:
    """Note what becomes of a transaction: one that reads shows that the database answers, one that stores, both."""
    known = outages(engine)
    try:
        yield
    except Exception as error:
        if trouble := trouble_of(error):
            known[trouble].began(" ".join(str(getattr(error, "orig", error)).split()))
        raise
    known[Trouble.AWAY].over()
    if stores:
        known[Trouble.FULL].over()
