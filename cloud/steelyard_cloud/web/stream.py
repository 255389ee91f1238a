"""Server-sent events: one reader of the outbox per process, any number of browsers and programs listening.

The reader keeps a cursor per shard and looks every 200 ms, or at once when `wake` is called in the same process. A
listener has a bounded queue; one that does not keep up is dropped, reconnects, and catches up by its last event id,
which is the cursor itself. Where that is no longer possible the client is told to read the lists again.
"""

import asyncio
import contextlib
import json
import logging
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from steelyard_cloud.db import database, feeds
from steelyard_cloud.db.database import Connection, Engine, SQLAlchemyError
from steelyard_cloud.db.outage import trouble_of
from steelyard_cloud.people.roles import Principal
from steelyard_cloud.scales.supervision import Supervised, supervised
from steelyard_cloud.settings import SHARDS

log = logging.getLogger(__name__)

POLL_S = 0.2
QUEUE_LENGTH = 256
READ_LIMIT = 500
MAX_ID_LENGTH = 1024
MOST_MISSED = 5_000
"""A client that missed more than this reads the lists again, which is less work."""
MOST_STREAMS = 8
"""Streams that one principal may have open at a time with one process."""
LIFE_S = 600
"""After this a client has to come again with its last event id, and is asked again who it is."""

RESYNC = "resync"
"""The event that says: what you missed is not kept any more, read the lists again."""

Cursor = dict[str, int]
_POSITION = re.compile("[1-9][0-9]{0,17}")


def write_cursor(cursor: Cursor) -> str:
    """A cursor as an event id: "0.12-7.340", shard and position."""
    return "-".join(f"{shard}.{position}" for shard, position in sorted(cursor.items()) if position)


def read_cursor(text: str) -> Cursor | None:
    """The cursor in an event id as `write_cursor` writes it; None for anything else."""
    cursor: Cursor = {}
    if not text or len(text) > MAX_ID_LENGTH:
        return None
    for part in text.split("-"):
        shard, _, position = part.partition(".")
        if len(shard) != 1 or shard not in SHARDS or not _POSITION.fullmatch(position):
            return None
        cursor[shard] = int(position)
    return cursor if write_cursor(cursor) == text else None


@dataclass(frozen=True)
class News:
    """An entry of the outbox, and whose scale it concerns; None where that is no scale on record."""

    entry: feeds.Entry
    scale: Supervised | None


@dataclass(frozen=True)
class Told:
    """One event, and the cursor behind it; without news it says that the client has to read the lists again."""

    news: News | None
    cursor: str


@dataclass(eq=False)
class Listener:
    """One connected client of a principal; None in its queue ends it."""

    actor: str = ""
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

    def _drop_all(self) -> None:
        for listener in list(self._listeners):
            self._drop(listener)

    def _end(self) -> None:
        self._drop_all()
        if self._task is not None:
            self._task.cancel()

    def has_room_for(self, actor: str) -> bool:
        """Whether the principal may open one more stream."""
        return sum(listener.actor == actor for listener in self._listeners) < MOST_STREAMS

    async def ready(self) -> None:
        """Have the reader run; raises SQLAlchemyError where the database is away."""
        async with self._starting:
            if self._task is None or self._task.done():
                self._loop = asyncio.get_running_loop()
                self._cursor = await asyncio.to_thread(self._heads)
                self._task = asyncio.create_task(self._run())

    async def listen(
        self, principal: Principal, topics: frozenset[str], last_id: str | None
    ) -> AsyncIterator[dict[str, str]]:
        """Events on these topics that the principal may see, as sse-starlette takes them.

        They begin now, or behind `last_id`, and end when the client fell behind or the server closes.
        """
        async for told in self._listen(principal.actor, last_id):
            if event := _for_principal(told, principal, topics):
                yield event

    async def _listen(self, actor: str, last_id: str | None) -> AsyncIterator[Told]:
        listener = Listener(actor)
        await self.ready()
        start = dict(self._cursor)
        if not self.has_room_for(actor):  # several may have been let in at once
            return
        self._listeners.add(listener)
        try:
            if last_id is not None:
                try:
                    async for told in self._since(last_id, start):
                        yield told
                except SQLAlchemyError:  # the client comes again with the id that it has
                    return
            end = asyncio.get_running_loop().time() + LIFE_S
            while not self._closing and (told_now := await _next(listener.queue, end)) is not None:
                yield told_now
        finally:
            self._listeners.discard(listener)

    async def _since(self, last_id: str, until: Cursor) -> AsyncIterator[Told]:
        """What the client has missed, or the event that says that this is no longer known."""
        since = read_cursor(last_id)
        if since is None or not await asyncio.to_thread(self._holds, since, until):
            yield Told(None, write_cursor(until))
            return
        cursor = {shard: since.get(shard, 0) for shard in until}
        for shard, last in until.items():
            while cursor[shard] < last:
                limit = min(READ_LIMIT, last - cursor[shard])
                found = await asyncio.to_thread(self._read, shard, cursor[shard], limit)
                if len(found) < limit or found[0].entry.position != cursor[shard] + 1:  # some went meanwhile
                    yield Told(None, write_cursor(until))
                    return
                for news in found:
                    cursor[shard] = news.entry.position
                    yield Told(news, write_cursor(cursor))

    def _holds(self, since: Cursor, until: Cursor) -> bool:
        if sum(until.values()) - sum(since.values()) > MOST_MISSED:
            return False
        with database.reading(self._engine) as connection:
            return feeds.holds(connection, feeds.OUTBOX, since, until)

    async def _run(self) -> None:
        while self._listeners:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), POLL_S)
            self._woken.clear()
            try:
                found = await asyncio.to_thread(self._news, dict(self._cursor))
            except SQLAlchemyError as error:
                if trouble_of(error) is None:  # else it is in the log already, once
                    log.warning("the outbox cannot be read; trying again: %s", error)
                await asyncio.sleep(POLL_S)
                continue
            for news in found:
                if news.entry.position != self._cursor.get(news.entry.shard, 0) + 1:  # away for longer than it is kept
                    self._drop_all()
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
            return _with_scales(connection, feeds.read(connection, feeds.OUTBOX, {shard: after}, limit))

    def _news(self, cursor: Cursor) -> list[News]:
        with database.reading(self._engine) as connection:
            heads = feeds.heads(connection, feeds.OUTBOX, SHARDS)
            behind = {shard: cursor.get(shard, 0) for shard, head in heads.items() if head > cursor.get(shard, 0)}
            return _with_scales(connection, feeds.read(connection, feeds.OUTBOX, behind, READ_LIMIT))


def _with_scales(connection: Connection, entries: list[feeds.Entry]) -> list[News]:
    scales = supervised(connection, {entry.scale_id for entry in entries if entry.scale_id is not None})
    return [News(entry, scales.get(entry.scale_id) if entry.scale_id is not None else None) for entry in entries]


def _for_principal(told: Told, principal: Principal, topics: frozenset[str]) -> dict[str, str] | None:
    """The event as `principal` may see it; None if it is not theirs or not asked for."""
    if told.news is None:
        return {"event": RESYNC, "id": told.cursor, "data": "{}"}
    entry, scale = told.news.entry, told.news.scale
    if scale is None or entry.topic not in topics:
        return None
    code = scale.code_for(principal)
    if code is None:
        return None
    data = json.dumps({"scale": code, **entry.body}, separators=(",", ":"))
    return {"event": entry.topic, "id": told.cursor, "data": data}
