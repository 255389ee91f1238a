"""Opening the database: one function for SQLite and PostgreSQL, and the migration to the newest schema.

Who speaks no SQL takes the types of SQLAlchemy that it passes on from here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection, Engine, create_engine, inspect, make_url
from sqlalchemy.exc import (
    DBAPIError,
    IntegrityError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
    SQLAlchemyError,
)

from steelyard_cloud.db import outage, sqlite
from steelyard_cloud.errors import CloudError

__all__ = [
    "AWAY",
    "Connection",
    "Engine",
    "IntegrityError",
    "OtherSchema",
    "SQLAlchemyError",
    "check",
    "connect",
    "explained",
    "migrate",
    "reading",
    "shown",
    "writing",
]

AWAY = (OperationalError, InterfaceError)  # what is raised while the database does not answer

CONNECT_S = 5  # PostgreSQL


def connect(url: str) -> Engine:
    """Engine for `url`; SQLite gets WAL, full synchronisation at commit and foreign keys."""
    parsed = make_url(url)
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_pre_ping=True, connect_args={"connect_timeout": CONNECT_S})
    engine = create_engine(parsed)
    sqlite.prepare(engine)
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent read; it neither waits for the writer nor holds it up."""
    with (
        outage.noted(engine, stores=False),
        engine.connect() as connection,
        connection.execution_options(reads=True).begin(),
    ):
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction, committed at the end and rolled back on an error."""
    with outage.noted(engine, stores=True), engine.begin() as connection:
        yield connection
    if engine.dialect.name == "sqlite":
        sqlite.bound_log(engine)


class DatabaseError(CloudError):
    """The database {url} cannot be used: {why}"""

    code, noun = "database", "database"


class DriverMissing(CloudError):
    """The database {url} needs the package {package}: pip install 'steelyard[postgres]'"""

    code, noun = "driver-missing", "database"


class OtherSchema(CloudError):
    """The database has schema {found}, this program needs {needed}. `steelyard cloud init` brings it up to date."""

    code, noun = "other-schema", "database"


class ForeignDatabase(CloudError):
    """The database {url} belongs to another program or a newer version of this one ({why}). Name another database."""

    code, noun = "foreign-database", "database"


@contextmanager
def explained(url: str) -> Iterator[None]:
    """What SQLAlchemy and Alembic raise within becomes DatabaseError, DriverMissing or ForeignDatabase."""
    try:
        yield
    except NoSuchModuleError as error:
        raise DatabaseError(url=shown(url), why=error) from error
    except ModuleNotFoundError as error:
        raise DriverMissing(url=shown(url), package=error.name) from error
    except CommandError as error:
        raise ForeignDatabase(url=shown(url), why=error) from error
    except DBAPIError as error:
        raise DatabaseError(url=shown(url), why=" ".join(str(error.orig).split())) from error


def shown(url: str) -> str:
    """The URL without its password."""
    return make_url(url).render_as_string(hide_password=True)


def check(engine: Engine) -> None:
    """Raise OtherSchema unless the database has the schema of this program; a server that is away yet may have it."""
    try:
        with reading(engine) as connection:
            found = MigrationContext.configure(connection).get_current_revision()
    except OperationalError:
        if engine.dialect.name == "sqlite":
            raise
        return
    needed = ScriptDirectory.from_config(_migrations()).get_current_head()
    if found != needed:
        raise OtherSchema(found=found or "none", needed=needed)


def _migrations() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def migrate(url: str) -> None:
    """Bring the database at `url` to the newest schema; create it when it is empty. Raises ForeignDatabase."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    config = _migrations()
    engine = connect(url)
    try:
        with engine.connect() as connection:
            _refuse_foreign(connection, url)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
    finally:
        engine.dispose()


def _refuse_foreign(connection: Connection, url: str) -> None:
    """A database with tables and without the mark of our migrations is somebody else's."""
    tables = set(inspect(connection).get_table_names()) - {"alembic_version"}
    if tables and MigrationContext.configure(connection).get_current_revision() is None:
        raise ForeignDatabase(url=shown(url), why=f"it has the table {min(tables)}")
