"""Evidence and summaries: reading what is held, and writing a batch of new statements in one go.

This is the hot path, so it speaks SQL through the driver: executemany on SQLite, COPY on PostgreSQL. A batch whose
summary somebody else has moved on meanwhile raises Conflict and changes nothing: read again, take in again.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, or_, select
from sqlalchemy.exc import IntegrityError, OperationalError
from steelyard_protocol.bodies import Kind

from steelyard_cloud.db.schema import TELLING, identities, statements, summaries
from steelyard_cloud.errors import CloudError
from steelyard_cloud.judge.intake import Contents, bring_up_to_date
from steelyard_cloud.judge.summary import Summary

BY_SIGNATURE = 1
BY_LINK = 2
BY_LINK_BAD_SIGNATURE = 3

IN_LIST = 500  # values in one IN (…): far below SQLite's bound on variables

_COLUMNS = "scale_id, identity_id, number, hash, content_hash, kind, measured_s, received_ms, authentic_by, raw"
_SUMMARY_COLUMNS = "identity_id, scale_id, shard, version, state, head, held, receipted, received_ms"
_COPY_TYPES = ("int8", "int8", "int8", "bytea", "bytea", "int8", "int8", "int8", "int2", "bytea")


class Conflict(CloudError):
    """Another receiver has committed statements of the same identity; read its summary again."""

    code, noun = "conflict", "summary"


class ConflictAgain(Conflict):
    """Another receiver keeps committing statements of the same identities, in the shards {shards}."""

    code = "conflict-again"


class Row(NamedTuple):
    """One statement to hold, in the order of the table."""

    scale_id: int
    identity_id: int
    number: int
    hash: bytes
    content_hash: bytes
    kind: int
    measured_s: int | None
    received_ms: int
    authentic_by: int
    raw: bytes


@dataclass(frozen=True, slots=True)
class Key:
    """A registered identity, as authentication needs it."""

    identity_id: int
    scale_id: int
    kid: bytes
    text: str
    shard: str
    public_key: bytes

    @property
    def up(self) -> str:
        """Topic of its statements."""
        return f"sy/1/{self.shard}/{self.text}/up"

    @property
    def down(self) -> str:
        """Topic of what the platform sends it."""
        return f"sy/1/{self.shard}/{self.text}/down"


@dataclass(slots=True)
class Held:
    """An identity's summary as it is in the database; version 0 when it is not there yet."""

    key: Key
    summary: Summary
    version: int = 0


def load_keys(connection: Connection, kids: Sequence[bytes]) -> dict[bytes, Key]:
    """The registered identities among `kids`."""
    c = identities.c
    found: dict[bytes, Key] = {}
    for start in range(0, len(kids), IN_LIST):
        rows = connection.execute(
            select(c.id, c.scale_id, c.kid, c.text, c.shard, c.public_key).where(
                c.kid.in_(kids[start : start + IN_LIST])
            )
        )
        found.update({row.kid: Key(*row) for row in rows})
    return found


def load_keys_of(connection: Connection, identity_ids: Iterable[int]) -> dict[int, Key]:
    """The registered identities with these ids."""
    c = identities.c
    rows = connection.execute(
        select(c.id, c.scale_id, c.kid, c.text, c.shard, c.public_key).where(c.id.in_(list(identity_ids)))
    )
    return {row.id: Key(*row) for row in rows}


def load_summaries(connection: Connection, keys: Sequence[Key]) -> dict[int, Held]:
    """The summaries of `keys` by identity id; empty ones for identities of which nothing is held."""
    loaded = {key.identity_id: Held(key, Summary(key.kid)) for key in keys}
    ids = list(loaded)
    for start in range(0, len(ids), IN_LIST):
        rows = connection.execute(
            select(summaries.c.identity_id, summaries.c.version, summaries.c.state).where(
                summaries.c.identity_id.in_(ids[start : start + IN_LIST])
            )
        )
        for identity_id, version, state in rows:
            key = loaded[identity_id].key
            loaded[identity_id] = Held(key, Summary.load(key.kid, state), version)
    for held in loaded.values():
        if held.summary.outdated:
            bring_up_to_date(held.summary, HeldInDatabase(connection, held.key))
    return loaded


