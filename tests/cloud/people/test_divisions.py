"""The tree of divisions: places that digits do not put where they belong, mergers, and what was on record before."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from kit.migrated import migrated
from sqlalchemy import Engine, func, insert, select
from steelyard_cloud.db import database, schema
from steelyard_cloud.errors import AlreadyExists, WrongValue
from steelyard_cloud.people import divisions, organisations
from steelyard_cloud.people.audit import Actor
from steelyard_cloud.people.divisions import Division
from steelyard_cloud.people.roles import Principal, Role
from steelyard_cloud.people.scoping import scope

ACTOR = Actor("user:1", 1, None, "")
TODAY, NOW_MS = date(2026, 11, 28), 1_800_000_000_000


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path}/c.db" if request.param == "sqlite" else request.getfixturevalue("postgresql").url
    migrated(url)
    made = database.connect(url)
    yield made
    made.dispose()


def within(connection: database.Connection, code: str) -> list[str]:
    found = divisions.division(connection, code)
    assert found is not None
    return found.path.split("/")[:-2]


def below(connection: database.Connection, *codes: str) -> set[str]:
    return set(connection.scalars(divisions.below(codes)))


def add(connection: database.Connection, name: str, parent: str, code: str | None = None) -> Division:
    known = {"since": TODAY, "today": TODAY, "now_ms": NOW_MS}
    return divisions.add(connection, ACTOR, name=name, parent=parent, code=code, **known)  # type: ignore[arg-type]


def merge(connection: database.Connection, code: str, into: str, on: date = TODAY) -> Division:
    return divisions.merge(
        connection, ACTOR, code, into=into, on=on, reason="State Council", today=TODAY, now_ms=NOW_MS
    )


def test_the_tree_is_whole_and_knows_what_digits_do_not_say(engine: Engine) -> None:
    with database.reading(engine) as connection:
        rows = connection.execute(select(schema.divisions)).all()
        paths = {row.code: row.path for row in rows}
        for row in rows:
            assert row.path == ("" if row.parent is None else paths[row.parent]) + f"{row.code}/"
        assert [row.code for row in rows if row.parent is None] == ["000000"]
        assert len(rows) == 3348
        assert within(connection, "419001") == ["000000", "410000"], "no city between"
        assert within(connection, "110101") == ["000000", "110000"], "districts of a municipality"
        assert within(connection, "441900") == ["000000", "440000"], "a city without districts"
        assert within(connection, "330106") == ["000000", "330000", "330100"]
        assert within(connection, "371202") == ["000000", "370000", "370100", "370116"], "merged into another city"
        assert {"710000", "810000", "820000"} <= {row.code for row in rows}
        assert below(connection, "000000") == set(paths)
        assert below(connection, "410000", "330106") == {code for code in paths if code[:2] == "41"} | {"330106"}


def test_a_place_without_a_number_gets_one_of_ours_and_belongs_where_it_is_put(engine: Engine) -> None:
    with database.writing(engine) as connection:
        first, second = (add(connection, name, "330100") for name in ("Xixi Zone", "Qianjiang Zone"))
        assert (first.code, second.code) == ("Z00001", "Z00002")
        market = add(connection, "Market Street", "Z00001", "330106003000")
        assert market.path == "000000/330000/330100/Z00001/330106003000/"
        assert below(connection, "Z00001") == {"Z00001", "330106003000"}
        assert "330106003000" in below(connection, "330100") - below(connection, "330106")
        for name, parent, code, error in (
            ("Again", "330100", "330106", AlreadyExists),
            ("Nowhere", "999999", None, WrongValue),
            ("Below what has ended", "330104", None, WrongValue),
        ):
            with pytest.raises(error):
                add(connection, name, parent, code)
        with pytest.raises(WrongValue, match="when it is in force"):
            divisions.add(
                connection,
                ACTOR,
                name="Later",
                parent="330100",
                code=None,
                since=date(2026, 11, 29),
                today=TODAY,
                now_ms=NOW_MS,
            )


def test_after_a_merger_what_is_on_record_belongs_to_the_one_that_took_over(engine: Engine) -> None:
    with database.writing(engine) as connection:
        add(connection, "A town", "330110", "330110001000")
        old = organisations.add_organisation(
            connection, ACTOR, name="Yuhang", kind="supervision", division_code="330110", now_ms=NOW_MS
        )
        ended = merge(connection, "330110", "330106")
        assert (ended.parent, ended.until) == ("330106", TODAY)
        assert below(connection, "330106") == {"330106", "330110", "330110001000"}
        assert within(connection, "330110001000") == ["000000", "330000", "330100", "330106", "330110"]
        assert organisations.covered(connection, old) == ("330110",)
        assert organisations.powers(connection, old) == {}, "its office has no power any more"
        merge(connection, "330106", "330700")
        assert "330110001000" in below(connection, "330700"), "and again"
        assert below(connection, "330100").isdisjoint({"330106", "330110", "330110001000"})
        log = connection.execute(select(schema.audit_log).order_by(schema.audit_log.c.id.desc()).limit(1)).one()
        assert (log.action, log.object, log.details["into"]) == ("division.merge", "division:330106", "330700")


@pytest.mark.parametrize(
    ("code", "into", "on"),
    [
        ("330106", "330106", TODAY),
        ("330100", "330106", TODAY),
        ("000000", "330106", TODAY),
        ("330104", "330106", TODAY),
        ("330106", "330104", TODAY),
        ("330106", "999999", TODAY),
        ("330106", "330102", date(2026, 11, 29)),
    ],
)
def test_a_merger_that_makes_no_tree_is_refused(tmp_path: Path, code: str, into: str, on: date) -> None:
    url = f"sqlite:///{tmp_path}/c.db"
    migrated(url)
    engine = database.connect(url)
    with database.writing(engine) as connection:
        before = connection.execute(select(schema.divisions)).all()
        with pytest.raises(WrongValue):
            merge(connection, code, into, on)
        assert connection.execute(select(schema.divisions)).all() == before
    engine.dispose()


def test_a_search_takes_what_is_typed_as_it_is(engine: Engine) -> None:
    with database.reading(engine) as connection:
        assert [one.code for one in divisions.named(connection, "西湖", 9)] == ["330106", "360103", "420112"]
        assert [one.code for one in divisions.named(connection, "33010", 3)] == ["330100", "330102", "330104"]
        assert divisions.named(connection, "%", 9) == divisions.named(connection, "_", 9) == []


def test_codes_of_before_keep_their_place_by_the_rule_of_before(tmp_path: Path) -> None:
    """Towns, villages and made-up codes, which the API took, are in the tree where pairs of digits had put them."""
    url = f"sqlite:///{tmp_path}/c.db"
    engine = database.connect(url)
    config = database._migrations()
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        database.command.upgrade(config, "0011")
        row = {"kind": "regulator", "created_ms": 1}
        codes = ("", "330106003201", "330106003000", "110100", "990000", "333300", "330106000000", "3301")
        rows = [row | {"name": f"n{at}", "division_code": code} for at, code in enumerate(codes)]
        places = schema.organisations.c
        connection.execute(insert(schema.organisations), rows)
        database.command.upgrade(config, "head")
        connection.commit()
    with database.reading(engine) as connection:
        assert within(connection, "330106003201")[-3:] == ["330100", "330106", "330106003000"]
        assert within(connection, "110100") == ["000000", "110000"]
        assert within(connection, "333300") == ["000000", "330000"]
        assert within(connection, "990000") == ["000000"]
        assert within(connection, "3301") == ["000000", "330000", "330100"]
        kinds = connection.scalars(select(places.kind)).all()
        assert set(kinds) == {"supervision"}
        assert organisations.covered(connection, 1) == ("000000",)
        assert organisations.covered(connection, 3) == ("330106003000",)
        assert organisations.covered(connection, 7) == ("330106", "330106000000")
        assert organisations.covered(connection, 8) == ("3301", "330100")
        assert {"110100", "110101", "110119"} < set(organisations.covered(connection, 4)), "no city there any more"
        principal = Principal("user:1", Role.REGULATOR, "x", 2, "x", "330106")
        seen = set(connection.scalars(scope(select(places.division_code), principal, schema.organisations)))
        assert seen == {"330106003201", "330106003000", "330106000000"}
        assert connection.scalar(select(func.count()).select_from(schema.divisions)) == 3348 + 7
    engine.dispose()
