"""Reading a chain: which statements, in which order, and never those of another chain."""

from collections.abc import Iterator

import pytest
from kit.cloud_desk import Desk
from kit.signing_scale import SigningScale
from kit.stored import RECEIVED_MS, keys_of, write
from sqlalchemy import Connection
from steelyard_cloud.db import database
from steelyard_cloud.statements import queries
from steelyard_cloud.statements.keys import Key
from steelyard_protocol.bodies import Kind
from steelyard_protocol.events import EventKind
from steelyard_protocol.statement import hash_of

STRANGER = 999
"""An identity that is on no record."""


class Life:
    """A chain: enrolment, two starts, a case that was opened twice; number 4 has three contents."""

    def __init__(self, connection: Connection, key: Key, scale: SigningScale) -> None:
        self.connection, self.key, self.scale = connection, key, scale
        scale.enrol(), scale.boot(), scale.snapshot()
        copies = [scale.branch().snapshot(load_mg) for load_mg in (1_000_000, 2_000_000)]
        self.forks = sorted([scale.snapshot(), *copies], key=hash_of)
        scale.event(EventKind.CASE_OPENED, 0)
        scale.boot()
        scale.event(EventKind.LOCKED, 1)
        scale.event(EventKind.CASE_OPENED, 0)
        scale.snapshot()
        write(connection, key, [*scale.chain[:3], *self.forks, *scale.chain[4:]])
        write(connection, key, scale.chain, of=STRANGER)

    @property
    def chain(self) -> tuple[Connection, int, int]:
        """What a query takes first."""
        return self.connection, self.key.scale_id, self.key.identity_id


@pytest.fixture(scope="module")
def life(desk: Desk) -> Iterator[Life]:
    scale = SigningScale()
    (key,) = keys_of(desk, scale)
    with database.writing(desk.engine) as connection:
        yield Life(connection, key, scale)


def test_a_number_has_all_its_copies_by_hash(life: Life) -> None:
    assert [one.raw for one in queries.statements_at(*life.chain, 4, 32)] == life.forks
    assert [one.raw for one in queries.statements_at(*life.chain, 4, 2)] == life.forks[:2]
    assert [one.raw for one in queries.statements_at(*life.chain, 3, 2)] == [life.scale.chain[2]]
    assert queries.statements_at(*life.chain, 10, 2) == []


def test_a_statement_is_read_with_what_it_says_and_when_it_came(life: Life) -> None:
    first, raw = queries.statements_at(*life.chain, 1, 1)[0], life.scale.chain[0]
    assert (first.number, first.kind, first.hash, first.raw) == (1, Kind.ENROL, hash_of(raw), raw)
    assert (first.measured_s, first.received_ms) == (1_800_000_600, RECEIVED_MS)


def test_a_fact_names_a_statement_by_number_and_hash_in_its_chain(life: Life) -> None:
    (_, scale_id, identity_id), hash_ = life.chain, hash_of(life.scale.chain[1])
    there = [(scale_id, identity_id, at, hash_of(life.scale.chain[at - 1])) for at in (1, 2)]
    nowhere = [
        (scale_id, identity_id, 3, hash_),
        (scale_id, identity_id, 2, hash_of(life.scale.chain[2])),
        (scale_id + 1, identity_id, 2, hash_),
        (scale_id, identity_id + 1, 2, hash_),
    ]
    found = queries.named_statements(life.connection, [*there, *nowhere])
    assert {named: one.raw for named, one in found.items()} == dict(zip(there, life.scale.chain[:2], strict=True))
    assert queries.named_statements(life.connection, []) == {}


def test_a_hash_is_looked_for_in_all_chains_of_a_scale_and_in_no_other_scale_s(life: Life) -> None:
    old = SigningScale(2).enrol()
    write(life.connection, life.key, [old], of=77)
    found = queries.statement_with(life.connection, life.key.scale_id, hash_of(old))
    assert found is not None
    assert (found[0], found[1].raw) == (77, old)
    assert queries.statement_with(life.connection, life.key.scale_id + 1, hash_of(old)) is None
    assert queries.statement_with(life.connection, life.key.scale_id, bytes(32)) is None


def test_the_start_of_a_statement_is_the_nearest_boot_statement_not_above_it(life: Life) -> None:
    def start(number: int, hash_: bytes | None = None) -> int | None:
        found = queries.start_of(*life.chain, number, hash_)
        return found and found.number

    first, second = hash_of(life.scale.chain[1]), hash_of(life.scale.chain[5])
    assert [start(number) for number in range(1, 10)] == [None, 2, 2, 2, 2, 6, 6, 6, 6]
    assert [start(number, first) for number in (1, 2, 9)] == [None, 2, 2]
    assert [start(number, second) for number in (5, 6, 9)] == [None, 6, 6]
    assert start(9, hash_of(life.scale.chain[2])) is None, "that is no boot statement"


def test_the_newest_come_first_and_pages_follow_one_another(life: Life) -> None:
    whole = [*life.scale.chain[:3], *life.forks, *life.scale.chain[4:]][::-1]
    assert [one.raw for one in queries.newest(*life.chain, limit=99)] == whole
    assert [one.raw for one in queries.newest(*life.chain, limit=3)] == whole[:3]
    assert [one.raw for one in queries.newest(*life.chain, before=5, limit=4)] == whole[5:9]


def test_the_newest_of_a_kind(life: Life) -> None:
    def numbers(kind: Kind, limit: int = 9, before: int | None = None) -> list[int]:
        return [one.number for one in queries.newest_of_kind(*life.chain, kind, limit, before)]

    assert numbers(Kind.BOOT) == [6, 2]
    assert numbers(Kind.BOOT, before=6) == [2]
    assert numbers(Kind.BOOT, limit=1) == [6]
    assert numbers(Kind.SNAPSHOT) == [9, 4, 4, 4, 3]
    assert numbers(Kind.PARAMETERS) == []


def test_of_each_kind_of_event_there_are_so_many_and_all_of_them_by_number(life: Life) -> None:
    def numbers(*kinds: EventKind, limit: int = 9, before: int | None = None) -> list[int]:
        return [one.number for one in queries.newest_events(*life.chain, kinds, limit, before)]

    opened, locked = EventKind.CASE_OPENED, EventKind.LOCKED
    assert numbers(opened, locked) == numbers(locked, opened) == [8, 7, 5]
    assert numbers(opened, locked, limit=1) == [8, 7]
    assert numbers(opened, locked, before=8) == [7, 5]
    assert numbers(locked) == [7]
    assert numbers(EventKind.UNLOCKED) == []
