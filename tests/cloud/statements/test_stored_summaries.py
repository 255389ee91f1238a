"""Summaries in the database: as they were written, by whoever was first, and no later than a clock was set back to."""

from collections.abc import Iterator

import pytest
from kit.canonical import canonical
from kit.cloud_desk import Desk
from kit.signing_scale import START_S, SigningScale
from kit.stored import RECEIVED_MS, keys_of, write
from sqlalchemy import Connection, insert, select, update
from steelyard_cloud.db import database
from steelyard_cloud.db.schema import due, identities, set_backs
from steelyard_cloud.db.schema import summaries as table
from steelyard_cloud.judge.chain import absorb, note_signatures
from steelyard_cloud.judge.stored import StatementsInMemory
from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.statements import queries, summaries
from steelyard_cloud.statements.keys import Key
from steelyard_cloud.statements.sql import Conflict
from steelyard_cloud.statements.stored import BY_LINK, BY_LINK_BAD_SIGNATURE, BY_SIGNATURE, StoredStatements
from steelyard_cloud.statements.summaries import StoredSummary
from steelyard_protocol import statement
from steelyard_protocol.statement import parse

DATED_MS = (START_S + 4 * 600) * 1_000
"""What the clock of a scale said at number 4, the last before it lost its time."""


class Three:
    """The keys of three scales, two of them in one shard, and what they signed."""

    def __init__(self, desk: Desk) -> None:
        by_shard: dict[str, list[SigningScale]] = {}
        for scale in map(SigningScale, range(1, 200)):
            by_shard.setdefault(scale.code[0], []).append(scale)
        shared = next(some for some in by_shard.values() if len(some) > 1)
        other = next(some for some in by_shard.values() if some is not shared)
        self.scales = [*shared[:2], other[0]]
        self.keys = keys_of(desk, *self.scales)
        for scale in self.scales:
            scale.enrol(), scale.boot(), scale.snapshot(), scale.snapshot()
            scale.skip(2)
            scale.flags = 0
            scale.snapshot()


@pytest.fixture(scope="module")
def three(desk: Desk) -> Three:
    return Three(desk)


@pytest.fixture
def connection(desk: Desk) -> Iterator[Connection]:
    """A transaction of the test's own, which leaves nothing."""
    with database.writing(desk.engine) as connection:
        own = connection.begin_nested()
        yield connection
        own.rollback()


def absorbed(key: Key, raws: list[bytes], by: int = BY_SIGNATURE) -> Summary:
    """The summary of statements by number, committed as `kit.stored.write` does."""
    summary, memory = Summary(key.kid), StatementsInMemory()
    for at, one in enumerate(map(parse, raws)):
        absorb(summary, one, RECEIVED_MS + 1_000 * at, memory)
        memory.add(one, RECEIVED_MS + 1_000 * at)
        if by == BY_LINK_BAD_SIGNATURE:
            note_signatures(summary, one.number, one.number, [(one.number, 0)])
    return summary


def written(connection: Connection, three: Three, at: int) -> StoredSummary:
    """A summary that is written for the first time, as its writer has it after the commit."""
    stored = StoredSummary(three.keys[at], absorbed(three.keys[at], three.scales[at].chain))
    summaries.write_summaries(connection, [stored])
    stored.version = 1
    return stored


def row_of(connection: Connection, key: Key) -> dict[str, object]:
    query = select(table).where(table.c.identity_id == key.identity_id)
    return dict(connection.execute(query).mappings().one())


