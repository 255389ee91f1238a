"""Organisations and people: each is on record once, and is found by all that tells it from another."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from kit.cloud_desk import Desk
from sqlalchemy import select, update
from steelyard_cloud.db import database
from steelyard_cloud.db.schema import audit_log, organisations, users
from steelyard_cloud.errors import AlreadyExists, NotFound
from steelyard_cloud.people import organisations as registry
from steelyard_cloud.people.audit import Actor
from steelyard_cloud.people.roles import Role

NOW_MS = 1_800_000_000_000
ACTOR = Actor("user:1", 1, None, "")


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[database.Connection]:
    """A cloud with people."""
    desk = Desk(f"sqlite:///{tmp_path}/cloud.db")
    with database.writing(desk.engine) as connection:
        yield connection
    desk.close()


def add(connection: database.Connection, name: str, kind: str = "repairer") -> int:
    return registry.add_organisation(connection, ACTOR, name=name, kind=kind, division_code="330100", now_ms=NOW_MS)


def test_an_organisation_is_one_name_of_one_kind(connection: database.Connection) -> None:
    first = add(connection, "One")
    assert add(connection, "One", "operator") != first
    with pytest.raises(AlreadyExists, match="One"):
        add(connection, "One")
    row = connection.execute(select(organisations).where(organisations.c.id == first)).one()
    assert (row.name, row.kind, row.division_code, row.created_ms) == ("One", "repairer", "330100", NOW_MS)
    newest = connection.execute(select(audit_log).order_by(audit_log.c.id.desc()).limit(1)).one()
    assert (newest.action, newest.details) == (
        "organisation.add",
        {"name": "One", "kind": "operator", "covers": ["330100"]},
    )
    assert registry.organisation_named(connection, "One") == first
    assert registry.organisation_named(connection, "Two") is None
    assert registry.organisation_exists(connection, first)
    assert not registry.organisation_exists(connection, 10_000)


def test_the_platform_is_made_once(connection: database.Connection) -> None:
    connection.execute(update(organisations).where(organisations.c.name == registry.PLATFORM).values(name="Other"))
    for _ in range(2):
        registry.ensure_platform(connection, NOW_MS)
    rows = connection.execute(select(organisations).where(organisations.c.name == registry.PLATFORM)).all()
    assert [(row.kind, row.division_code) for row in rows] == [("platform", "")]


def test_a_person_is_found_by_organisation_role_and_name(connection: database.Connection) -> None:
    one, other = add(connection, "One"), add(connection, "Other")

    def ensured(organisation: int, role: Role, name: str) -> int:
        return registry.ensure_user(connection, organisation, role, name, NOW_MS)

    first = ensured(one, Role.TECHNICIAN, "Li")
    assert ensured(one, Role.TECHNICIAN, "Li") == first
    others = [
        ensured(other, Role.TECHNICIAN, "Li"),
        ensured(one, Role.REGULATOR, "Li"),
        ensured(one, Role.TECHNICIAN, "Wu"),
    ]
    connection.execute(update(users).where(users.c.id == first).values(active=False))
    again = ensured(one, Role.TECHNICIAN, "Li")
    assert len({first, again, *others}) == 5, "who was deactivated does not come back"
    row = connection.execute(select(users).where(users.c.id == again)).one()
    assert (row.organisation_id, row.role, row.name, row.active) == (one, Role.TECHNICIAN, "Li", True)


def test_a_person_is_of_an_organisation_on_record(connection: database.Connection) -> None:
    one = add(connection, "One")
    user = registry.add_user(connection, ACTOR, organisation_id=one, name="Li", role="regulator", now_ms=NOW_MS)
    newest = connection.execute(select(audit_log).order_by(audit_log.c.id.desc()).limit(1)).one()
    assert (newest.action, newest.object, newest.details) == ("user.add", f"user:{user}", {"role": "regulator"})
    with pytest.raises(NotFound):
        registry.add_user(connection, ACTOR, organisation_id=10_000, name="Li", role="regulator", now_ms=NOW_MS)
