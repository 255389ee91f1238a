"""A file's statements are asked for as those in memory are, whatever order and copies they are in."""

from hypothesis import given, settings
from hypothesis import strategies as st
from kit.evidence import Platform
from kit.signing_scale import SigningScale
from steelyard_cloud.evidence.bundle import SetBack
from steelyard_cloud.evidence.chains import FileChain
from steelyard_cloud.judge.stored import Committed, StatementsInMemory
from steelyard_protocol import statement
from steelyard_protocol.statement import link_of

PLATFORM = Platform()


def lives() -> tuple[SigningScale, list[bytes]]:
    """A chain, and two others that fork off it."""
    scale = PLATFORM.scale()
    scale.enrol(), scale.boot(), scale.snapshot()
    thieves = scale.branch(), scale.branch()
    for load_mg in range(4):
        scale.snapshot(load_mg * 1_000)
        for place, thief in enumerate(thieves, 1):
            thief.snapshot((load_mg + 5 * place) * 1_000)
    headless = [statement.build(scale.private_key, scale.kid, [3, 0, at]) for at in range(2)]
    return scale, [*headless, *scale.chain, *thieves[0].chain[3:], *thieves[1].chain[3:]]


SCALE, RAWS = lives()


@settings(max_examples=150, deadline=None)
@given(st.lists(st.integers(0, len(RAWS) - 1), max_size=20), st.integers(0, 9), st.integers(0, 9), st.integers(1, 9))
def test_a_file_is_the_same_evidence_as_memory(order: list[int], first: int, last: int, most: int) -> None:
    raws = [RAWS[at] for at in order]
    bundle = PLATFORM.bundle(SCALE, [RAWS[at] for at in range(2, 4)])
    stored = tuple(bundle.statements[0]._replace(raw=raw, received_ms=10_000 + at) for at, raw in enumerate(raws))
    bundle = type(bundle)(**{**vars(bundle), "statements": stored})
    chain, memory = FileChain(bundle, SCALE.kid, SCALE.public_key), StatementsInMemory()
    for place, raw in enumerate(raws):
        one = statement.parse(raw)
        if raw not in raws[:place]:
            memory.add(one, 10_000 + place)
        chain.add(one, place)
    assert chain.by_signature == len(set(raws))
    for number in range(10):
        assert chain.following(number) == memory.following(number)
        for raw in RAWS:
            one = statement.parse(raw)
            asked = number, one.hash, one.content_hash
            ours, theirs = chain.contents(*asked), memory.contents(*asked)
            assert [content for _, content in ours] == [content for _, content in theirs]
            assert chain.linked(number, link_of(one.hash)) == memory.linked(number, link_of(one.hash))
            assert (chain.named(number, one.hash) is not None) == (one.number == number and raw in raws)
    assert sorted(chain.page(first, last, 99)) == sorted(memory.page(first, last, 99))
    assert chain.page(first, last, most) == chain.page(first, last, 99)[:most]
    assert list(chain.between(first, last)) == [one.raw for one in chain.page(first, last, 99)]


def test_a_set_back_dates_a_statement_and_all_that_is_read_of_it() -> None:
    bundle = PLATFORM.bundle(SCALE, SCALE.chain, set_backs=(SetBack(3, 77_000),))
    chain = FileChain(bundle, SCALE.kid, SCALE.public_key)
    for place, raw in enumerate(SCALE.chain[:4]):
        chain.add(statement.parse(raw), place)
    received_ms = bundle.statements[3].received_ms
    assert chain.summary.dated == (4, 77_000)
    assert chain.page(4, 4, 9) == [Committed(SCALE.chain[3], received_ms, 77_000)]
    assert chain.following(3) == (4, 77_000)
    found = chain.named(4, statement.hash_of(SCALE.chain[3]))
    assert found is not None
    assert found[1] == 77_000
    assert found[0].time * 1000 == received_ms, "the statement itself is as it was signed"
