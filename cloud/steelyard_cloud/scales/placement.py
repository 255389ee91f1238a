"""Where a scale stands, and which division supervises it."""

from sqlalchemy import Connection, select, update

from steelyard_cloud.db import feeds
from steelyard_cloud.db.schema import complaints, scales
from steelyard_cloud.errors import NotFound
from steelyard_cloud.people.audit import Actor, record


def place(connection: Connection, actor: Actor, *, scale_id: int, place: str, division_code: str, now_ms: int) -> None:
    """Record place and division; complaints go with the scale.

    Its alerts follow when it is judged again, as ingest alone writes them. The caller has checked that the actor may
    see the scale, and may move it where the division changes. Raises NotFound.
    """
    before = connection.execute(
        select(scales.c.shard, scales.c.place, scales.c.division_code).where(scales.c.id == scale_id)
    ).first()
    if before is None:
        raise NotFound(what="scale", name=scale_id)
    values = {"place": place, "division_code": division_code}
    connection.execute(update(scales).where(scales.c.id == scale_id).values(values))
    if division_code != before.division_code:
        of_scale = update(complaints).where(complaints.c.scale_id == scale_id)
        connection.execute(of_scale.values(division_code=division_code))
    details = {**values, "from": {"place": before.place, "division_code": before.division_code}}
    record(connection, actor, "scale.place", f"scale:{scale_id}", details, now_ms)
    feeds.append(connection, feeds.CHANGES, before.shard, "place", scale_id, {}, now_ms)
