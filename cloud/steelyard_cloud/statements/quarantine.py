"""The quarantine: what could not be authenticated, kept within bounds and counted by reason.

It never changes a scale's state. It is judged again when its identity is registered or a stored statement links to it;
what was evicted comes again, because no receipt covers it.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, insert, select
from steelyard_protocol.statement import hash_of

from steelyard_cloud.db.schema import quarantine, quarantine_counts
from steelyard_cloud.db.upsert import upsert

PER_TOPIC = 32
IN_ALL = 10_000
LONGEST = 8192
BAD_SIGNATURE = "signature"  # the reason of what a link may still vouch for


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
    return Suspect(topic[5:6] or "?", topic[:80], kid, reason, hash_of(payload), payload)


def add(connection: Connection, suspects: Iterable[Suspect], now_ms: int) -> None:
    """Keep them, the newest of each topic and in all; the same bytes on a topic are kept once."""
    by_topic: dict[str, dict[bytes, Suspect]] = {}
    for suspect in suspects:
        by_topic.setdefault(suspect.topic, {})[suspect.hash] = suspect
    for topic, found in by_topic.items():
        known = {
            row.hash: row.id
            for row in connection.execute(
                select(quarantine.c.id, quarantine.c.hash)
                .where(quarantine.c.topic == topic)
                .order_by(quarantine.c.id.desc())
            )
        }
        fresh = [one for one in found.values() if one.hash not in known][-PER_TOPIC:]
        room = max(0, PER_TOPIC - len(fresh))
        _forget(connection, list(known.values())[room:])
        if fresh:
            connection.execute(
                insert(quarantine),
                [{**one._asdict(), "raw": one.raw[:LONGEST], "received_ms": now_ms} for one in fresh],
            )
    excess = connection.execute(select(func.count()).select_from(quarantine)).scalar_one() - IN_ALL
    if excess > 0:
        oldest = select(quarantine.c.id).order_by(quarantine.c.id).limit(excess)
        _forget(connection, list(connection.scalars(oldest)))


def count(connection: Connection, counted: Mapping[tuple[str, str], int]) -> None:
    """Add to the counts of (shard, reason)."""
    c = quarantine_counts.c
    for (shard, reason), number in sorted(counted.items()):
        row = {"shard": shard, "reason": reason, "count": number}
        connection.execute(upsert(connection, quarantine_counts, row, {"count": c.count + number}))


def of_kid(connection: Connection, kid: bytes) -> list[tuple[int, str, bytes]]:
    """(id, topic, bytes) of what waits for this identity."""
    c = quarantine.c
    rows = connection.execute(select(c.id, c.topic, c.raw).where(c.kid == kid).order_by(c.id))
    return [(id_, topic, raw) for id_, topic, raw in rows]


def links(connection: Connection, shards: Iterable[str]) -> set[tuple[bytes, bytes]]:
    """(kid, first 16 bytes of the hash) of what a link could still vouch for."""
    c = quarantine.c
    rows = connection.execute(
        select(c.kid, c.hash).where(c.shard.in_(list(shards)), c.reason == BAD_SIGNATURE, c.kid.is_not(None))
    )
    return {(kid, hash_[:16]) for kid, hash_ in rows}


def release(connection: Connection, ids: list[int]) -> None:
    """Forget rows that are stored now."""
    _forget(connection, ids)


def _forget(connection: Connection, ids: list[int]) -> None:
    for start in range(0, len(ids), 500):
        connection.execute(delete(quarantine).where(quarantine.c.id.in_(ids[start : start + 500])))
