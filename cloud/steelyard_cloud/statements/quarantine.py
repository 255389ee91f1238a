"""The quarantine: what could not be authenticated, kept within bounds and counted by reason.

It never changes a scale's state. It is judged again when its identity is registered or a stored statement links to it;
what was evicted comes again, because no receipt covers it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, insert, select, update
from steelyard_protocol.statement import LINK_BYTES, hash_of

from steelyard_cloud.db.schema import quarantine, quarantine_counts, quarantine_sizes
from steelyard_cloud.db.upsert import upsert
from steelyard_cloud.statements.sql import IN_LIST

PER_TOPIC = 32  # rows
PER_TOPIC_BYTES = 128 * 1024
PER_SHARD = 1_024  # rows
PER_SHARD_BYTES = 2 * 1024 * 1024
EVICTED = 64  # rows that are looked at in one go
LONGEST = 8192
BAD_SIGNATURE = "signature"  # the reason of what a link may still vouch for
UNKNOWN_IDENTITY = "unknown-identity"  # the reason of what waits for a registration


class Suspect(NamedTuple):
    """Bytes that nobody vouches for, with a short reason that is counted."""

    shard: str
    topic: str
    kid: bytes | None
    reason: str
    hash: bytes
    raw: bytes


def of_message(topic: str, payload: bytes, reason: str, kid: bytes | None = None) -> Suspect:
    """A suspect from a topic `sy/1/<shard>/<identity>/up`."""
    return Suspect(topic[5:6] or "?", topic[:80], kid, reason, hash_of(payload), payload[:LONGEST])


def add(connection: Connection, suspects: Iterable[Suspect], now_ms: int) -> None:
    """Keep them, the newest of each topic and of each shard; the same bytes on a topic are kept once."""
    by_topic: dict[str, dict[bytes, Suspect]] = {}
    for suspect in suspects:
        by_topic.setdefault(suspect.topic, {})[suspect.hash] = suspect
    for topic, found in sorted(by_topic.items()):
        _add_to_topic(connection, topic, found, now_ms)
    for shard in sorted({one.shard for found in by_topic.values() for one in found.values()}):
        _evict(connection, shard)


def _add_to_topic(connection: Connection, topic: str, found: dict[bytes, Suspect], now_ms: int) -> None:
    c = quarantine.c
    query = select(c.id, c.hash, func.length(c.raw)).where(c.topic == topic).order_by(c.id.desc())
    known = {hash_: (id_, size) for id_, hash_, size in connection.execute(query)}
    newest = [one for hash_, one in reversed(found.items()) if hash_ not in known]
    sizes = [*(len(one.raw) for one in newest), *(size for _, size in known.values())]
    kept = _fitting(sizes, PER_TOPIC, PER_TOPIC_BYTES)
    _forget(connection, [id_ for id_, _ in known.values()][max(0, kept - len(newest)) :])
    fresh = newest[:kept][::-1]
    if fresh:
        connection.execute(insert(quarantine), [{**one._asdict(), "received_ms": now_ms} for one in fresh])
        _grow(connection, fresh[0].shard, len(fresh), sum(len(one.raw) for one in fresh))


def _fitting(sizes: Sequence[int], rows: int, bytes_: int) -> int:
    """How many from the beginning are at most so many rows and bytes."""
    for at, size in enumerate(sizes[:rows]):
        bytes_ -= size
        if bytes_ < 0:
            return at
    return min(len(sizes), rows)


def _grow(connection: Connection, shard: str, rows: int, bytes_: int) -> None:
    c = quarantine_sizes.c
    row = {"shard": shard, "rows": rows, "bytes": bytes_}
    connection.execute(upsert(connection, quarantine_sizes, row, {"rows": c.rows + rows, "bytes": c.bytes + bytes_}))


def _evict(connection: Connection, shard: str) -> None:
    """Forget the oldest of a shard until it is within its bounds."""
    c, sizes = quarantine.c, quarantine_sizes.c
    oldest = select(c.id, func.length(c.raw)).where(c.shard == shard).order_by(c.id).limit(EVICTED)
    while True:
        rows, bytes_ = connection.execute(select(sizes.rows, sizes.bytes).where(sizes.shard == shard)).one()
        ids = []
        for id_, size in connection.execute(oldest):
            if rows <= PER_SHARD and bytes_ <= PER_SHARD_BYTES:
                break
            ids.append(id_)
            rows, bytes_ = rows - 1, bytes_ - size
        if not ids:
            return
        _forget(connection, ids)


def count(connection: Connection, counted: Mapping[tuple[str, str], int]) -> None:
    """Add to the counts of (shard, reason)."""
    c = quarantine_counts.c
    for (shard, reason), number in sorted(counted.items()):
        row = {"shard": shard, "reason": reason, "count": number}
        connection.execute(upsert(connection, quarantine_counts, row, {"count": c.count + number}))


def waiting(connection: Connection, topic: str) -> list[tuple[int, bytes]]:
    """(id, message) of what waits on a topic for the registration of its identity; bounded as the topic is."""
    c = quarantine.c
    query = select(c.id, c.raw).where(c.topic == topic, c.reason == UNKNOWN_IDENTITY).order_by(c.id)
    return [(id_, raw) for id_, raw in connection.execute(query)]


def linked(connection: Connection, topic: str, link: bytes) -> list[tuple[int, bytes]]:
    """(id, statement) of what waits on a topic and has a hash that begins so."""
    c, rest = quarantine.c, 32 - LINK_BYTES
    between = c.hash.between(link + b"\x00" * rest, link + b"\xff" * rest)
    query = select(c.id, c.raw).where(c.topic == topic, between, c.reason == BAD_SIGNATURE)
    return [(id_, raw) for id_, raw in connection.execute(query)]


def links(connection: Connection, shards: Iterable[str]) -> set[tuple[bytes, bytes]]:
    """(kid, first 16 bytes of the hash) of what a link could still vouch for."""
    c = quarantine.c
    rows = connection.execute(
        select(c.kid, c.hash).where(c.shard.in_(list(shards)), c.reason == BAD_SIGNATURE, c.kid.is_not(None))
    )
    return {(kid, hash_[:LINK_BYTES]) for kid, hash_ in rows}


def release(connection: Connection, ids: Sequence[int]) -> None:
    """Forget rows that are stored now."""
    _forget(connection, ids)


def _forget(connection: Connection, ids: Sequence[int]) -> None:
    c, sizes = quarantine.c, quarantine_sizes.c
    for start in range(0, len(ids), IN_LIST):
        some = delete(quarantine).where(c.id.in_(ids[start : start + IN_LIST]))
        gone: dict[str, list[int]] = {}
        for shard, size in connection.execute(some.returning(c.shard, func.length(c.raw))):
            gone.setdefault(shard, []).append(size)
        for shard, lengths in sorted(gone.items()):
            fewer = {"rows": sizes.rows - len(lengths), "bytes": sizes.bytes - sum(lengths)}
            connection.execute(update(quarantine_sizes).where(sizes.shard == shard).values(fewer))
