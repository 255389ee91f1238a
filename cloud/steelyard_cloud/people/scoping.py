"""Who sees which rows: the one place that narrows queries, and that vouches for a row that passed.

Tables that people read carry `organisation_id` and `division_code`. Regulators, verification institutions
and repairers see the divisions that their organisation covers and what lies below them in the tree (`divisions`); an
administrator sees all, who evaluates types sees no scale, and every other role its own organisation's rows, as maker or
as owner.

A domain's functions take a `ScaleInScope`, an `AlertInScope` and so on, never a bare id. Each is an `InScope`, which
nobody can make without a `ScopeCheck`, and `rows_in_scope` alone makes those: who forgets to ask has nothing to pass.
"""

from dataclasses import InitVar, dataclass, field
from typing import Any, ClassVar, Final

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, false, true

from steelyard_cloud.people.divisions import EVERYWHERE, below, lies_below, within
from steelyard_cloud.people.roles import Principal, Role

_BY_DIVISION = (Role.REGULATOR, Role.VERIFICATION, Role.REPAIRER)
_BY_ORGANISATION = (Role.MANUFACTURER, Role.TECHNICIAN, Role.OPERATOR)


def scoped(principal: Principal, table: Table) -> ColumnElement[bool]:
    """The condition on `table` for rows that `principal` may see; nothing for a principal without a place."""
    if principal.role is Role.ADMIN:
        return true()
    if principal.role in _BY_DIVISION:
        if not EVERYWHERE.isdisjoint(principal.covered):
            return table.c.division_code.is_not(None)
        codes = below(principal.covered) if principal.paths is None else within(principal.paths)
        return table.c.division_code.in_(codes)
    if principal.role in _BY_ORGANISATION and principal.organisation_id is not None:
        maker = table.c.organisation_id == principal.organisation_id
        return maker | (table.c.owner_id == principal.organisation_id) if "owner_id" in table.c else maker
    return false()


def scope(query: Select[Any], principal: Principal, table: Table) -> Select[Any]:
    """`query` narrowed to the rows of `table` that `principal` may see."""
    return query.where(scoped(principal, table))


class _Key:
    """What `ScopeCheck` asks of whoever makes one; the only one there is stays in this module."""


_KEY: Final = _Key()


class ScopeCheck:
    """Vouches that one row of one table was read through `rows_in_scope`.

    It is a class that wants a key and not a NewType, because anybody may call a NewType with any number. It also names
    the table, so that a check of an alert does not open a scale.
    """

    __slots__ = ("_id", "_table")

    def __init__(self, key: _Key, table: Table, id_: int) -> None:
        if key is not _KEY:
            raise TypeError("only people.scoping can say that a row is in scope")
        self._table, self._id = table, id_

    def id_in(self, table: Table) -> int:
        """The id of the row, which must be one of `table`; raises TypeError."""
        if table is not self._table:
            raise TypeError(f"a row of {self._table.name} was checked, not one of {table.name}")
        return self._id


@dataclass(frozen=True, kw_only=True)
class InScope:
    """A row that somebody may see: base of `ScaleInScope`, `AlertInScope` and `ComplaintInScope`.

    `id` comes from the check and from nowhere else; `dataclasses.replace` wants a new check too.
    """

    TABLE: ClassVar[Table]

    id: int = field(init=False)
    check: InitVar[ScopeCheck]

    def __post_init__(self, check: ScopeCheck) -> None:
        """Take the id of the row that was checked."""
        object.__setattr__(self, "id", check.id_in(self.TABLE))


def rows_in_scope(
    connection: Connection, principal: Principal, query: Select[Any], table: Table
) -> list[tuple[ScopeCheck, Row[Any]]]:
    """Run `query`, which gives the id of `table` among others, and keep the rows that `principal` may see."""
    rows = connection.execute(scope(query, principal, table))
    return [(ScopeCheck(_KEY, table, row._mapping[table.c.id]), row) for row in rows]


def covers(principal: Principal, organisation_id: int | None, division_path: str | None) -> bool:
    """The same rule for a row whose place is known already, by its division's path (an event of the stream)."""
    if principal.role is Role.ADMIN:
        return True
    if principal.role in _BY_DIVISION:
        return division_path is not None and lies_below(division_path, principal.covered)
    known = principal.role in _BY_ORGANISATION and principal.organisation_id is not None
    return known and organisation_id == principal.organisation_id
