"""What a database does while something runs, counted: so that a cost can be compared without a clock."""

import json
from typing import Any

from sqlalchemy import Connection, Engine, event
from steelyard_cloud.db import database


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
