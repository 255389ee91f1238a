"""The quarantine by itself: what is kept of what nobody vouches for, and what is found there again."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from kit.cloud_desk import Desk
from sqlalchemy import Connection, select
from steelyard_cloud.db import database
from steelyard_cloud.db.schema import quarantine as table
from steelyard_cloud.db.schema import quarantine_counts, quarantine_sizes
from steelyard_cloud.statements import quarantine
from steelyard_cloud.statements.quarantine import BAD_SIGNATURE, UNKNOWN_IDENTITY, Suspect, of_message
from steelyard_protocol.statement import hash_of

KID = b"0123456789"
UP = "sy/1/7/ONE/up"
OTHER = "sy/1/7/OTHER/up"
NOW_MS = 1_800_000_000_000


@pytest.fixture
def connection(desk: Desk) -> Iterator[Connection]:
    """A transaction of the test's own, which leaves nothing."""
    with database.writing(desk.engine) as connection:
        own = connection.begin_nested()
        yield connection
        own.rollback()


def add(connection: Connection, *payloads: bytes, topic: str = UP, reason: str = UNKNOWN_IDENTITY) -> list[Suspect]:
    suspects = [of_message(topic, payload, reason, KID) for payload in payloads]
    quarantine.add(connection, suspects, NOW_MS)
    return suspects


def kept(connection: Connection, topic: str = UP) -> list[bytes]:
    """What is there of a topic, the oldest first."""
    return list(connection.scalars(select(table.c.raw).where(table.c.topic == topic).order_by(table.c.id)))


def size(connection: Connection, shard: str) -> tuple[int, int]:
    """Rows and bytes on record."""
    c = quarantine_sizes.c
    return tuple(connection.execute(select(c.rows, c.bytes).where(c.shard == shard)).one())


def test_a_suspect_is_cut_to_what_is_kept_of_it() -> None:
    whole = bytes(range(256)) * 40
    one = of_message("sy/1/7/" + "X" * 100, whole, "oversized")
    assert (one.shard, len(one.topic), one.kid, one.reason) == ("7", 80, None, "oversized")
    assert (one.raw, one.hash) == (whole[:8192], hash_of(whole))
    assert of_message("sy/1", b"", "topic").shard == "?"


def test_the_same_bytes_of_a_topic_are_kept_once(connection: Connection) -> None:
    add(connection, b"a", b"bb", b"a")
    add(connection, b"bb", b"ccc")
    add(connection, b"a", topic=OTHER)
    assert (kept(connection), kept(connection, OTHER)) == ([b"a", b"bb", b"ccc"], [b"a"])
    assert size(connection, "7") == (4, 7)


def test_of_a_topic_the_newest_are_kept(connection: Connection) -> None:
    payloads = [b"%03d" % at for at in range(40)]
    add(connection, *payloads[:5])
    add(connection, *payloads[5:38])
    assert kept(connection) == payloads[6:38]
    add(connection, *payloads[38:])
    assert kept(connection) == payloads[8:]
    assert size(connection, "7") == (32, 96)
    row = connection.execute(select(table).where(table.c.raw == payloads[39])).one()
    assert (row.shard, row.kid, row.reason, row.received_ms) == ("7", KID, UNKNOWN_IDENTITY, NOW_MS)


def test_a_topic_s_bytes_are_bounded_to_the_byte(connection: Connection) -> None:
    large = [bytes([at]) * 8192 for at in range(16)]
    add(connection, *large)
    assert kept(connection) == large, "128 KiB"
    add(connection, b"x")
    assert kept(connection) == [*large[1:], b"x"]


def test_a_shard_is_bounded_in_rows_and_its_oldest_go_first(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quarantine, "PER_SHARD", 3)
    for evicted in (1, 2, 64):
        monkeypatch.setattr(quarantine, "EVICTED", evicted)
        shard = str(evicted % 9)
        topics = [f"sy/1/{shard}/{at}/up" for at in range(6)]
        for topic in topics[:3]:
            add(connection, b"x", topic=topic)
        assert [kept(connection, topic) for topic in topics[:3]] == [[b"x"]] * 3
        quarantine.add(connection, [of_message(topic, b"y", "topic") for topic in topics[3:5]], NOW_MS)
        assert [len(kept(connection, topic)) for topic in topics[:5]] == [0, 0, 1, 1, 1]
        assert size(connection, shard) == (3, 3)


