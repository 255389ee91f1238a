"""A scale as the subject of a step of its life, and whose word the owner's is."""

from collections.abc import Iterable

from sqlalchemy import Connection, func, select

from steelyard_cloud.db.schema import scales
from steelyard_cloud.errors import Refusal
from steelyard_cloud.people.audit import Actor
from steelyard_cloud.people.roles import Role
from steelyard_cloud.scales.life.table import Of
from steelyard_cloud.scales.life.take import Subject
from steelyard_cloud.scales.queries import ScaleInScope
from steelyard_cloud.scales.refusals import NotTheOwner

NOT_AS_OWNER = (Role.REGULATOR, Role.ADMIN, Role.REPAIRER)
"""Who acts on a scale of others by their office or trade."""


def subject_of(scale: ScaleInScope) -> Subject:
    """The scale as `take` wants it."""
    return Subject(Of.SCALE, scale.id, scale.shard, scale.name)


def not_the_owner(connection: Connection, actor: Actor, scale: ScaleInScope) -> Iterable[Refusal]:
    """Why somebody may not speak for the owner as the registry has them at this moment."""
    c = scales.c
    owner = select(func.coalesce(c.owner_id, c.organisation_id)).where(c.id == scale.id)
    speaks = actor.role in NOT_AS_OWNER or actor.organisation_id == connection.scalar(owner)
    return [] if speaks else [NotTheOwner()]
