"""INSERT … ON CONFLICT DO UPDATE, which SQLite and PostgreSQL spell alike but SQLAlchemy offers per dialect."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import Insert


def upsert(connection: Connection, table: Table, row: Mapping[str, Any], changes: Mapping[str, Any]) -> Insert:
    """Insert `row`, or apply `changes` to the row with its primary key."""
    keys = [column.name for column in table.primary_key]
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table).values(row).on_conflict_do_update(index_elements=keys, set_=dict(changes))
    return sqlite.insert(table).values(row).on_conflict_do_update(index_elements=keys, set_=dict(changes))