def test_a_shard_is_bounded_in_bytes(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quarantine, "PER_SHARD_BYTES", 10)
    add(connection, b"12345", topic="sy/1/5/A/up")
    add(connection, b"12345", topic="sy/1/5/B/up")
    assert size(connection, "5") == (2, 10)
    add(connection, b"6", topic="sy/1/5/C/up")
    assert size(connection, "5") == (2, 6)
    assert kept(connection, "sy/1/5/A/up") == []


def test_the_bounds_are_those_that_operators_are_told() -> None:
    rows, bytes_ = quarantine.PER_TOPIC, quarantine.PER_TOPIC_BYTES // 1024
    of_shard, mib = quarantine.PER_SHARD, quarantine.PER_SHARD_BYTES / 2**20
    told = f"at most {rows} messages or {bytes_} KiB of a topic and {of_shard:,} messages or {mib:g} MiB of a shard"
    assert told in (Path(__file__).resolve().parents[3] / "docs" / "operations.md").read_text()


def test_what_waits_for_a_registration_is_found_in_its_order(connection: Connection) -> None:
    add(connection, b"first", b"second")
    add(connection, b"forged", reason=BAD_SIGNATURE)
    add(connection, b"other's", topic=OTHER)
    found = quarantine.waiting(connection, UP)
    assert [raw for _, raw in found] == [b"first", b"second"]
    quarantine.release(connection, [found[0][0]])
    assert kept(connection) == [b"second", b"forged"]
    assert size(connection, "7") == (3, len(b"second" + b"forged" + b"other's"))


@pytest.mark.parametrize("at_once", [1, 2])
def test_all_that_is_released_goes(connection: Connection, monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    monkeypatch.setattr(quarantine, "IN_LIST", at_once)
    add(connection, b"1", b"22", b"333")
    add(connection, b"4444", topic="sy/1/8/B/up")
    ids = [id_ for topic in (UP, "sy/1/8/B/up") for id_, _ in quarantine.waiting(connection, topic)]
    quarantine.release(connection, ids)
    assert kept(connection) == []
    assert (size(connection, "7"), size(connection, "8")) == ((0, 0), (0, 0))


def test_a_link_finds_the_statements_whose_hash_begins_with_it(connection: Connection) -> None:
    link = b"\x20" * 15 + b"\x7f"
    (one,) = add(connection, b"template", reason=BAD_SIGNATURE)
    hashes = [
        link + bytes(16),
        link + b"\xff" * 16,
        link[:-1] + b"\x7e" + b"\xff" * 16,
        link[:-1] + b"\x80" + bytes(16),
    ]
    suspects = [one._replace(hash=hash_, raw=bytes([at])) for at, hash_ in enumerate(hashes)]
    suspects.append(suspects[0]._replace(topic=OTHER))
    suspects.append(suspects[0]._replace(hash=link + bytes(15) + b"\x01", reason=UNKNOWN_IDENTITY))
    quarantine.add(connection, suspects, NOW_MS)
    assert sorted(raw for _, raw in quarantine.linked(connection, UP, link)) == [b"\x00", b"\x01"]


def test_links_are_known_of_what_a_link_could_vouch_for(connection: Connection) -> None:
    (bad,) = add(connection, b"bad", reason=BAD_SIGNATURE)
    add(connection, b"waits")
    quarantine.add(connection, [of_message(UP, b"nobody's", BAD_SIGNATURE)], NOW_MS)
    (other,) = add(connection, b"bad", topic="sy/1/8/B/up", reason=BAD_SIGNATURE)
    assert quarantine.links(connection, "7") == {(KID, bad.hash[:16])}
    assert quarantine.links(connection, "78") == {(KID, bad.hash[:16]), (KID, other.hash[:16])}


def test_reasons_are_counted_by_shard(connection: Connection) -> None:
    quarantine.count(connection, {("7", "topic"): 2, ("8", "topic"): 1})
    quarantine.count(connection, {("7", "topic"): 3, ("7", "signature"): 1})
    c = quarantine_counts.c
    rows = connection.execute(select(c.shard, c.reason, c.count).where(c.shard.in_(["7", "8"])))
    assert {(shard, reason): number for shard, reason, number in rows} == {
        ("7", "topic"): 5,
        ("7", "signature"): 1,
        ("8", "topic"): 1,
    }
