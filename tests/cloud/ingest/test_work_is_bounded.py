"""A message costs a constant and its bytes, whatever is stored: counted in what the database does, and in checks."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit.canonical import canonical
from kit.cloud_desk import Desk
from kit.effort import Effort
from kit.handing_over import NOW, damaged, send, signed_again
from kit.signing_scale import SigningScale
from sqlalchemy import func, select, text
from steelyard_cloud.db import database
from steelyard_cloud.db.schema import copies, quarantine, quarantine_sizes, statements
from steelyard_cloud.ingest import authenticate
from steelyard_cloud.ingest.limits import FAILURES
from steelyard_cloud.ingest.receiver import Receiver
from steelyard_cloud.judge.chain import Outcome
from steelyard_cloud.judge.intake import StatementsInMemory, accept
from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.statements import quarantine as quarantine_store
from steelyard_cloud.statements.keys import Key, load_keys
from steelyard_cloud.statements.summaries import load_summary
from steelyard_protocol import downlink, p256
from steelyard_protocol.statement import encode_batch, hash_of, parse

FEW, MANY = 12, 400
NOT_MUCH_MORE = 1.5


def forks(scale: SigningScale, count: int) -> list[bytes]:
    """So many different contents under the scale's next number."""
    return [scale.branch().snapshot(1_000 * at) for at in range(count)]


def analyse(desk: Desk) -> None:
    with database.writing(desk.engine) as connection:
        connection.execute(text("ANALYZE"))


