"""Whose scale an event concerns, for telling it to those who may see the scale and to nobody else."""

from collections.abc import Collection

from sqlalchemy import Connection, select

from steelyard_cloud.db.schema import divisions, scales
from steelyard_cloud.people.roles import Principal
from steelyard_cloud.people.scoping import covers


class Supervised:
    """A scale's code, organisation and division's path; it gives the code only to a principal who may see the scale."""

    __slots__ = ("_code", "_division_path", "_organisation_id")

    def __init__(self, code: str, organisation_id: int, division_path: str | None) -> None:
        self._code, self._organisation_id, self._division_path = code, organisation_id, division_path

    def code_for(self, principal: Principal) -> str | None:
        """The public code; None if the scale is outside what the principal may see."""
        return self._code if covers(principal, self._organisation_id, self._division_path) else None


def supervised(connection: Connection, scale_ids: Collection[int]) -> dict[int, Supervised]:
    """The scales with these ids, as the registry has them now; unknown ids are left out."""
    if not scale_ids:
        return {}
    query = (
        select(scales.c.id, scales.c.public_code, scales.c.organisation_id, divisions.c.path)
        .join_from(scales, divisions, divisions.c.code == scales.c.division_code, isouter=True)
        .where(scales.c.id.in_(scale_ids))
    )
    return {row.id: Supervised(row.public_code, row.organisation_id, row.path) for row in connection.execute(query)}
