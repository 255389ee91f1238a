"""Databases of the newest schema, each a copy of one that was migrated once: tests need hundreds of them."""

import tempfile
from functools import cache
from pathlib import Path

import psycopg
from sqlalchemy import create_engine, inspect, make_url
from steelyard_cloud.db import database

TEMPLATE, ADMINISTRATION = "steelyard_template", "postgres"


def migrated(url: str) -> None:
    """Bring the database at `url` to the newest schema; where it is empty or absent, by a copy."""
    where = make_url(url)
    if where.get_backend_name() == "sqlite":
        file = Path(str(where.database))
        if file.exists():
            return database.migrate(url)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(_sqlite_file())
        return None
    engine = create_engine(url)
    tables = inspect(engine).get_table_names()
    engine.dispose()
    if tables or where.database == ADMINISTRATION:  # that one cannot be made anew from within itself
        return database.migrate(url)
    server = url.rpartition("/")[0]
    _make_template(server)
    with _administration(server) as connection:
        connection.execute(f"DROP DATABASE {where.database}")
        connection.execute(f"CREATE DATABASE {where.database} TEMPLATE {TEMPLATE}")
    return None


@cache
def _sqlite_file() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "cloud.db"
        database.migrate(f"sqlite:///{file}")
        return file.read_bytes()


@cache
def _make_template(server: str) -> None:
    with _administration(server) as connection:
        connection.execute(f"CREATE DATABASE {TEMPLATE}")
    database.migrate(f"{server}/{TEMPLATE}")


def _administration(server: str) -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(f"{server.replace('+psycopg', '')}/{ADMINISTRATION}", autocommit=True)
