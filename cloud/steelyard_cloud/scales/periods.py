"""How often a scale has to report: registered at its enrolment, and changed only by a recorded act.

What the scale itself says of its period decides nothing: a scale that says "once a day" is missed as soon as any other.
"""

from sqlalchemy import Connection, select, update

from steelyard_cloud.db import feeds
from steelyard_cloud.db.schema import scales
from steelyard_cloud.people.audit import Actor
from steelyard_cloud.scales.life.take import Act, Written, take
from steelyard_cloud.scales.queries import ScaleInScope
from steelyard_cloud.scales.subjects import subject_of

SHORTEST_S, LONGEST_S = 1, 86_400


def register_period(
    connection: Connection, actor: Actor, scale: ScaleInScope, *, period_s: int, reason: str, now_ms: int
) -> None:
    """Register another period, in seconds, with a reason."""

    def write() -> Written:
        before = connection.scalar(select(scales.c.period_s).where(scales.c.id == scale.id))
        connection.execute(update(scales).where(scales.c.id == scale.id).values(period_s=period_s))
        feeds.append(connection, feeds.CHANGES, scale.shard, "period", scale.id, {}, now_ms)
        return Written(scale.id, {"period_s": period_s, "from": before})

    take(connection, actor, subject_of(scale), Act("period", write, reason=reason), now_ms)
