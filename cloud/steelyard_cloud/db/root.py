"""Whose scales a database is about: the root key that all of them trust. Processes with another root are refused.

Each new connection is asked, so that a process refuses a database too that was away when it started, or was exchanged.
"""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event, insert, inspect, select

from steelyard_cloud.db.schema import platform
from steelyard_cloud.errors import CloudError

_NO_TABLE = "42P01"  # PostgreSQL


class OtherRoot(CloudError):
    """The database belongs to the root key {recorded}, but the keys in {folder} are of the root key {found}. Set
    keys_dir to the right keys, or database_url to the right database."""

    code, noun = "other-root", "root key"


class RootMissing(CloudError):
    """The database belongs to the root key {recorded}, but there is no root.pub in {folder}. Put the platform's keys
    back there from your copy: new ones would be of no use to its scales."""

    code, noun = "root-missing", "root key"


def recorded(connection: Connection) -> bytes | None:
    """The thumbprint of the database's root; None where none is recorded yet, or the schema is older than that."""
    if not inspect(connection).has_table(platform.name):
        return None
    return connection.scalar(select(platform.c.root))


def record(connection: Connection, thumbprint: bytes, now_ms: int) -> None:
    """Record the root of a database that has none; what is recorded stays."""
    if recorded(connection) is None:
        connection.execute(insert(platform).values(id=1, root=thumbprint, recorded_ms=now_ms))


def guard(engine: Engine, thumbprint: bytes, folder: Path) -> None:
    """From now on connections raise OtherRoot where the database has recorded another root than that of `folder`."""

    @event.listens_for(engine, "connect")
    def _check(connection: Any, _record: Any) -> None:
        known = _known(engine, connection)
        if known is not None and known != thumbprint:
            connection.close()
            raise OtherRoot(recorded=known.hex(), found=thumbprint.hex(), folder=folder)


def _known(engine: Engine, connection: Any) -> bytes | None:
    """The same as `recorded`, asked through the driver."""
    cursor = connection.cursor()
    try:
        row = cursor.execute("SELECT root FROM platform").fetchone()
    except engine.dialect.loaded_dbapi.Error as error:
        if getattr(error, "sqlstate", None) == _NO_TABLE or "no such table" in str(error):
            return None
        raise
    finally:
        cursor.close()
        connection.rollback()
    return bytes(row[0]) if row else None
