"""Where the type of a scale stands: whether its approval is in force, and what its envelope allows."""

from typing import NamedTuple

from sqlalchemy import Connection, RowMapping, select

from steelyard_cloud.db import feeds
from steelyard_cloud.db.schema import scale_types, scales
from steelyard_cloud.errors import NotFound, Refusal
from steelyard_cloud.scales.envelope import Envelope
from steelyard_cloud.scales.life.table import Stage
from steelyard_cloud.scales.queries import ScaleInScope
from steelyard_cloud.scales.refusals import TypeNotInForce


class TypeState(NamedTuple):
    """What a step of a scale or of a program needs of its type."""

    id: int
    organisation_id: int
    model: str
    stage: Stage
    envelope: Envelope

    def not_in_force(self) -> list[Refusal]:
        """Why nothing new may be done with it."""
        return [] if self.stage is Stage.IN_FORCE else [TypeNotInForce(model=self.model, stage=self.stage.value)]


_QUERY = select(
    scale_types.c.id,
    scale_types.c.organisation_id,
    scale_types.c.maker,
    scale_types.c.model,
    scale_types.c.stage,
    scale_types.c.envelope,
)


def _state(m: RowMapping) -> TypeState:
    name = f"{m['maker']} {m['model']}"
    return TypeState(m["id"], m["organisation_id"], name, Stage(m["stage"]), Envelope.from_json(m["envelope"]))


def type_of(connection: Connection, scale: ScaleInScope) -> TypeState:
    """The type of a scale."""
    of_scale = select(scales.c.scale_type_id).where(scales.c.id == scale.id).scalar_subquery()
    return _state(connection.execute(_QUERY.where(scale_types.c.id == of_scale)).mappings().one())


def type_by_id(connection: Connection, scale_type_id: int) -> TypeState:
    """A type; raises NotFound."""
    row = connection.execute(_QUERY.where(scale_types.c.id == scale_type_id)).mappings().first()
    if row is None:
        raise NotFound(what="scale type", name=scale_type_id)
    return _state(row)


def have_judged(connection: Connection, scale_type_id: int, now_ms: int) -> None:
    """Have the scales of a type judged again."""
    concerned = select(scales.c.shard).where(scales.c.scale_type_id == scale_type_id).distinct()
    for shard in sorted(connection.scalars(concerned)):
        body = {"scale_type_id": scale_type_id}
        feeds.append(connection, feeds.CHANGES, shard, "scale-type", None, body, now_ms)