class HeldInDatabase:
    """Evidence of one identity for `judge.intake`."""

    def __init__(self, connection: Connection, key: Key) -> None:
        self._connection, self._key = connection, key

    @property
    def _of(self) -> ColumnElement[bool]:
        key = self._key
        return and_(statements.c.scale_id == key.scale_id, statements.c.identity_id == key.identity_id)

    def contents(self, number: int, hash_: bytes) -> Contents:
        """See judge.intake.Evidence."""
        query = select(statements.c.hash, statements.c.content_hash).where(self._of, statements.c.number == number)
        if number == 0:
            query = query.where(statements.c.hash == hash_)
        return [(one, content) for one, content in self._connection.execute(query)]

    def between(self, first: int, last: int) -> Iterable[bytes]:
        """See judge.intake.Evidence."""
        c = statements.c
        query = select(c.raw).where(self._of, c.number.between(first, last)).order_by(c.number, c.hash)
        return self._connection.scalars(query.execution_options(yield_per=500))

    def events(self) -> Iterable[bytes]:
        """See judge.intake.Evidence."""
        c = statements.c
        query = select(c.raw).where(self._of, c.kind == int(Kind.EVENT), TELLING).order_by(c.number, c.hash)
        return self._connection.scalars(query.execution_options(yield_per=500))

    def vouched_for(self, first: int, last: int, limit: int) -> list[tuple[int, bytes, bytes]]:
        """(number, hash, raw) of statements in the range that are held by a link alone."""
        c = statements.c
        query = (
            select(c.number, c.hash, c.raw)
            .where(self._of, c.number.between(first, last), c.authentic_by == BY_LINK)
            .order_by(c.number, c.hash)
            .limit(limit)
        )
        return [(number, hash_, raw) for number, hash_, raw in self._connection.execute(query)]


def mark_bad_signatures(connection: Connection, key: Key, found: Sequence[tuple[int, bytes]]) -> None:
    """Note in the evidence that these statements (number, hash) are held although their own signature is bad."""
    c = statements.c
    of = or_(*(and_(c.number == number, c.hash == hash_) for number, hash_ in found))
    connection.execute(
        statements.update()
        .where(c.scale_id == key.scale_id, c.identity_id == key.identity_id, of)
        .values(authentic_by=BY_LINK_BAD_SIGNATURE)
    )


def write_statements(connection: Connection, rows: Sequence[Row]) -> None:
    """Add statements; Conflict when another receiver has added one of them."""
    if not rows:
        return
    if connection.dialect.name != "postgresql":
        marks = ", ".join("?" * len(Row._fields))
        with _conflicts():
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


def write_summaries(connection: Connection, moved: Sequence[Held]) -> None:
    """Write the summaries that statements moved; Conflict when another receiver was faster.

    Their versions are those that were read; the caller raises them after the commit.
    """
    mark = "%s" if connection.dialect.name == "postgresql" else "?"
    new, old = [], []
    for held in sorted(moved, key=lambda one: one.key.identity_id):  # one order, so that receivers cannot deadlock
        summary, key = held.summary, held.key
        edge = summary.contiguous()
        values = (summary.dump(), summary.head, summary.held, edge.number if edge else 0, summary.newest_ms)
        if held.version:
            old.append((held.version + 1, *values, key.identity_id, held.version))
        else:
            new.append((key.identity_id, key.scale_id, key.shard, 1, *values))
    if new:
        marks = ", ".join([mark] * 9)
        with _conflicts():
            connection.exec_driver_sql(f"INSERT INTO summaries ({_SUMMARY_COLUMNS}) VALUES ({marks})", new)  # noqa: S608  # constants
    if old:
        updated = connection.exec_driver_sql(
            f"UPDATE summaries SET version = {mark}, state = {mark}, head = {mark}, held = {mark}, receipted = {mark}, "  # noqa: S608  # constants
            f"received_ms = {mark} WHERE identity_id = {mark} AND version = {mark}",
            old,
        )
        if updated.rowcount != len(old):
            raise Conflict


@contextmanager
def _conflicts() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        raise Conflict from error
