"""Server-sent events: one reader of the outbox per process, any number of browsers and programs listening.

The reader keeps a cursor per shard and looks every 200 ms, or at once when `wake` is called in the same process. A
listener has a bounded queue; one that does not keep up is dropped, reconnects, and catches up by its last event id,
which is the cursor itself.
"""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import SQLAlchemyError

from steelyard_cloud.settings import SHARDS
from steelyard_cloud.store import database, feeds
from steelyard_cloud.store.schema import scales
from steelyard_cloud.web.roles import Principal
from steelyard_cloud.web.scoping import covers

log = logging.getLogger(__name__)

POLL_S = 0.2
QUEUE_LENGTH = 256
READ_LIMIT = 500
MAX_ID_LENGTH = 1024
LIFE_S = 600
"""After this a client has to come again with its last event id, and is asked again who it is."""

Cursor = dict[str, int]


def write_cursor(cursor: Cursor) -> str:
    """A cursor as an event id: "0.12-7.340", shard and position."""
    return "-".join(f"{shard}.{position}" for shard, position in sorted(cursor.items()) if position)


def read_cursor(text: str) -> Cursor | None:
    """The cursor in an event id; None for anything else."""
    cursor: Cursor = {}
    if len(text) > MAX_ID_LENGTH:
        return None
    for part in text.split("-") if text else []:
        shard, _, position = part.partition(".")
        if len(shard) != 1 or not (position.isascii() and position.isdigit()) or len(position) > 18:
            return None
        cursor[shard] = int(position)
    return cursor


@dataclass(frozen=True)
class Place:
    """Whose scale an event concerns, as the registry has it when the event is told."""

    public_code: str
    organisation_id: int
    division_code: str


@dataclass(frozen=True)
class News:
    """An entry of the outbox with its scale's place; None where it concerns no scale on record."""

    entry: feeds.Entry
    place: Place | None


@dataclass(frozen=True)
class Told:
    """One event, and the cursor behind it."""

    news: News
    cursor: str


@dataclass(eq=False)
class Listener:
    """One connected client; `dropped` is set when it did not keep up."""

    queue: asyncio.Queue[Told | None] = field(default_factory=lambda: asyncio.Queue(QUEUE_LENGTH))


async def _next(queue: asyncio.Queue[Told | None], end: float) -> Told | None:
    """The next event; None when the listener was dropped or its time is over."""
    try:
        return await asyncio.wait_for(queue.get(), end - asyncio.get_running_loop().time())
    except TimeoutError:
        return None


class Hub:
    """Reads the outbox for all listeners of this process; it runs only while somebody listens."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._listeners: set[Listener] = set()
        self._cursor: Cursor = {}
        self._task: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._starting = asyncio.Lock()
        self._woken = asyncio.Event()
        self._closing = False

    def wake(self) -> None:
        """Look at the outbox now; may be called from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            with contextlib.suppress(RuntimeError):  # the loop may close between the check and the call
                self._loop.call_soon_threadsafe(self._woken.set)

    def stop(self) -> None:
        """End all streams, so that the server can shut down; may be called from any thread."""
        self._closing = True
        if self._loop is not None and not self._loop.is_closed():
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        for listener in list(self._listeners):
            self._drop(listener)
        if self._task is not None:
            self._task.cancel()

    async def listen(self, last_id: str | None) -> AsyncIterator[Told]:
        """Events from now on, or from behind `last_id`; ends when the client fell behind or the server closes."""
        listener = Listener()
        async with self._starting:
            if self._task is None or self._task.done():
                self._loop = asyncio.get_running_loop()
                self._cursor = await asyncio.to_thread(self._heads)
                self._task = asyncio.create_task(self._run())
        start = dict(self._cursor)
        self._listeners.add(listener)
        try:
            since = read_cursor(last_id) if last_id else None
            if since is not None:
                async for told in self._missed(since, start):
                    yield told
            end = asyncio.get_running_loop().time() + LIFE_S
            while not self._closing and (told_now := await _next(listener.queue, end)) is not None:
                yield told_now
        finally:
            self._listeners.discard(listener)

    async def _missed(self, since: Cursor, until: Cursor) -> AsyncIterator[Told]:
        cursor = {shard: min(since.get(shard, 0), last) for shard, last in until.items()}
        for shard, last in until.items():
            while cursor[shard] < last:
                limit = min(READ_LIMIT, last - cursor[shard])
                entries = await asyncio.to_thread(self._read, shard, cursor[shard], limit)
                if not entries:
                    break
                for news in entries:
                    cursor[shard] = news.entry.position
                    yield Told(news, write_cursor(cursor))

    async def _run(self) -> None:
        while self._listeners:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), POLL_S)
            self._woken.clear()
            try:
                found = await asyncio.to_thread(self._news, dict(self._cursor))
            except SQLAlchemyError as error:
                log.warning("the outbox cannot be read; trying again: %s", error)
                await asyncio.sleep(POLL_S)
                continue
            for news in found:
                self._cursor[news.entry.shard] = news.entry.position
                self._tell(Told(news, write_cursor(self._cursor)))

    def _tell(self, told: Told) -> None:
        for listener in list(self._listeners):
            try:
                listener.queue.put_nowait(told)
            except asyncio.QueueFull:
                self._drop(listener)

    def _drop(self, listener: Listener) -> None:
        self._listeners.discard(listener)
        with contextlib.suppress(asyncio.QueueFull):
            listener.queue.put_nowait(None)
            return
        listener.queue.get_nowait()
        listener.queue.put_nowait(None)

    def _heads(self) -> Cursor:
        with database.reading(self._engine) as connection:
            return feeds.heads(connection, feeds.OUTBOX, SHARDS)

    def _read(self, shard: str, after: int, limit: int) -> list[News]:
        with database.reading(self._engine) as connection:
            return _placed(connection, feeds.read(connection, feeds.OUTBOX, {shard: after}, limit))

    def _news(self, cursor: Cursor) -> list[News]:
        with database.reading(self._engine) as connection:
            heads = feeds.heads(connection, feeds.OUTBOX, SHARDS)
            behind = {shard: cursor.get(shard, 0) for shard, head in heads.items() if head > cursor.get(shard, 0)}
            return _placed(connection, feeds.read(connection, feeds.OUTBOX, behind, READ_LIMIT))


def _placed(connection: Connection, entries: list[feeds.Entry]) -> list[News]:
    wanted = {entry.scale_id for entry in entries if entry.scale_id is not None}
    query = select(scales.c.id, scales.c.public_code, scales.c.organisation_id, scales.c.division_code)
    rows = connection.execute(query.where(scales.c.id.in_(wanted))) if wanted else ()
    places = {row.id: Place(row.public_code, row.organisation_id, row.division_code) for row in rows}
    return [News(entry, places.get(entry.scale_id) if entry.scale_id is not None else None) for entry in entries]


def for_principal(told: Told, principal: Principal, topics: frozenset[str]) -> dict[str, str] | None:
    """The event as `principal` may see it, for sse-starlette; None if it is not theirs or not asked for."""
    entry, place = told.news.entry, told.news.place
    if place is None or entry.topic not in topics:
        return None
    if not covers(principal, place.organisation_id, place.division_code):
        return None
    body = {"scale": place.public_code, **entry.body}
    return {"event": entry.topic, "id": told.cursor, "data": json.dumps(body, separators=(",", ":"))}
