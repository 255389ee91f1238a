"""Who sees which rows, for every role, place and row: in the database as for a row whose place is known already."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from kit.migrated import migrated
from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, create_engine, insert, select, text
from steelyard_cloud.db import database
from steelyard_cloud.db.schema import divisions
from steelyard_cloud.people.roles import Principal, Role
from steelyard_cloud.people.scoping import InScope, ScopeCheck, covers, rows_in_scope, scope

METADATA = MetaData()
ROWS = Table(
    "rows",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("organisation_id", Integer),
    Column("division_code", String, index=True),
)
OTHERS = Table("others", METADATA, Column("id", Integer, primary_key=True))
ORGANISATIONS = (None, 1, 2)
DIVISIONS = (None, "", "000000", "330000", "330100", "330106", "330104", "419001", "410000", "411700", "440000")
PLACES = list(product(ORGANISATIONS, DIVISIONS))
BELOW = {
    "": set(DIVISIONS) - {None},
    "000000": set(DIVISIONS) - {None},
    "330000": {"330000", "330100", "330106", "330104"},
    "330100": {"330100", "330106", "330104"},
    "330102": {"330104"},  # took it over
    "410000": {"410000", "419001", "411700"},
}
BY_DIVISION = (Role.REGULATOR, Role.VERIFICATION, Role.REPAIRER)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    """A database with one row for each place."""
    url = f"sqlite:///{tmp_path}/cloud.db"
    migrated(url)
    engine = database.connect(url)
    METADATA.create_all(engine)
    with database.writing(engine) as connection:
        connection.execute(insert(ROWS), [{"organisation_id": one, "division_code": code} for one, code in PLACES])
        yield connection
    engine.dispose()


def sees(role: Role, own: tuple[int | None, str | None], row: tuple[int | None, str | None]) -> bool:
    """The rule as the list of roles has it, one role after the other."""
    if role is Role.ADMIN:
        return True
    if role is Role.TYPE_EVALUATION:
        return False
    if role in (Role.MANUFACTURER, Role.TECHNICIAN, Role.OPERATOR):
        return None not in (own[0], row[0]) and own[0] == row[0]
    assert role in BY_DIVISION
    return None not in (own[1], row[1]) and row[1] in BELOW.get(str(own[1]), {own[1]})


def path_of(connection: Connection, code: str | None) -> str | None:
    return code and connection.scalar(select(divisions.c.path).where(divisions.c.code == code))


@pytest.mark.parametrize("role", Role)
def test_each_role_sees_its_own_place_and_nothing_else(connection: Connection, role: Role) -> None:
    paths = {code: path_of(connection, code) for code in DIVISIONS}
    for organisation, division in product(ORGANISATIONS, (*DIVISIONS, "330102", "33", "3301%6")):
        principal = Principal("token:1", role, "x", organisation, "x", division)
        expected = [place for place in PLACES if sees(role, (organisation, division), place)]
        query = scope(select(ROWS.c.organisation_id, ROWS.c.division_code), principal, ROWS).order_by(ROWS.c.id)
        assert [tuple(row) for row in connection.execute(query)] == expected, (organisation, division)
        known = [(one, code) for one, code in PLACES if covers(principal, one, paths[code])]
        assert known == [place for place in expected if paths[place[1]] is not None or role not in BY_DIVISION]
        checks = [check for check, _ in rows_in_scope(connection, principal, select(ROWS), ROWS)]
        assert [PLACES[at - 1] for at in sorted(check.id_in(ROWS) for check in checks)] == expected


def test_an_organisation_sees_all_that_it_covers(connection: Connection) -> None:
    seen = {("330106",): {"330106"}, ("330106", "410000"): {"330106", *BELOW["410000"]}, (): set()}
    for codes, expected in seen.items():
        principal = Principal("user:1", Role.REGULATOR, "x", 1, "x", "330000", 1, divisions=codes)
        placed = replace(principal, paths=tuple(str(path_of(connection, code)) for code in codes))
        for one in (principal, placed):
            query = scope(select(ROWS.c.division_code), one, ROWS)
            assert set(connection.scalars(query)) == expected, codes
        for code in expected | {"330000", "440000"}:
            assert covers(principal, 1, path_of(connection, code)) == (code in expected)


def test_a_region_is_found_by_the_index_of_its_codes(connection: Connection) -> None:
    paths = (str(path_of(connection, "330100")),)
    principal = Principal("user:1", Role.REGULATOR, "x", 1, "x", "330100", paths=paths)
    query = scope(select(ROWS.c.id), principal, ROWS).compile(
        connection, compile_kwargs={"render_postcompile": True, "literal_binds": True}
    )
    steps = [row.detail for row in connection.execute(text(f"EXPLAIN QUERY PLAN {query}"))]
    assert any("SEARCH rows USING" in step and "division_code=?" in step for step in steps), steps
    assert any("SEARCH divisions USING" in step and "path>? AND path<?" in step for step in steps), steps
    assert not any(step.startswith("SCAN") for step in steps), steps


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
