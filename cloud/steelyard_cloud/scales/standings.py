"""Where each scale stands by the last judgement: the lists and pages read it."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from steelyard_cloud.db.feeds import New
from steelyard_cloud.db.schema import standings
from steelyard_cloud.db.upsert import upsert_each

Standings = Mapping[int, tuple[str, dict[str, Any]]]  # scale → its shard, and where it stands


def write(connection: Connection, judged: Standings, now_ms: int) -> list[tuple[str, New]]:
    """Store where scales stand; gives with its shard what the outbox is to report, of those that stood elsewhere."""
    query = select(standings.c.scale_id, standings.c.standing).where(standings.c.scale_id.in_(judged))
    before = {row.scale_id: row.standing for row in connection.execute(query)}
    moved = [(scale_id, *now) for scale_id, now in sorted(judged.items()) if before.get(scale_id) != now[1]]
    rows = [
        {
            "scale_id": scale_id,
            "shard": shard,
            "standing": standing,
            "gaps": standing["missing"],
            "forks": standing["forks"],
            "judged_ms": now_ms,
        }
        for scale_id, shard, standing in moved
    ]
    upsert_each(connection, standings, rows)
    return [(shard, New("scale", scale_id, standing)) for scale_id, shard, standing in moved]
