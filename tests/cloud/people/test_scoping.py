"""Who sees which rows, for every role, place and row: in the database as for a row whose place is known already."""

from itertools import product

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, create_engine, insert, select
from steelyard_cloud.people.roles import Principal, Role
from steelyard_cloud.people.scoping import InScope, ScopeCheck, covers, rows_in_scope, scope

ROWS = Table(
    "rows",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("organisation_id", Integer),
    Column("division_code", String),
)
OTHERS = Table("others", MetaData(), Column("id", Integer, primary_key=True))
ORGANISATIONS = (None, 1, 2)
DIVISIONS = (None, "000000", "330000", "330100", "330106", "330106003000", "330106003201", "3301%6", "440000")
PLACES = list(product(ORGANISATIONS, DIVISIONS))
BELOW = {
    "000000": set(DIVISIONS) - {None},
    "330000": {"330000", "330100", "330106", "330106003000", "330106003201", "3301%6"},
    "330100": {"330100", "330106", "330106003000", "330106003201", "3301%6"},
    "330106": {"330106", "330106003000", "330106003201"},
    "330106003000": {"330106003000", "330106003201"},
}


def sees(role: Role, own: tuple[int | None, str | None], row: tuple[int | None, str | None]) -> bool:
    """The rule as the list of roles has it, one role after the other."""
    if role is Role.ADMIN:
        return True
    if role is Role.TYPE_EVALUATION:
        return False
    if role in (Role.MANUFACTURER, Role.TECHNICIAN, Role.OPERATOR):
        return None not in (own[0], row[0]) and own[0] == row[0]
    assert role in (Role.REGULATOR, Role.VERIFICATION, Role.REPAIRER)
    return None not in (own[1], row[1]) and row[1] in BELOW.get(str(own[1]), {own[1]})


@pytest.mark.parametrize("role", Role)
def test_each_role_sees_its_own_place_and_nothing_else(role: Role) -> None:
    with create_engine("sqlite://").begin() as connection:
        ROWS.create(connection)
        connection.execute(insert(ROWS), [{"organisation_id": one, "division_code": code} for one, code in PLACES])
        for organisation, division in PLACES:
            principal = Principal("token:1", role, "x", organisation, "x", division)
            expected = [place for place in PLACES if sees(role, (organisation, division), place)]
            query = scope(select(ROWS.c.organisation_id, ROWS.c.division_code), principal, ROWS).order_by(ROWS.c.id)
            assert [tuple(row) for row in connection.execute(query)] == expected, (organisation, division)
            assert [place for place in PLACES if covers(principal, *place)] == expected, (organisation, division)
            checks = [check for check, _ in rows_in_scope(connection, principal, select(ROWS), ROWS)]
            assert [PLACES[check.id_in(ROWS) - 1] for check in checks] == expected


def test_a_check_is_of_one_row_and_only_scoping_makes_it() -> None:
    class Other(InScope):
        TABLE = OTHERS

    with create_engine("sqlite://").begin() as connection:
        ROWS.create(connection)
        connection.execute(insert(ROWS).values(id=7))
        ((check, row),) = rows_in_scope(
            connection, Principal("token:1", Role.ADMIN, "x", None, "", None), select(ROWS), ROWS
        )
    assert (check.id_in(ROWS), row.id) == (7, 7)
    with pytest.raises(TypeError, match="a row of rows was checked"):
        Other(check=check)
    with pytest.raises(TypeError, match=r"only people\.scoping"):
        ScopeCheck(object(), ROWS, 7)  # type: ignore[arg-type]
