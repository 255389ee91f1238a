"""Who sees which rows: the one place that narrows queries.

Tables that people read carry `organisation_id` and `division_code`. A manufacturer and a technician see their own
organisation's rows; a regulator and a verification institution see their own administrative division and what lies
below it (GB/T 2260: pairs of digits, and three each for town and village; trailing zeros name the whole); an
administrator sees all.
"""

from typing import Any

from sqlalchemy import ColumnElement, Select, Table, false, true

from steelyard_cloud.people.roles import Principal, Role

_BY_DIVISION = (Role.REGULATOR, Role.VERIFICATION)
_BY_ORGANISATION = (Role.MANUFACTURER, Role.TECHNICIAN)


def region(division_code: str) -> str:
    """The prefix that a division and everything below it share: "330100" (a city) gives "3301"; "000000" and "" all."""
    code = division_code
    for length, zeros in ((12, "000"), (9, "000"), (6, "00"), (4, "00"), (2, "00")):
        if len(code) == length and code.endswith(zeros):
            code = code[: -len(zeros)]
    return code


def scoped(principal: Principal, table: Table) -> ColumnElement[bool]:
    """The condition on `table` for rows that `principal` may see; nothing for a principal without a place."""
    if principal.role is Role.ADMIN:
        return true()
    if principal.role in _BY_DIVISION and principal.division is not None:
        return table.c.division_code.startswith(region(principal.division), autoescape=True)
    if principal.role in _BY_ORGANISATION and principal.organisation_id is not None:
        return table.c.organisation_id == principal.organisation_id
    return false()


def scope(query: Select[Any], principal: Principal, table: Table) -> Select[Any]:
    """`query` narrowed to the rows of `table` that `principal` may see."""
    return query.where(scoped(principal, table))


def covers(principal: Principal, organisation_id: int | None, division_code: str | None) -> bool:
    """The same rule for one row that is already in hand (an event of the stream)."""
    if principal.role is Role.ADMIN:
        return True
    if principal.role in _BY_DIVISION and principal.division is not None:
        return division_code is not None and division_code.startswith(region(principal.division))
    if principal.role in _BY_ORGANISATION and principal.organisation_id is not None:
        return organisation_id == principal.organisation_id
    return False
