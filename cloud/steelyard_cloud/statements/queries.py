"""Statements of one chain as they are read, by number and by kind; and the chain's summary.

These take ids as they come. Who asks for somebody goes through `scales.reported`, which wants a scale in scope.
"""

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, select, tuple_
from steelyard_protocol.bodies import Kind
from steelyard_protocol.events import EventKind

from steelyard_cloud.db.schema import NOT_SNAPSHOT, identities, statements, summaries
from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.statements.sql import COMMITTED_MS, IN_LIST
from steelyard_cloud.statements.summaries import read_summary


class StatementRead(NamedTuple):
    """A stored statement: its number, kind, hash and bytes, what the scale's clock said (s), when it came (ms)."""

    number: int
    kind: int
    hash: bytes
    raw: bytes
    measured_s: int | None
    received_ms: int


_Query = Select[Any]
_READ = *(statements.c[name] for name in ("number", "kind", "hash", "raw", "measured_s")), COMMITTED_MS


def _of_chain(scale_id: int, identity_id: int, *conditions: ColumnElement[bool]) -> _Query:
    c = statements.c
    return select(*_READ).where(c.scale_id == scale_id, c.identity_id == identity_id, *conditions)


Named = tuple[int, int, int, bytes]  # ids of scale and identity, number and hash of a statement


def named_statements(connection: Connection, named: Collection[Named]) -> dict[Named, StatementRead]:
    """Those of the statements that registry facts name that are stored."""
    c = statements.c
    query = select(c.scale_id, c.identity_id, *_READ).where(c.scale_id.in_({one[0] for one in named}))
    found: dict[Named, StatementRead] = {}
    in_all = list(named)
    for start in range(0, len(in_all), IN_LIST):
        of = tuple_(c.scale_id, c.identity_id, c.number, c.hash).in_(in_all[start : start + IN_LIST])
        for scale_id, identity_id, *read in connection.execute(query.where(of)):
            one = StatementRead._make(read)
            found[scale_id, identity_id, one.number, one.hash] = one
    return found


def statements_at(
    connection: Connection, scale_id: int, identity_id: int, number: int, most: int
) -> list[StatementRead]:
    """The statements with this number, at most so many: one, unless there are copies."""
    query = _of_chain(scale_id, identity_id, statements.c.number == number).order_by(statements.c.hash).limit(most)
    return [StatementRead._make(row) for row in connection.execute(query)]


def statement_with(connection: Connection, scale_id: int, hash_: bytes) -> tuple[int, StatementRead] | None:
    """The id of an identity of a scale, and its stored statement with this hash: it looks through all of them."""
    c = statements.c
    row = connection.execute(
        select(c.identity_id, *_READ).where(c.scale_id == scale_id, c.hash == hash_).limit(1)
    ).first()
    return None if row is None else (row.identity_id, StatementRead._make(row[1:]))


def start_of(
    connection: Connection, scale_id: int, identity_id: int, number: int, hash_: bytes | None = None
) -> StatementRead | None:
    """The nearest boot statement at or below a number, or the one among them with this hash."""
    query = _of_chain(scale_id, identity_id, statements.c.kind == int(Kind.BOOT)).where(NOT_SNAPSHOT)
    query = query.where(statements.c.number <= number)
    if hash_ is not None:
        query = query.where(statements.c.hash == hash_)
    row = connection.execute(query.order_by(statements.c.number.desc()).limit(1)).first()
    return None if row is None else StatementRead._make(row)


def newest(
    connection: Connection, scale_id: int, identity_id: int, *, before: int | None = None, limit: int
) -> list[StatementRead]:
    """The newest statements, the newest first; `before` is the number behind which a page starts."""
    return _newest(connection, _of_chain(scale_id, identity_id, *_below(before)), limit)


def newest_of_kind(
    connection: Connection, scale_id: int, identity_id: int, kind: Kind, limit: int, before: int | None = None
) -> list[StatementRead]:
    """The newest statements of a kind, the newest first; `before` is the number behind which a page starts.

    For all kinds but snapshots an index serves it, so it costs the same however many snapshots lie between.
    """
    query = _of_chain(scale_id, identity_id, statements.c.kind == int(kind), *_below(before))
    return _newest(connection, query if kind is Kind.SNAPSHOT else query.where(NOT_SNAPSHOT), limit)


def newest_events(
    connection: Connection,
    scale_id: int,
    identity_id: int,
    kinds: Iterable[EventKind],
    limit: int,
    before: int | None = None,
) -> list[StatementRead]:
    """The newest events of these kinds, up to `limit` of each, the newest first.

    An index serves each kind, so events of other kinds neither push them out nor make it slower.
    """
    found = [
        row
        for kind in kinds
        for row in _newest(
            connection, _of_chain(scale_id, identity_id, statements.c.event == int(kind), *_below(before)), limit
        )
    ]
    return sorted(found, key=lambda row: (row.number, row.hash), reverse=True)


def _below(before: int | None) -> tuple[ColumnElement[bool], ...]:
    return () if before is None else (statements.c.number < before,)


def _newest(connection: Connection, query: _Query, limit: int) -> list[StatementRead]:
    rows = connection.execute(query.order_by(statements.c.number.desc(), statements.c.hash.desc()).limit(limit))
    return [StatementRead._make(row) for row in rows]


def summary_of(connection: Connection, scale_id: int, identity_id: int) -> Summary | None:
    """The summary of a chain; None before its first statement, and for an identity of another scale."""
    row = connection.execute(
        select(identities.c.kid, summaries.c.summary, summaries.c.shard)
        .join_from(summaries, identities, summaries.c.identity_id == identities.c.id)
        .where(summaries.c.identity_id == identity_id, identities.c.scale_id == scale_id)
    ).first()
    return None if row is None else read_summary(connection, *row)


def stored_of(connection: Connection, identity_id: int) -> int:
    """How many statements of a key are stored."""
    return connection.scalar(select(summaries.c.stored).where(summaries.c.identity_id == identity_id)) or 0


def summaries_of(connection: Connection, scale_id: int) -> tuple[bytes | None, list[Summary]]:
    """The kid of a scale's active identity, and the summaries of all its chains."""
    rows = connection.execute(
        select(identities.c.active, identities.c.kid, summaries.c.summary, summaries.c.shard)
        .join_from(identities, summaries, summaries.c.identity_id == identities.c.id)
        .where(identities.c.scale_id == scale_id)
    ).all()
    active = next((row.kid for row in rows if row.active), None)
    return active, [read_summary(connection, *row[1:]) for row in rows]