# ---- copies under one number -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["another content", "another signature", "what is stored", "refused before a fork"])
def test_a_copy_costs_the_same_however_many_there_are(desk: Desk, receiver: Receiver, kind: str) -> None:
    spent = []
    for seed, count in ((1, FEW), (2, MANY)):
        scale = SigningScale(seed)
        desk.register(scale)
        send(receiver, scale, scale.enrol(), scale.boot())
        before = scale.snapshot()
        some = forks(scale, count)
        if kind != "refused before a fork":
            send(receiver, scale, before)
        send(receiver, scale, *some)
        one = {
            "another content": scale.branch().snapshot(987_000),
            "another signature": signed_again(scale, some[count // 2]),
            "what is stored": some[count // 2],
            "refused before a fork": damaged(before),
        }[kind]
        analyse(desk)
        receiver.forget()
        send(receiver, scale, scale.boot() if kind == "what is stored" else damaged(some[0], 2))  # summaries are there
        with Effort(desk.engine) as effort:
            send(receiver, scale, one)
        spent.append(effort.steps)
    assert 0 < spent[1] < NOT_MUCH_MORE * spent[0] + 50, spent


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    order=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=14),
    size=st.integers(1, 5),
)
def test_what_a_copy_is_does_not_depend_on_where_the_evidence_is(
    desk: Desk, receiver: Receiver, order: list[tuple[int, int]], size: int
) -> None:
    """Contents and signatures of number 3 in any order and in batches of any size: database, dict and a plain list."""
    scale = SigningScale(hash_of(repr((order, size)).encode())[0] + 1_000 * len(order) + 100_000 * size)
    if desk.held(scale):
        return
    desk.register(scale)
    raws = [scale.enrol(), scale.boot()]
    contents = [[raw, signed_again(scale, raw), signed_again(scale, raw)] for raw in forks(scale, 4)]
    send(receiver, scale, *raws)
    offered = [contents[content][signature] for content, signature in order]
    evidence, summary = StatementsInMemory(), Summary(scale.kid)
    for one, _ in accept(summary, map(parse, raws), evidence, NOW):
        evidence.add(one, NOW)
    known: list[bytes] = []
    for start in range(0, len(offered), size):
        batch = offered[start : start + size]
        send(receiver, scale, *batch)
        for one, outcome in accept(summary, map(parse, batch), evidence, NOW):
            assert outcome is expected(known, one.raw)
            if outcome is not Outcome.DUPLICATE:
                evidence.add(one, NOW)
                known.append(one.raw)
    assert sorted(desk.held(scale)[2:]) == sorted(set(offered))
    with database.reading(desk.engine) as connection:
        key = load_keys(connection, [scale.kid])[scale.kid]
        assert canonical(load_summary(connection, key.identity_id, scale.kid)) == canonical(summary)
    different = {parse(raw).content_hash for raw in offered}
    assert noted(desk, key) == ({(3, content) for content in different} if len(set(offered)) > 1 else set())


def expected(known: list[bytes], raw: bytes) -> Outcome:
    """What the rule says, over the whole list."""
    if raw in known:
        return Outcome.DUPLICATE
    if not known:
        return Outcome.NEW
    same = parse(raw).content_hash in {parse(one).content_hash for one in known}
    return Outcome.RESIGNED if same else Outcome.FORK


def noted(desk: Desk, key: Key) -> set[tuple[int, bytes]]:
    """Number and content hash of each copy on record."""
    query = select(copies.c.number, copies.c.content_hash, copies.c.link).where(copies.c.identity_id == key.identity_id)
    with database.reading(desk.engine) as connection:
        rows = list(connection.execute(query))
        raws = connection.scalars(select(statements.c.raw).where(statements.c.identity_id == key.identity_id))
        links = {one.content_hash: one.link for one in map(parse, raws)}
    assert all(links[row.content_hash] == row.link for row in rows)
    return {(row.number, row.content_hash) for row in rows}


def test_an_evidence_of_many_copies_costs_as_much_for_each() -> None:
    scale = SigningScale()
    evidence = StatementsInMemory()
    for raw in forks(scale, 60):
        evidence.add(parse(raw), NOW)
    one = parse(scale.snapshot())
    assert len(evidence.contents(one.number, one.hash, one.content_hash)) <= 4


def test_a_bad_signature_is_vouched_for_by_any_one_of_many_stored_successors(desk: Desk, receiver: Receiver) -> None:
    scale = SigningScale()
    desk.register(scale)
    send(receiver, scale, scale.enrol(), scale.boot())
    good = scale.branch().snapshot()
    bad = damaged(good)
    scale.number, scale.head_hash = 3, hash_of(bad)
    after = scale.branch().snapshot(5)
    others = [scale.branch().snapshot(7_000 + at, link=bytes([at]) * 16) for at in range(1, 6)]
    send(receiver, scale, *others[:3], after, *others[3:])
    send(receiver, scale, damaged(good, 4))  # nobody links to this one
    assert bad not in desk.held(scale)
    send(receiver, scale, bad)
    assert bad in desk.held(scale)
    assert damaged(good, 4) not in desk.held(scale)


# ---- signatures ------------------------------------------------------------------------------------------------------


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The signatures that are verified."""
    done: list[bytes] = []
    verify = p256.verify

    def counted(public_key: bytes, message: bytes, signature: bytes) -> bool:
        done.append(signature)
        return verify(public_key, message, signature)

    monkeypatch.setattr(p256, "verify", counted)
    return done


@pytest.mark.parametrize("together", [True, False])
def test_a_message_that_comes_again_is_not_verified_again(
    desk: Desk, receiver: Receiver, checks: list[bytes], together: bool
) -> None:
    scale = SigningScale()
    desk.register(scale)
    checks.clear()  # enrolment checks one too
    good = scale.enrol()
    bad = damaged(scale.boot())
    for payloads in [[good, bad] * 30] if together else [[good], [bad]] * 30:
        send(receiver, scale, *payloads)
    assert sorted(checks) == sorted([good[-64:], bad[-64:]])
    assert desk.held(scale) == [good]
    assert desk.quarantined()["signature"] == 30


def test_only_so_many_verdicts_are_remembered(desk: Desk, checks: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authenticate, "VERDICTS_KEPT", 3)
    scale = SigningScale()
    desk.register(scale)
    raws = [scale.enrol(), scale.boot(), *(scale.snapshot() for _ in range(2))]
    checks.clear()
    small = desk.receiver()
    for raw in (*raws, raws[3], raws[0]):
        send(small, scale, raw)
    small.close()
    assert [raws.index(next(raw for raw in raws if raw[-64:] == one)) for one in checks] == [0, 1, 2, 3, 0]


# ---- the quarantine --------------------------------------------------------------------------------------------------


def kept(desk: Desk) -> list[tuple[str, bytes]]:
    """Topic and bytes of what is in the quarantine, the oldest first."""
    with database.reading(desk.engine) as connection:
        query = select(quarantine.c.topic, quarantine.c.raw).order_by(quarantine.c.id)
        return [(topic, raw) for topic, raw in connection.execute(query)]


def sizes_are_right(desk: Desk) -> bool:
    """Whether the sizes on record are those of the rows."""
    c = quarantine.c
    with database.reading(desk.engine) as connection:
        counted = select(c.shard, func.count(), func.sum(func.length(c.raw))).group_by(c.shard)
        real = {shard: (rows, int(size)) for shard, rows, size in connection.execute(counted)}
        recorded = {row.shard: (row.rows, row.bytes) for row in connection.execute(select(quarantine_sizes))}
    return real == {shard: size for shard, size in recorded.items() if size != (0, 0)}


def test_the_quarantine_is_bounded_in_rows_and_bytes_of_a_topic(desk: Desk, receiver: Receiver) -> None:
    scale, large, small = SigningScale(1), SigningScale(2), SigningScale(3)
    desk.register(scale)
    for at in range(20):
        send(receiver, large, bytes([at]) * 8192)
        send(receiver, small, bytes([at]) * 80, bytes([at, 1]) * 40, bytes([at, 2]) * 40)
    rows = kept(desk)
    of_large = [raw for topic, raw in rows if topic == large.up]
    assert sum(map(len, of_large)) == quarantine_store.PER_TOPIC_BYTES
    assert of_large == [bytes([at]) * 8192 for at in range(4, 20)]
    assert len([raw for topic, raw in rows if topic == small.up]) == quarantine_store.PER_TOPIC
    assert sizes_are_right(desk)


def test_the_quarantine_is_bounded_in_rows_and_bytes_of_a_shard(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quarantine_store, "PER_SHARD", 40)
    monkeypatch.setattr(quarantine_store, "PER_SHARD_BYTES", 10_000)
    monkeypatch.setattr(quarantine_store, "EVICTED", 3)
    for at in range(60):
        send(receiver, SigningScale(1), b"\xff%02d" % at * 20, topic=f"sy/1/0/{at:016}/up")
    assert [raw[:3] for _, raw in kept(desk)] == [b"\xff%02d" % at for at in range(20, 60)]
    for at in range(3):
        send(receiver, SigningScale(1), bytes([at]) * 4_000, topic=f"sy/1/0/{at:016}/up")
    assert [len(raw) for _, raw in kept(desk)][-2:] == [4_000, 4_000]
    assert sum(len(raw) for _, raw in kept(desk)) <= 10_000
    send(receiver, SigningScale(1), b"\xff" * 4_000, topic="sy/1/1/x/up")
    assert len(kept(desk)[-1][1]) == 4_000
    assert sizes_are_right(desk)


def test_a_link_finds_what_waits_however_much_else_waits_for_the_identity(desk: Desk, receiver: Receiver) -> None:
    spent = []
    for seed, count in ((1, 2), (2, 300)):
        scale = SigningScale(seed)
        desk.register(scale)
        send(receiver, scale, scale.enrol(), scale.boot())
        bad = damaged(scale.snapshot())
        send(receiver, scale, bad)
        for at in range(count):
            topic = f"sy/1/{at % 32:x}/{at:016}/up"[:6] + f"/{at:016}/up"
            send(receiver, scale, bad, topic=topic)
        scale.head_hash = hash_of(bad)
        analyse(desk)
        with Effort(desk.engine) as effort:
            send(receiver, scale, scale.snapshot())
        spent.append(effort.steps)
        assert bad in desk.held(scale)
    assert spent[1] < NOT_MUCH_MORE * spent[0] + 50, spent
    assert sizes_are_right(desk)


# ---- what waits for a registration -----------------------------------------------------------------------------------


def long_life(scale: SigningScale, count: int = 40) -> list[bytes]:
    return [scale.enrol(), scale.boot(), *(scale.snapshot() for _ in range(count - 2))]


def test_a_whole_batch_waits_and_is_judged_whole(desk: Desk, receiver: Receiver) -> None:
    scale = SigningScale()
    raws = long_life(scale)
    assert send(receiver, scale, encode_batch(raws), encode_batch([scale.snapshot()])) == []
    assert desk.quarantined() == {"unknown-identity": 41}
    desk.register(scale)
    with database.reading(desk.engine) as connection:
        waited = receiver.identity_registered(connection, scale.code)
    assert len(kept(desk)) == 2  # still there: nothing is stored yet
    (receipt,) = receiver.handle(waited, NOW)
    assert downlink.open_order(receipt[1], receiver.online.public_key).number == 41
    assert desk.held(scale) == scale.chain
    assert kept(desk) == []
    assert sizes_are_right(desk)


def test_of_a_mixed_batch_each_is_refused_for_its_own_reason_and_the_rest_waits(desk: Desk, receiver: Receiver) -> None:
    scale, other = SigningScale(1), SigningScale(2)
    desk.register(other)
    batch = encode_batch([scale.enrol(), other.enrol(), b"x" * 100, scale.boot()])
    send(receiver, scale, batch)
    assert desk.quarantined() == {"unknown-identity": 2, "topic": 1, "malformed": 1}
    desk.register(scale)
    with database.reading(desk.engine) as connection:
        waited = receiver.identity_registered(connection, scale.code)
    receiver.handle(waited, NOW)
    assert desk.held(scale) == scale.chain
    assert desk.held(other) == []
    assert batch not in [raw for _, raw in kept(desk)]
    assert sizes_are_right(desk)


def test_what_waited_is_not_limited_like_what_comes(desk: Desk, receiver: Receiver) -> None:
    scale = SigningScale()
    raws = long_life(scale, 30)
    send(receiver, scale, *raws)
    for at in range(FAILURES):
        send(receiver, scale, b"garbage %d" % at)
    # the newest of the topic are kept, so that of a flood only the end waits
    send(receiver, scale, *raws, at_ms=NOW + 100_000)
    desk.register(scale)
    with database.reading(desk.engine) as connection:
        waited = receiver.identity_registered(connection, scale.code)
    receiver.handle(waited, NOW + 100_000)
    assert desk.held(scale) == raws
