"""Where each scale stands by the last judgement: the lists and pages read it."""

from typing import Any

from sqlalchemy import Connection, select

from steelyard_cloud.db import feeds
from steelyard_cloud.db.schema import standings
from steelyard_cloud.db.upsert import upsert


def write(connection: Connection, scale_id: int, shard: str, standing: dict[str, Any], now_ms: int) -> bool:
    """Store where a scale stands, and report it to the outbox; False where it stands there already."""
    if connection.scalar(select(standings.c.standing).where(standings.c.scale_id == scale_id)) == standing:
        return False
    values = {"standing": standing, "gaps": standing["missing"], "forks": standing["forks"], "judged_ms": now_ms}
    row = {"scale_id": scale_id, "shard": shard, **values}
    connection.execute(upsert(connection, standings, row, values))
    feeds.append(connection, feeds.OUTBOX, shard, "scale", scale_id, standing, now_ms)
    return True
