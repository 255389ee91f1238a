"""Statements as they are stored: reading those of one identity, and writing a batch of new ones in one go.

Writing is the hot path, so it speaks SQL through the driver: executemany on SQLite, COPY on PostgreSQL.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select
from sqlalchemy.exc import OperationalError
from steelyard_protocol.bodies import Kind
from steelyard_protocol.statement import LINK_BYTES, Statement, parse

from steelyard_cloud.db.schema import NOT_SNAPSHOT, copies, statements
from steelyard_cloud.db.upsert import insert_missing
from steelyard_cloud.judge.stored import Committed, Contents, Following
from steelyard_cloud.statements.keys import Key
from steelyard_cloud.statements.sql import COMMITTED_MS, LATEST_MS, Conflict, conflicts

BY_SIGNATURE = 1
BY_LINK = 2
BY_LINK_BAD_SIGNATURE = 3
FEW = 2  # statements under one number that are looked at; with so many, `copies` knows their contents


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
    arrival: int
    authentic_by: int
    raw: bytes
    event: int | None


_COLUMNS = ", ".join(StatementRow._fields)
_COPY_TYPES = ("int8",) * 3 + ("bytea",) * 2 + ("int8",) * 3 + ("int4", "int8", "int2", "bytea", "int2")

_UNDER = "FROM statements WHERE scale_id = {0} AND identity_id = {0} AND number = {0}"
_COPIED = "FROM copies WHERE identity_id = {0} AND number = {0}"
_FEW_UNDER = f"SELECT 1, hash, content_hash {_UNDER} LIMIT {FEW}"
_SAME_BYTES = f"SELECT 1, hash, content_hash {_UNDER} AND hash = {{0}}"
_AMONG_MANY = (
    f"{_SAME_BYTES} UNION ALL SELECT 0, content_hash, content_hash {_COPIED} AND content_hash = {{0}} "  # noqa: S608
    f"UNION ALL SELECT * FROM (SELECT 0, content_hash, content_hash {_COPIED} LIMIT 2) AS others"
)
_ANY_COPY = f"SELECT 1 {_COPIED} LIMIT 1"
_WITH_HASH_BETWEEN = f"SELECT raw, received_ms {_UNDER} AND hash BETWEEN {{0}} AND {{0}} LIMIT 1"
"""What is asked for each statement of an attacker, as text for the driver: building the same query each time costs
ten times what the database does."""


class StoredStatements:
    """The stored statements of one identity: the evidence that `judge.stored` describes."""

    def __init__(self, connection: Connection, key: Key) -> None:
        self._connection, self._key = connection, key

    @property
    def _of(self) -> ColumnElement[bool]:
        key = self._key
        return and_(statements.c.scale_id == key.scale_id, statements.c.identity_id == key.identity_id)

    def contents(self, number: int, hash_: bytes, content_hash: bytes) -> Contents:
        """See judge.stored.Evidence."""
        key = self._key
        this = key.scale_id, key.identity_id, number
        if number == 0:
            return self._pairs(_SAME_BYTES, *this, hash_)
        first = self._pairs(_FEW_UNDER, *this)
        if len(first) < FEW:
            return first
        copied = key.identity_id, number
        return self._pairs(_AMONG_MANY, *this, hash_, *copied, content_hash, *copied)

    def links_to(self, hash_: bytes, number: int) -> bool:
        """Whether a stored statement with the number after `number` links to the one with this hash."""
        link, after = hash_[:LINK_BYTES], number + 1
        first = list(self._raws(after, FEW))
        if len(first) < FEW:
            return any(parse(raw).link == link for raw in first)
        query = select(copies.c.link).where(self._copied(after), copies.c.link == link)
        return self._connection.execute(query.limit(1)).first() is not None

    def note_copies(self, new: Iterable[Statement]) -> None:
        """Note the contents under numbers that get more than one statement with these `new` ones, not yet written."""
        by_number: dict[int, list[Statement]] = {}
        for one in new:
            by_number.setdefault(one.number, []).append(one)
        rows = []
        for number, some in by_number.items():
            if not self._look(_ANY_COPY, self._key.identity_id, number):
                some += map(parse, self._raws(number, FEW))
            links = {one.content_hash: one.link for one in some}
            under = {"identity_id": self._key.identity_id, "number": number}
            rows += [under | {"content_hash": content, "link": link} for content, link in sorted(links.items())]
        insert_missing(self._connection, copies, rows)

    def _look(self, sql: str, *values: int | bytes) -> Sequence[Any]:
        mark = "%s" if self._connection.dialect.name == "postgresql" else "?"
        return self._connection.exec_driver_sql(sql.format(mark), values).all()

    def _pairs(self, sql: str, *values: int | bytes) -> list[tuple[bytes, bytes]]:
        return [(hash_ if own else b"", content_hash) for own, hash_, content_hash in self._look(sql, *values)]

    def _raws(self, number: int, most: int) -> Iterable[bytes]:
        query = select(statements.c.raw).where(self._of, statements.c.number == number)
        return self._connection.scalars(query.limit(most))

    def _copied(self, number: int) -> ColumnElement[bool]:
        return and_(copies.c.identity_id == self._key.identity_id, copies.c.number == number)

    def between(self, first: int, last: int) -> Iterable[bytes]:
        """See judge.stored.Evidence."""
        c = statements.c
        query = select(c.raw).where(self._of, c.number.between(first, last)).order_by(c.number, c.hash)
        return self._connection.scalars(query.execution_options(yield_per=500))

    def page(self, first: int, last: int, most: int) -> list[Committed]:
        """See judge.stored.Evidence."""
        c = statements.c
        query = select(c.raw, c.received_ms, LATEST_MS, c.arrival).where(self._of, c.number.between(first, last))
        rows = self._connection.execute(query.order_by(c.number, c.hash).limit(most))
        return [Committed(*row) for row in rows]

    def linked(self, number: int, link: bytes) -> Committed | None:
        """See judge.stored.Evidence."""
        rest, key = 32 - LINK_BYTES, self._key  # of the hashes that begin with the link
        between = link + bytes(rest), link + b"\xff" * rest
        rows = self._look(_WITH_HASH_BETWEEN, key.scale_id, key.identity_id, number, *between)
        return Committed(*rows[0]) if rows else None

    def following(self, number: int) -> Following | None:
        """See judge.stored.Evidence."""
        c = statements.c
        next_number = select(c.number).where(self._of, c.number > number).order_by(c.number).limit(1)
        query = select(c.number, func.min(COMMITTED_MS)).where(self._of, c.number == next_number.scalar_subquery())
        row = self._connection.execute(query.group_by(c.number)).first()
        return None if row is None else Following(*row)

    def of_kind_from(self, kind: Kind, number: int, most: int) -> Sequence[bytes]:
        """See judge.sold.SaleStatements; an index serves it for all kinds but snapshots."""
        c = statements.c
        query = select(c.raw).where(self._of, c.kind == int(kind), NOT_SNAPSHOT, c.number >= number)
        return self._connection.scalars(query.order_by(c.number, c.hash).limit(most)).all()

    def rows(self) -> Iterable[Committed]:
        """All statements of the chain, rising, copies as they came."""
        c = statements.c
        query = select(c.raw, c.received_ms, LATEST_MS, c.arrival).where(self._of)
        in_order = query.order_by(c.number, c.arrival, c.hash).execution_options(yield_per=500)
        return (Committed(*row) for row in self._connection.execute(in_order))

    def by_link(self) -> Iterable[tuple[int, int, int]]:
        """Number, arrival and by what they are authentic, of what its own signature does not show, bad ones first."""
        c = statements.c
        query = select(c.number, c.arrival, c.authentic_by).where(self._of, c.authentic_by != BY_SIGNATURE)
        yield from self._connection.execute(query.order_by(c.authentic_by.desc()))

    def vouched_for(self, first: int, last: int, limit: int) -> list[tuple[int, bytes, int]]:
        """(number, raw, arrival) of statements in the range that only a link vouches for."""
        c = statements.c
        query = (
            select(c.number, c.raw, c.arrival)
            .where(self._of, c.number.between(first, last), c.authentic_by == BY_LINK)
            .order_by(c.number, c.hash)
            .limit(limit)
        )
        return [(number, raw, arrival) for number, raw, arrival in self._connection.execute(query)]


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
