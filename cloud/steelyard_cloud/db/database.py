"""Opening the database: one function for SQLite and PostgreSQL, and the migration to the newest schema.

Who speaks no SQL takes the types of SQLAlchemy that it passes on from here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, make_url, select
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError, SQLAlchemyError

__all__ = [
    "AWAY",
    "Connection",
    "Engine",
    "IntegrityError",
    "OtherSchema",
    "SQLAlchemyError",
    "check",
    "connect",
    "migrate",
    "ping",
    "reading",
    "writing",
]

AWAY = (OperationalError, InterfaceError)  # what is raised while the database does not answer


def connect(url: str) -> Engine:
    """Engine for `url`; SQLite gets WAL, full synchronisation at commit and foreign keys."""
    parsed = make_url(url)
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_pre_ping=True)
    engine = create_engine(parsed, connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        # The driver must not open transactions by itself: BEGIN IMMEDIATE below takes the write lock at once, so
        # that a reader never has to become a writer half way and fail.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            "cache_size = -65536",
            "wal_autocheckpoint = 16384",  # pages: at the default every batch would end with a checkpoint
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        reads = connection.get_execution_options().get("reads", False)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent read; it neither waits for the writer nor holds it up."""
    with engine.connect() as connection, connection.execution_options(reads=True).begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction, committed at the end and rolled back on an error."""
    with engine.begin() as connection:
        yield connection


def ping(connection: Connection) -> None:
    """Ask the database for an answer; raises SQLAlchemyError where there is none."""
    connection.execute(select(1))


class OtherSchema(Exception):
    """The database has schema {found}, this program needs {needed}. `steelyard cloud init` brings it up to date."""

    def __init__(self, found: str | None, needed: str | None) -> None:
        super().__init__((self.__doc__ or "").format(found=found or "none", needed=needed))


def check(engine: Engine) -> None:
    """Raise OtherSchema unless the database has the schema of this program; one that does not answer yet may have."""
    try:
        with reading(engine) as connection:
            found = MigrationContext.configure(connection).get_current_revision()
    except OperationalError:
        return
    needed = ScriptDirectory.from_config(_migrations()).get_current_head()
    if found != needed:
        raise OtherSchema(found, needed)


def _migrations() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def migrate(url: str) -> None:
    """Bring the database at `url` to the newest schema; create it when it is empty."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    config = _migrations()
    engine = connect(url)
    try:
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
    finally:
        engine.dispose()