@pytest.mark.parametrize("at_once", [1, 2, 500])
def test_what_is_written_is_read_and_nothing_is_an_empty_summary(
    connection: Connection, three: Three, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(summaries, "IN_LIST", at_once)
    stored = [written(connection, three, at) for at in (0, 2)]
    found = summaries.load_summaries(connection, three.keys)
    for one in stored:
        again = found[one.key.identity_id]
        assert canonical(again.summary) == canonical(one.summary)
        assert (again.key, again.version, again.size, again.made_again) == (one.key, 1, one.size, False)
        assert one.size > 100
    empty = found[three.keys[1].identity_id]
    assert (empty.version, empty.size, empty.summary) == (0, 0, Summary(three.keys[1].kid))


def test_the_columns_that_lists_read_are_those_of_the_summary(connection: Connection, three: Three) -> None:
    key = three.keys[0]
    stored = written(connection, three, 0)
    expected = {
        "identity_id": key.identity_id,
        "scale_id": key.scale_id,
        "shard": key.shard,
        "version": 1,
        "head": 7,
        "stored": 5,
        "receipt_sent": 4,
        "received_ms": RECEIVED_MS + 4_000,
        "dated_ms": DATED_MS,
        "undated_ms": RECEIVED_MS + 4_000,
    }
    first = row_of(connection, key)
    assert {name: value for name, value in first.items() if name != "summary"} == expected
    scale = three.scales[0].branch()
    raw = scale.snapshot(number=5)
    absorb(stored.summary, parse(raw), RECEIVED_MS + 9_000, StoredStatements(connection, key))
    summaries.write_summaries(connection, [stored])
    changed = {"version": 2, "stored": 6, "receipt_sent": 5}
    changed |= {"received_ms": RECEIVED_MS + 9_000, "undated_ms": RECEIVED_MS + 9_000}
    second = row_of(connection, key)
    assert {name: value for name, value in second.items() if name != "summary"} == expected | changed
    assert stored.size == len(second["summary"]) != len(first["summary"])  # type: ignore[arg-type]


def test_only_one_of_two_writers_is_first(connection: Connection, three: Three) -> None:
    written(connection, three, 0)
    late = StoredSummary(three.keys[0], absorbed(three.keys[0], three.scales[0].chain), version=2)
    with pytest.raises(Conflict):
        summaries.write_summaries(connection, [late])
    assert row_of(connection, three.keys[0])["version"] == 1
    late.version = 0
    own = connection.begin_nested()
    with pytest.raises(Conflict):
        summaries.write_summaries(connection, [late])
    own.rollback()


def test_a_chain_s_summary_is_found_by_its_scale(connection: Connection, three: Three) -> None:
    stored, key, other = written(connection, three, 0), three.keys[0], three.keys[1]
    found = queries.summary_of(connection, key.scale_id, key.identity_id)
    assert found is not None
    assert canonical(found) == canonical(stored.summary)
    assert queries.summary_of(connection, other.scale_id, key.identity_id) is None
    assert queries.summary_of(connection, other.scale_id, other.identity_id) is None
    active, all_of_them = queries.summaries_of(connection, key.scale_id)
    assert (active, [canonical(one) for one in all_of_them]) == (key.kid, [canonical(found)])
    assert summaries.load_summary(connection, other.identity_id, other.kid) == Summary(other.kid)


def test_of_two_keys_of_a_scale_each_has_its_own_summary(connection: Connection, three: Three) -> None:
    own = [written(connection, three, at).summary for at in (0, 1)]
    key, older = three.keys[:2]
    moved = {"scale_id": key.scale_id, "active": False}
    connection.execute(update(identities).where(identities.c.id == older.identity_id).values(moved))
    for one, summary in zip((key, older), own, strict=True):
        found = queries.summary_of(connection, key.scale_id, one.identity_id)
        assert found is not None
        assert canonical(found) == canonical(summary)
        assert found.kid == one.kid
    active, all_of_them = queries.summaries_of(connection, key.scale_id)
    assert (active, {one.kid for one in all_of_them}) == (key.kid, {key.kid, older.kid})


def test_what_was_committed_after_the_time_that_the_clock_was_set_back_to_is_dated_then(
    connection: Connection, three: Three
) -> None:
    """Of a shard; the scale is judged anew, and who has its summary in memory meets a newer one."""
    ahead, before, elsewhere = (written(connection, three, at) for at in (0, 1, 2))
    to_ms = DATED_MS - 1
    of_before = table.c.identity_id == before.key.identity_id
    connection.execute(update(table).where(of_before).values(received_ms=to_ms, dated_ms=to_ms, undated_ms=None))
    unchanged = [row_of(connection, one.key) for one in (before, elsewhere)]
    back = {"shard": ahead.key.shard, "number": 1, "from_ms": RECEIVED_MS + 9_000, "to_ms": to_ms}
    connection.execute(insert(set_backs).values(back))
    summaries.set_back(connection, [ahead.key.shard], to_ms)
    row = row_of(connection, ahead.key)
    assert (row["version"], row["received_ms"], row["dated_ms"], row["undated_ms"]) == (2, to_ms, to_ms, to_ms)
    assert [row_of(connection, one.key) for one in (before, elsewhere)] == unchanged
    timers = connection.execute(select(due)).all()
    assert [tuple(one) for one in timers] == [(ahead.key.scale_id, ahead.key.shard, to_ms, 0, None, None)]
    read = [
        summaries.load_summary(connection, ahead.key.identity_id, ahead.key.kid),
        summaries.load_summaries(connection, [ahead.key])[ahead.key.identity_id].summary,
    ]
    for summary in read:
        assert (summary.newest_ms, summary.dated, summary.set_backs) == (to_ms, (4, to_ms), 1)
    far = summaries.load_summary(connection, elsewhere.key.identity_id, elsewhere.key.kid)
    assert (far.newest_ms, far.set_backs) == (RECEIVED_MS + 4_000, 0)


@pytest.mark.parametrize("by", [BY_SIGNATURE, BY_LINK, BY_LINK_BAD_SIGNATURE])
def test_an_outdated_summary_is_made_again_from_the_statements(
    connection: Connection, three: Three, monkeypatch: pytest.MonkeyPatch, by: int
) -> None:
    key, scale = three.keys[0], three.scales[0].branch()
    fork = scale.branch()
    fork.number, fork.head_hash = 3, statement.hash_of(scale.chain[2])
    headless = [statement.build(scale.private_key, scale.kid, [3, 0, at]) for at in range(2)]
    raws = sorted(
        [*headless, *scale.chain, fork.snapshot(5_000_000), fork.snapshot(6_000_000)],
        key=lambda raw: (parse(raw).number, parse(raw).hash),
    )
    write(connection, key, raws, by=by)
    stored = StoredSummary(key, Summary(key.kid))
    with monkeypatch.context() as older:
        older.setattr(summaries.summary_bytes, "FORMAT", 1)
        summaries.write_summaries(connection, [stored])
    again = summaries.load_summaries(connection, [key])[key.identity_id]
    expected = absorbed(key, raws, by)
    if by == BY_LINK:
        expected.unchecked = [(0, 5), (7, 7)]
    assert again.made_again
    assert canonical(again.summary) == canonical(expected)
    assert again.summary.unchecked == expected.unchecked
    assert len(headless) == 2
