"""Summaries as they are stored. One that somebody else has moved on meanwhile raises Conflict, and changes nothing."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, case, literal, null, select, update

from steelyard_cloud.db.clocks import SetBacks, load_set_backs
from steelyard_cloud.db.due import judged_at
from steelyard_cloud.db.schema import due, scales, summaries
from steelyard_cloud.db.upsert import upsert_selected
from steelyard_cloud.judge import summary_bytes
from steelyard_cloud.judge.conditions.fresh import freshness_of
from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.statements.keys import Key
from steelyard_cloud.statements.made_again import made_again
from steelyard_cloud.statements.sql import IN_LIST, Conflict, conflicts
from steelyard_cloud.statements.stored import StoredStatements


@dataclass(slots=True)
class StoredSummary:
    """An identity's summary as it is in the database; version 0 when it is not there yet.

    `size` is its bytes there. One that was made again from the statements is to be written when there is an occasion.
    """

    key: Key
    summary: Summary
    version: int = 0
    size: int = 0
    made_again: bool = False


class _NewRow(NamedTuple):
    """A first summary, in the order of the columns."""

    identity_id: int
    scale_id: int
    shard: str
    version: int
    summary: bytes
    head: int
    stored: int
    receipt_sent: int
    received_ms: int
    dated_ms: int | None
    undated_ms: int | None


class _Change(NamedTuple):
    """What replaces a summary of a known version, in the order of `_UPDATE`."""

    new_version: int
    summary: bytes
    head: int
    stored: int
    receipt_sent: int
    received_ms: int
    dated_ms: int | None
    undated_ms: int | None
    identity_id: int
    version: int


_UPDATE = (
    "UPDATE summaries SET version = {0}, summary = {0}, head = {0}, stored = {0}, receipt_sent = {0}, "
    "received_ms = {0}, dated_ms = {0}, undated_ms = {0} WHERE identity_id = {0} AND version = {0}"
)


def load_summaries(connection: Connection, keys: Sequence[Key]) -> dict[int, StoredSummary]:
    """The summaries of `keys` by identity id; empty ones for identities of which nothing is stored."""
    c = summaries.c
    loaded = {key.identity_id: StoredSummary(key, Summary(key.kid)) for key in keys}
    ids = list(loaded)
    for start in range(0, len(ids), IN_LIST):
        some = c.identity_id.in_(ids[start : start + IN_LIST])
        for identity_id, version, dumped in connection.execute(select(c.identity_id, c.version, c.summary).where(some)):
            key = loaded[identity_id].key
            loaded[identity_id] = StoredSummary(key, summary_bytes.load(key.kid, dumped), version, len(dumped))
    set_backs = load_set_backs(connection, {key.shard for key in keys})
    for stored in loaded.values():
        if stored.summary.outdated:  # the statements' times have been through all of them
            stored.summary = made_again(StoredStatements(connection, stored.key), stored.key.kid)
            stored.made_again = True
            stored.summary.set_backs = set_backs.count(stored.key.shard)
        bring_through(stored.summary, stored.key.shard, set_backs)
    return loaded


def load_summary(connection: Connection, identity_id: int, kid: bytes) -> Summary:
    """The summary of one identity as it is stored; an empty one before its first statement."""
    c = summaries.c
    row = connection.execute(select(c.summary, c.shard).where(c.identity_id == identity_id)).first()
    return read_summary(connection, kid, *row) if row else Summary(kid)


def read_summary(connection: Connection, kid: bytes, dumped: bytes, shard: str) -> Summary:
    """A summary that is stored in a shard, as it counts now."""
    summary = summary_bytes.load(kid, dumped)
    bring_through(summary, shard, load_set_backs(connection, [shard]))
    return summary


def bring_through(summary: Summary, shard: str, set_backs: SetBacks) -> None:
    """Date it no later than the platform's clock was set back to since it was written."""
    to_ms = set_backs.least_ms(shard, summary.set_backs)
    if to_ms is not None:
        summary.set_back(to_ms)
        summary.set_backs = set_backs.count(shard)


def set_back(connection: Connection, shards: Collection[str], to_ms: int) -> None:
    """The clock of these shards was set back: what was committed later than that is due, and its columns follow.

    The summaries themselves follow when they are read; whoever has one in memory meets a newer version.
    """
    later = and_(summaries.c.shard.in_(shards), summaries.c.received_ms > to_ms)
    committed = select(scales.c.id, scales.c.shard, literal(to_ms), literal(0), null(), null()).where(
        scales.c.id.in_(select(summaries.c.scale_id).where(later))
    )
    connection.execute(upsert_selected(connection, due, committed, judged_at(to_ms)))
    capped = {name: _at_most(summaries.c[name], to_ms) for name in ("received_ms", "dated_ms", "undated_ms")}
    connection.execute(update(summaries).where(later).values(version=summaries.c.version + 1, **capped))


def _at_most(column: ColumnElement[int], most_ms: int) -> ColumnElement[int]:
    return case((column > most_ms, most_ms), else_=column)


def write_summaries(connection: Connection, moved: Sequence[StoredSummary]) -> None:
    """Write the summaries that statements moved; Conflict when another receiver was faster.

    Their versions are those that were read; the caller raises them after the commit.
    """
    new: list[_NewRow] = []
    old: list[_Change] = []
    for stored in sorted(moved, key=lambda one: one.key.identity_id):  # one order, so that receivers cannot deadlock
        if stored.version:
            old.append(_change(stored))
            stored.size = len(old[-1].summary)
        else:
            new.append(_new_row(stored))
            stored.size = len(new[-1].summary)
    mark = "%s" if connection.dialect.name == "postgresql" else "?"
    if new:
        columns, marks = ", ".join(_NewRow._fields), ", ".join([mark] * len(_NewRow._fields))
        with conflicts():
            connection.exec_driver_sql(f"INSERT INTO summaries ({columns}) VALUES ({marks})", new)  # noqa: S608  # constants
    if old:
        updated = connection.exec_driver_sql(_UPDATE.format(mark), old)
        if updated.rowcount != len(old):
            raise Conflict


def _new_row(stored: StoredSummary) -> _NewRow:
    key, summary, edge = stored.key, stored.summary, stored.summary.contiguous()
    fresh = freshness_of(summary)
    return _NewRow(
        key.identity_id,
        key.scale_id,
        key.shard,
        version=1,
        summary=summary_bytes.dump(summary),
        head=summary.head,
        stored=summary.stored,
        receipt_sent=edge.number if edge else 0,
        received_ms=summary.newest_ms,
        dated_ms=fresh.dated_ms,
        undated_ms=fresh.undated_ms,
    )


def _change(stored: StoredSummary) -> _Change:
    summary, edge = stored.summary, stored.summary.contiguous()
    fresh = freshness_of(summary)
    return _Change(
        stored.version + 1,
        summary_bytes.dump(summary),
        summary.head,
        summary.stored,
        edge.number if edge else 0,
        summary.newest_ms,
        fresh.dated_ms,
        fresh.undated_ms,
        stored.key.identity_id,
        stored.version,
    )
