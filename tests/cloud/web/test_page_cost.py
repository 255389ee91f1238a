"""A page costs the same with ten and with tens of thousands of statements: counted in what the database does."""

import hashlib

import pytest
from kit.effort import Effort
from kit.world import World
from sqlalchemy import insert, select, text
from steelyard_cloud.db import database
from steelyard_cloud.db.schema import statements
from steelyard_cloud.people.roles import Role

MANY = 30_000
NOT_MUCH_MORE = 1.3  # an index over more rows is a level deeper


def lengthen(world: World, count: int) -> None:
    """A long life of snapshots before the newest statement, copied in without judging them."""
    with database.writing(world.engine) as connection:
        last = connection.execute(select(statements).where(statements.c.kind == 3)).mappings().first()
        assert last is not None
        rows = [{**last, "number": 1_000 + at, "hash": hashlib.sha256(b"%d" % at).digest()} for at in range(count)]
        connection.execute(insert(statements), rows)
    with database.writing(world.engine) as connection:
        connection.execute(text("ANALYZE"))


@pytest.mark.parametrize("page", ["public", "desk", "alert"])
def test_a_page_costs_the_same_however_long_the_chain_is(either: World, page: str) -> None:
    world = either
    scale = world.in_use("HT-1")
    world.send(scale, [scale.boot(), *(scale.snapshot() for _ in range(30)), *scale.cheat()])
    world.until(lambda: len(world.alerts()) == 1, "the alert")
    lengthen(world, 100)
    client = world.client(None)
    path = {"public": f"/s/{scale.code}", "desk": f"/scales/{scale.code}", "alert": "/alerts/1"}[page]
    if page != "public":
        secret = world.sign_in_link(Role.REGULATOR).split("token=")[1]
        assert client.post("/sign-in", data={"token": secret}).status_code == 303
    world.ingest.stop()

    def steps() -> int:
        with Effort(world.engine) as effort:
            assert client.get(path).status_code == 200
        return effort.steps

    short = steps()
    with database.writing(world.engine) as connection:
        connection.execute(statements.delete().where(statements.c.number >= 1_000))
    lengthen(world, MANY)
    assert 0 < steps() < NOT_MUCH_MORE * short + 50
