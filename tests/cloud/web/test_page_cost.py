"""A page costs the same with ten and with tens of thousands of statements: counted in what the database does."""

import hashlib
import json
from typing import Any

import pytest
from kit.world import World
from sqlalchemy import Connection, Engine, event, insert, select, text
from steelyard_cloud.db import database
from steelyard_cloud.db.schema import statements
from steelyard_cloud.people.roles import Role

MANY = 30_000
NOT_MUCH_MORE = 1.3  # an index over more rows is a level deeper


class Effort:
    """What the database does while a block runs: steps of SQLite's machine, or rows that PostgreSQL's plans touch."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.steps = engine, 0
        self._asked: list[tuple[str, Any]] = []

    def __enter__(self) -> "Effort":
        self.engine.dispose()  # so that connections are made under our eyes
        event.listen(self.engine, "connect", self._count)
        event.listen(self.engine, "before_cursor_execute", self._remember)
        return self

    def __exit__(self, *_: object) -> None:
        event.remove(self.engine, "connect", self._count)
        event.remove(self.engine, "before_cursor_execute", self._remember)
        self.engine.dispose()
        if self.engine.dialect.name == "postgresql":
            with database.reading(self.engine) as connection:
                self.steps = sum(self._touched(connection, *asked) for asked in self._asked)

    def _count(self, connection: Any, _record: Any) -> None:
        if self.engine.dialect.name == "sqlite":
            connection.set_progress_handler(self._step, 10)

    def _step(self) -> int:
        self.steps += 10
        return 0

    def _remember(self, _c: Any, _cursor: Any, sql: str, values: Any, _context: Any, _many: bool) -> None:
        if sql.startswith("SELECT"):
            self._asked.append((sql, values))

    def _touched(self, connection: Connection, sql: str, values: Any) -> int:
        cursor = connection.connection.cursor()
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", values)
        found = cursor.fetchone()[0]
        plan = found if isinstance(found, list) else json.loads(found)
        return self._rows(plan[0]["Plan"])

    def _rows(self, node: dict[str, Any]) -> int:
        own = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
        return int(own * node["Actual Loops"]) + sum(self._rows(child) for child in node.get("Plans", ()))


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
