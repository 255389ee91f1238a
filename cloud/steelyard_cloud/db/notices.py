"""PostgreSQL's NOTIFY wakes the readers of the feeds in other processes: they need not wait for their next poll.

It is only ever a hint: a notice that gets lost costs the reader the rest of its 200 ms. SQLite has no such thing.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, func, select

log = logging.getLogger(__name__)

CHANNEL = "steelyard_feeds"
LOOK_S = 0.5  # how long ending may take
RETRY_S = 5.0


def announce(connection: Connection, feed: str) -> None:
    """Tell listeners of a feed when the caller's transaction commits; several in one transaction are one."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_notify(CHANNEL, feed)))


@contextmanager
def listening(engine: Engine, wakes: Mapping[str, Callable[[], None]]) -> Iterator[None]:
    """Meanwhile call `wakes[feed]`, from another thread, whenever a transaction that wrote to the feed commits."""
    if engine.dialect.name != "postgresql":
        yield
        return
    ended = threading.Event()
    thread = threading.Thread(target=_listen, args=(engine, wakes, ended), name="notices", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _listen(engine: Engine, wakes: Mapping[str, Callable[[], None]], ended: threading.Event) -> None:
    import psycopg  # an extra that only PostgreSQL needs

    address = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    listens = True
    while not ended.is_set():
        try:
            with psycopg.connect(address, autocommit=True) as connection:
                connection.execute(f"LISTEN {CHANNEL}")
                listens = True
                for wake in wakes.values():  # for what was written before
                    wake()
                while not ended.is_set():
                    for notice in connection.notifies(timeout=LOOK_S):
                        if wanted := wakes.get(notice.payload):
                            wanted()
        except psycopg.OperationalError as error:
            if listens:
                log.warning("cannot listen to the database's notices, polling alone until then: %s", error)
            listens = False
            ended.wait(RETRY_S)
