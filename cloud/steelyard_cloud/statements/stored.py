"""Statements as they are stored: reading those of one identity, and writing a batch of new ones in one go.

Writing is the hot path, so it speaks SQL through the driver: executemany on SQLite, COPY on PostgreSQL.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select
from sqlalchemy.exc import OperationalError
from steelyard_protocol.bodies import Kind
from steelyard_protocol.statement import parse

from steelyard_cloud.db.schema import NOT_SNAPSHOT, statements
from steelyard_cloud.judge.stored import Committed, Contents, Following
from steelyard_cloud.statements.keys import Key
from steelyard_cloud.statements.sql import COMMITTED_MS, Conflict, conflicts

BY_SIGNATURE = 1
BY_LINK = 2
BY_LINK_BAD_SIGNATURE = 3


class StatementRow(NamedTuple):
    """One statement to store, in the order of the columns."""

    scale_id: int
    identity_id: int
    number: int
    hash: bytes
    content_hash: bytes
    kind: int
    measured_s: int | None
    received_ms: int
    set_backs: int
    authentic_by: int
    raw: bytes


_COLUMNS = ", ".join(StatementRow._fields)
_COPY_TYPES = ("int8", "int8", "int8", "bytea", "bytea", "int8", "int8", "int8", "int4", "int2", "bytea")


class StoredStatements:
    """The stored statements of one identity: the evidence that `judge.stored` describes."""

    def __init__(self, connection: Connection, key: Key) -> None:
        self._connection, self._key = connection, key

    @property
    def _of(self) -> ColumnElement[bool]:
        key = self._key
        return and_(statements.c.scale_id == key.scale_id, statements.c.identity_id == key.identity_id)

    def contents(self, number: int, hash_: bytes) -> Contents:
        """See judge.stored.Evidence."""
        query = select(statements.c.hash, statements.c.content_hash).where(self._of, statements.c.number == number)
        if number == 0:
            query = query.where(statements.c.hash == hash_)
        return [(one, content) for one, content in self._connection.execute(query)]

    def between(self, first: int, last: int) -> Iterable[bytes]:
        """See judge.stored.Evidence."""
        c = statements.c
        query = select(c.raw).where(self._of, c.number.between(first, last)).order_by(c.number, c.hash)
        return self._connection.scalars(query.execution_options(yield_per=500))

    def page(self, first: int, last: int, most: int) -> list[Committed]:
        """See judge.stored.Evidence."""
        c = statements.c
        query = select(c.raw, COMMITTED_MS).where(self._of, c.number.between(first, last))
        rows = self._connection.execute(query.order_by(c.number, c.hash).limit(most))
        return [Committed(*row) for row in rows]

    def following(self, number: int) -> Following | None:
        """See judge.stored.Evidence."""
        c = statements.c
        next_number = select(c.number).where(self._of, c.number > number).order_by(c.number).limit(1)
        query = select(c.number, func.min(COMMITTED_MS)).where(self._of, c.number == next_number.scalar_subquery())
        row = self._connection.execute(query.group_by(c.number)).first()
        return None if row is None else Following(*row)

    def started_by(self, number: int) -> int | None:
        """See judge.stored.Evidence."""
        c = statements.c
        query = select(c.raw).where(self._of, c.kind == int(Kind.BOOT), NOT_SNAPSHOT, c.number <= number)
        raw = self._connection.scalar(query.order_by(c.number.desc()).limit(1))
        return None if raw is None else parse(raw).boot

    def rows(self) -> Iterable[tuple[bytes, int, int]]:
        """All statements of the chain, rising: bytes, commit time in ms, by what they are authentic."""
        c = statements.c
        query = select(c.raw, COMMITTED_MS, c.authentic_by).where(self._of).order_by(c.number, c.hash)
        yield from self._connection.execute(query.execution_options(yield_per=500))

    def vouched_for(self, first: int, last: int, limit: int) -> list[tuple[int, bytes, bytes]]:
        """(number, hash, raw) of statements in the range that only a link vouches for."""
        c = statements.c
        query = (
            select(c.number, c.hash, c.raw)
            .where(self._of, c.number.between(first, last), c.authentic_by == BY_LINK)
            .order_by(c.number, c.hash)
            .limit(limit)
        )
        return [(number, hash_, raw) for number, hash_, raw in self._connection.execute(query)]


def mark_bad_signatures(connection: Connection, key: Key, found: Sequence[tuple[int, bytes]]) -> None:
    """Note in the evidence that these statements (number, hash) are stored although their own signature is bad."""
    c = statements.c
    of = or_(*(and_(c.number == number, c.hash == hash_) for number, hash_ in found))
    connection.execute(
        statements.update()
        .where(c.scale_id == key.scale_id, c.identity_id == key.identity_id, of)
        .values(authentic_by=BY_LINK_BAD_SIGNATURE)
    )


def write_statements(connection: Connection, rows: Sequence[StatementRow]) -> None:
    """Add statements; Conflict when another receiver has added one of them."""
    if not rows:
        return
    if connection.dialect.name != "postgresql":
        marks = ", ".join("?" * len(StatementRow._fields))
        with conflicts():
            connection.exec_driver_sql(f"INSERT INTO statements ({_COLUMNS}) VALUES ({marks})", list(rows))  # noqa: S608  # constants
        return
    driver: Any = connection.connection.driver_connection
    try:
        with driver.cursor() as cursor, cursor.copy(f"COPY statements ({_COLUMNS}) FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(_COPY_TYPES)
            for row in rows:
                copy.write_row(row)
    # The driver's own errors: SQLAlchemy has not seen them.
    except connection.dialect.loaded_dbapi.IntegrityError as error:
        raise Conflict from error
    except connection.dialect.loaded_dbapi.OperationalError as error:
        connection.invalidate(error)
        raise OperationalError("COPY statements", None, error) from error
