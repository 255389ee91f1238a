"""The database is the same evidence as memory, whatever is asked of it and whatever else is stored."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from kit.cloud_desk import Desk
from kit.signing_scale import SigningScale
from kit.stored import RECEIVED_MS, keys_of, write
from sqlalchemy import Connection
from steelyard_cloud.db import database
from steelyard_cloud.judge.stored import NEVER_MS, Committed, StatementsInMemory
from steelyard_cloud.statements.keys import Key
from steelyard_cloud.statements.stored import (
    BY_LINK,
    BY_LINK_BAD_SIGNATURE,
    BY_SIGNATURE,
    StoredStatements,
    mark_bad_signatures,
)
from steelyard_protocol import p256, statement
from steelyard_protocol.statement import Statement, link_of, parse


def signed_again(scale: SigningScale, raw: bytes) -> bytes:
    """The same content under another signature of the same key, by a random nonce."""
    key = ec.derive_private_key(int.from_bytes(scale.private_key, "big"), ec.SECP256R1())
    r, s = utils.decode_dss_signature(key.sign(parse(raw).signed, ec.ECDSA(hashes.SHA256())))
    return raw[:-64] + p256.lower(r.to_bytes(32, "big") + s.to_bytes(32, "big"))


class Told:
    """A chain with copies of every kind in the database and in memory, and the same under other identities."""

    def __init__(self, connection: Connection, key: Key, scale: SigningScale) -> None:
        self.memory, self.evidence = StatementsInMemory(), StoredStatements(connection, key)
        scale.enrol(), scale.boot()
        thieves = [scale.branch(), scale.branch()]
        for load_mg in range(1, 5):
            scale.snapshot(load_mg * 1_000_000)
        for at, thief in enumerate(thieves):
            thief.snapshot(at * 500_000), thief.snapshot(at * 600_000)
        scale.skip(3)
        scale.snapshot()
        headless = [statement.build(scale.private_key, scale.kid, [3, 0, at]) for at in range(2)]
        copies = [one for thief in thieves for one in thief.chain[2:]]
        copies += [signed_again(scale, one) for one in (scale.chain[2], scale.chain[4], scale.chain[4])]
        self.raws = [*headless, *scale.chain, *copies]
        for at, one in enumerate(map(parse, self.raws)):
            if one.number and one.number in self.memory.statements:  # as ingest does before it stores a copy
                self.evidence.note_copies([one])
            self.memory.add(one, RECEIVED_MS + 1_000 * at)
            write(connection, key, [one.raw], after=at, by=BY_LINK if one.number == 2 else BY_SIGNATURE)
        write(connection, key, scale.chain, of=99)
        write(connection, replace(key, scale_id=98, identity_id=key.identity_id), scale.chain)


@pytest.fixture(scope="module")
def told(desk: Desk) -> Iterator[Told]:
    scale = SigningScale()
    (key,) = keys_of(desk, scale)
    with database.writing(desk.engine) as connection:
        told = Told(connection, key, scale)
    with database.reading(desk.engine) as connection:
        told.evidence = StoredStatements(connection, key)
        yield told


def said(found: Sequence[tuple[bytes, bytes]], one: Statement) -> tuple[bool, bool, int]:
    """What tells what a statement is: whether it is there, whether its content is, and of how many contents."""
    contents = {content for _, content in found}
    return any(one.hash == other for other, _ in found), one.content_hash in contents, min(len(contents), 2)


def test_what_a_statement_is_to_those_under_a_number_is_told_alike(told: Told) -> None:
    for number in range(11):
        for one in map(parse, told.raws):
            asked = number, one.hash, one.content_hash
            assert said(told.evidence.contents(*asked), one) == said(told.memory.contents(*asked), one), asked


def test_statements_are_read_alike(told: Told) -> None:
    for first in range(11):
        assert told.evidence.following(first) == told.memory.following(first)
        for last in range(first - 1, 11):
            page = told.evidence.page(first, last, 99)
            assert sorted(page) == sorted(told.memory.page(first, last, 99))
            assert [parse(one.raw).number for one in page] == sorted(parse(one.raw).number for one in page)
            assert list(told.evidence.between(first, last)) == [one.raw for one in page]
            assert told.evidence.page(first, last, 3) == page[:3]


def test_a_link_names_a_statement_of_the_number_before(told: Told) -> None:
    for number in range(11):
        for one in map(parse, told.raws):
            found = told.evidence.linked(number, link_of(one.hash))
            assert found == told.memory.linked(number, link_of(one.hash))
            after = [parse(raw) for raw in told.memory.between(number + 1, number + 1)]
            assert told.evidence.links_to(one.hash, number) is any(two.link == link_of(one.hash) for two in after)


def test_the_whole_chain_is_read_with_what_vouches_for_each(told: Told) -> None:
    rows = list(told.evidence.rows())
    order = sorted(map(parse, told.raws), key=lambda one: (one.number, one.hash))
    assert [one.raw for one, _ in rows] == [one.raw for one in order]
    assert all(by == (BY_LINK if parse(one.raw).number == 2 else BY_SIGNATURE) for one, by in rows)
    at = {raw: RECEIVED_MS + 1_000 * place for place, raw in enumerate(told.raws)}
    assert [one for one, _ in rows] == [Committed(one.raw, at[one.raw], NEVER_MS) for one in order]


def test_signatures_that_a_link_had_vouched_for_are_found_and_marked(desk: Desk) -> None:
    scale = SigningScale(2)
    (key,) = keys_of(desk, scale)
    scale.enrol(), scale.boot(), scale.snapshot(), scale.snapshot(), scale.snapshot()
    with database.writing(desk.engine) as connection:
        write(connection, key, scale.chain[:1])
        write(connection, key, scale.chain[1:], by=BY_LINK)
        write(connection, key, scale.chain, by=BY_LINK, of=99)
        evidence = StoredStatements(connection, key)
        assert [number for number, _, _ in evidence.vouched_for(1, 4, 9)] == [2, 3, 4]
        assert [number for number, _, _ in evidence.vouched_for(3, 5, 2)] == [3, 4]
        assert evidence.vouched_for(4, 4, 1) == [(4, scale.chain[3], 0)]
        bad = [(number, statement.hash_of(scale.chain[number - 1])) for number in (2, 4)]
        mark_bad_signatures(connection, key, [*bad, (3, bytes(32))])
        assert [by for *_, by in evidence.rows()] == [1, BY_LINK_BAD_SIGNATURE, 2, BY_LINK_BAD_SIGNATURE, 2]
        other = StoredStatements(connection, replace(key, identity_id=99))
        assert [by for *_, by in other.rows()] == [BY_LINK] * 5, "the same bytes under another identity"
