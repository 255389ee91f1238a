"""INSERT … ON CONFLICT, which SQLite and PostgreSQL spell alike but SQLAlchemy offers per dialect."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import Insert

Row = Mapping[str, Any]


def upsert(connection: Connection, table: Table, rows: Row | Sequence[Row], changes: Row) -> Insert:
    """Insert one row or several, or apply `changes` to a row that is there with its primary key."""
    keys = [column.name for column in table.primary_key]
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table).values(rows).on_conflict_do_update(index_elements=keys, set_=dict(changes))
    return sqlite.insert(table).values(rows).on_conflict_do_update(index_elements=keys, set_=dict(changes))


def upsert_each(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows with all their columns, or have each replace the row that is there with its primary key."""
    if not rows:
        return
    made = (postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert)(table)
    keys = [column.name for column in table.primary_key]
    values = {name: made.excluded[name] for name in rows[0] if name not in keys}
    connection.execute(made.on_conflict_do_update(index_elements=keys, set_=values), rows)


def insert_missing(connection: Connection, table: Table, rows: Sequence[Row]) -> int:
    """Insert rows, but for those that are there already; give how many were not."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    return connection.execute(insert(table).on_conflict_do_nothing(), list(rows)).rowcount


def upsert_selected(connection: Connection, table: Table, rows: Select[Any], changes: Row) -> Insert:
    """The same with the rows that a query gives, in the order of the table's columns; the query has a WHERE."""
    keys, names = [column.name for column in table.primary_key], table.columns.keys()
    if connection.dialect.name == "postgresql":
        made = postgresql.insert(table).from_select(names, rows)
        return made.on_conflict_do_update(index_elements=keys, set_=dict(changes))
    return sqlite.insert(table).from_select(names, rows).on_conflict_do_update(index_elements=keys, set_=dict(changes))
