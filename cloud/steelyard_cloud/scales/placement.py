"""Where a scale stands, and which division supervises it."""

from sqlalchemy import Connection, select, update

from steelyard_cloud.db import feeds
from steelyard_cloud.db.schema import complaints, scales
from steelyard_cloud.errors import NotFound
from steelyard_cloud.people.audit import Actor, record
from steelyard_cloud.people.divisions import in_force
from steelyard_cloud.scales.queries import ScaleInScope


def place(
    connection: Connection, actor: Actor, scale: ScaleInScope, *, place: str, division_code: str, now_ms: int
) -> None:
    """Record place and division; complaints go with the scale.

    Its alerts follow when it is judged again, as ingest alone writes them. The caller has checked that the actor may
    move the scale where the division changes. Raises NotFound, and WrongValue for a division that is none or has ended.
    """
    before = connection.execute(select(scales.c.place, scales.c.division_code).where(scales.c.id == scale.id)).first()
    if before is None:
        raise NotFound(what="scale", name=scale.code)
    values = {"place": place, "division_code": division_code}
    connection.execute(update(scales).where(scales.c.id == scale.id).values(values))
    if division_code != before.division_code:
        in_force(connection, division_code)
        of_scale = update(complaints).where(complaints.c.scale_id == scale.id)
        connection.execute(of_scale.values(division_code=division_code))
    details = {**values, "from": {"place": before.place, "division_code": before.division_code}}
    record(connection, actor, "scale.place", f"scale:{scale.id}", details, now_ms)
    feeds.append(connection, feeds.CHANGES, scale.shard, "place", scale.id, {}, now_ms)
