"""What is said of a printed receipt: from signed statements alone, at a bounded cost, and nothing of other sales."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.signing_scale import SigningScale
from steelyard_cloud.judge.intake import accept
from steelyard_cloud.judge.sold import COPIES, LATEST_CANCELLATION, SaleWord, judge_sale
from steelyard_cloud.judge.stored import StatementsInMemory
from steelyard_cloud.judge.summary import Summary
from steelyard_protocol import p256, statement
from steelyard_protocol.bodies import Kind
from steelyard_protocol.sale_proof import SaleProof
from steelyard_protocol.sales import Sale
from steelyard_protocol.statement import parse

NOW_MS = 1_900_000_000_000
SALT, OTHER_SALT = bytes(range(16)), bytes(16)
MOST_ROWS = 2 * 33 + COPIES + LATEST_CANCELLATION + COPIES + 6
"""Two searches among 2³² numbers, and what lies around what they find."""


class Stored:
    """A scale's statements as far as they have arrived; `rows` counts what was read of them."""

    def __init__(self, scale: SigningScale, raws: Sequence[bytes] | None = None) -> None:
        self.scale, self.rows = scale, 0
        self.statements = sorted(map(parse, scale.chain if raws is None else raws), key=lambda one: one.number)
        self.summary, evidence = Summary(scale.kid), StatementsInMemory()
        for one in self.statements:
            list(accept(self.summary, [one], evidence, NOW_MS))
            evidence.add(one, NOW_MS)

    def of_kind_from(self, kind: Kind, number: int, most: int) -> Sequence[bytes]:
        found = [one.raw for one in self.statements if one.kind == kind and one.number >= number][:most]
        self.rows += len(found)
        return found

    def says(self, sale: Sale, salt: bytes | None = None, key: bytes | None = None) -> SaleWord:
        proof = SaleProof.read(SaleProof(self.scale.kid, sale, salt).to_text())
        word = judge_sale(proof, key or self.scale.public_key, self.summary, self).word
        assert self.rows <= MOST_ROWS
        self.rows = 0
        return word


def sale_in(raw: bytes) -> Sale:
    body = parse(raw).body
    assert isinstance(body, Sale)
    return body


@pytest.fixture
def scale() -> SigningScale:
    """Enrolled and started; it signs every minute."""
    scale = SigningScale(step_s=60)
    scale.enrol()
    scale.boot()
    return scale


def later(scale: SigningScale, seconds: int = 10_000) -> None:
    """A report of much later."""
    scale.time_s += seconds
    scale.snapshot()


# A statement for each sale


def test_a_stated_sale_is_proven_by_its_very_figures(scale: SigningScale) -> None:
    raws = [scale.sale(number, net=200 + number) for number in (1, 2, 5, 9)]
    later(scale)
    stored = Stored(scale)
    for raw in raws:
        sold = sale_in(raw)
        assert stored.says(sold) is SaleWord.PROVEN
        assert stored.says(sold, SALT) is SaleWord.NO_SUCH_SALE, "it is in no batch"
        for name, value in sold._asdict().items():
            changed = sold._replace(**{name: 3 if value is None else value + 1})
            assert stored.says(changed) in (SaleWord.NO_SUCH_SALE, SaleWord.NOT_ARRIVED), name


def test_a_sale_that_was_cancelled_afterwards_is_said_to_be(scale: SigningScale) -> None:
    first = sale_in(scale.sale(1))
    for number in range(2, LATEST_CANCELLATION + 1):
        scale.sale(number)
    assert Stored(scale).says(first) is SaleWord.PROVEN
    cancelled = sale_in(scale.sale(LATEST_CANCELLATION + 1, cancels=1))
    stored = Stored(scale)
    assert stored.says(first) is SaleWord.CANCELLED
    assert stored.says(cancelled) is SaleWord.CANCELLATION


def test_a_wrong_price_is_worse_than_cancelled(scale: SigningScale) -> None:
    lie = sale_in(scale.sale(1, lie=1))
    assert Stored(scale).says(lie) is SaleWord.PRICE_WRONG
    scale.sale(2, lie=1, cancels=1)
    assert Stored(scale).says(lie) is SaleWord.PRICE_WRONG


def test_two_contents_under_one_number_prove_what_each_says(scale: SigningScale) -> None:
    twin = scale.branch()
    one, other = scale.sale(1, net=200), twin.sale(1, net=300)
    stored = Stored(scale, [*scale.chain, other])
    assert stored.says(sale_in(one)) is SaleWord.PROVEN
    assert stored.says(sale_in(other)) is SaleWord.PROVEN


def test_where_numbers_contradict_one_another_no_receipt_is_called_forged(scale: SigningScale) -> None:
    """A thief of the key could otherwise lead the search astray."""
    twin = scale.branch()
    honest = sale_in(scale.sale(1))
    twins = [twin.sale(number) for number in (500, 600, 700)]
    later(scale)
    stored = Stored(scale, [*scale.chain, *twins])
    assert stored.says(honest) in (SaleWord.PROVEN, SaleWord.CANNOT_BE_TOLD)
    assert stored.says(honest._replace(net=3)) is SaleWord.CANNOT_BE_TOLD


def test_a_statement_that_the_key_has_not_signed_proves_nothing(scale: SigningScale) -> None:
    sold = sale_in(scale.sale(1))
    other = p256.public_key((5).to_bytes(32, "big"))
    assert Stored(scale).says(sold, key=other) is SaleWord.CANNOT_BE_TOLD


# Batches


def batch(scale: SigningScale, numbers: Sequence[int], **how: Any) -> dict[bytes, Sale]:
    """State a batch of sales with these numbers; its records by their salts."""
    records = {bytes([number % 256]) * 16: scale.sold(number, net=100 + number) for number in numbers}
    scale.batch(records, **how)
    return records


def test_a_record_is_proven_by_its_salted_hash(scale: SigningScale) -> None:
    records = batch(scale, range(1, 65)) | batch(scale, range(80, 90))
    later(scale)
    stored = Stored(scale)
    for salt, sold in records.items():
        assert stored.says(sold, salt) is SaleWord.PROVEN
        assert stored.says(sold, OTHER_SALT) is SaleWord.NO_SUCH_SALE
        assert stored.says(sold._replace(price=sold.price + 1), salt) is SaleWord.NO_SUCH_SALE
        assert stored.says(sold) is SaleWord.NO_SUCH_SALE


def test_price_and_cancellation_in_a_batch(scale: SigningScale) -> None:
    lie = scale.sold(1, lie=5)
    cancelled = scale.sold(2, cancels=1)
    scale.batch({SALT: lie, OTHER_SALT: cancelled})
    assert Stored(scale).says(lie, SALT) is SaleWord.PRICE_WRONG
    assert Stored(scale).says(cancelled, OTHER_SALT) is SaleWord.CANCELLATION


def test_a_record_is_priced_by_the_parameters_of_its_time(scale: SigningScale) -> None:
    """Sold per kilogram, stated after an adjustment to prices per 100 g."""
    batch(scale, [1])
    before = scale.sold(2)
    scale.adjust({14: 1})
    after = scale.sold(3)
    scale.batch({SALT: before, OTHER_SALT: after})
    later(scale)
    stored = Stored(scale)
    assert stored.says(before, SALT) is SaleWord.PROVEN
    assert stored.says(after, OTHER_SALT) is SaleWord.PROVEN
    lie = scale.sold(4, lie=1)
    scale.batch({SALT: lie})
    assert Stored(scale).says(lie, SALT) is SaleWord.PRICE_WRONG


def test_sums_alone_cannot_tell(scale: SigningScale) -> None:
    batch(scale, range(1, 5))
    records = batch(scale, range(5, 9), hashes=False)
    later(scale)
    stored = Stored(scale)
    assert {stored.says(sold, salt) for salt, sold in records.items()} == {SaleWord.SUMS_ONLY}
    later(scale)
    records = batch(scale, range(9, 12))
    later(scale)
    forged = records[b"\x09" * 16]._replace(net=999)
    assert Stored(scale).says(forged, OTHER_SALT) is SaleWord.NO_SUCH_SALE, "hashes were stated again long since"


# Nothing found


@pytest.mark.parametrize("salt", [None, SALT])
def test_what_has_not_arrived_is_not_called_forged(scale: SigningScale, salt: bytes | None) -> None:
    sold = scale.sold(7)
    assert Stored(scale, []).says(sold, salt) is SaleWord.NOT_ARRIVED
    scale.snapshot()
    assert Stored(scale).says(sold, salt) is SaleWord.NOT_ARRIVED
    later(scale)
    assert Stored(scale).says(sold, salt) is SaleWord.NO_SUCH_SALE
    assert Stored(scale).says(sold._replace(time=0), salt) is SaleWord.NOT_ARRIVED, "nobody knows of when it is"


def test_reports_that_are_missing_may_hold_it(scale: SigningScale) -> None:
    sold = sale_in(scale.sale(1))
    scale.snapshot()
    later(scale)
    missing = [raw for raw in scale.chain if parse(raw).kind != Kind.SALE]
    assert Stored(scale, missing).says(sold) is SaleWord.MISSING
    long_ago = sold._replace(time=sold.time - 10_000)
    assert Stored(scale, missing).says(long_ago) is SaleWord.NO_SUCH_SALE


def test_a_scale_whose_journal_is_full_is_waited_for(scale: SigningScale) -> None:
    sold = scale.sold(1)
    scale.flags |= 1 << 9
    later(scale)
    assert Stored(scale).says(sold, SALT) is SaleWord.NOT_ARRIVED


@pytest.mark.parametrize("salt", [None, SALT])
@pytest.mark.parametrize("state", [lambda scale: scale.sale(50), lambda scale: batch(scale, range(40, 60))])
def test_whoever_tries_numbers_learns_nothing_of_the_trade(
    scale: SigningScale, salt: bytes | None, state: Callable[[SigningScale], Any]
) -> None:
    """What is said of a receipt that is none does not depend on its number."""
    state(scale)
    scale.snapshot()
    for _ in range(2):
        stored = Stored(scale)
        tried = [scale.sold(number, net=7) for number in (1, 39, 40, 49, 50, 51, 59, 60, 61, 2**32 - 1)]
        assert len({stored.says(one, salt) for one in tried}) == 1
        later(scale)


@given(st.permutations(list(range(2, 14))), st.integers(1, 20), st.booleans())
@settings(max_examples=60)
def test_a_chain_with_numbers_in_any_order_costs_no_more(order: list[int], asked: int, in_batches: bool) -> None:
    """A hostile scale: its records may not be found, and nothing else is."""
    scale = SigningScale(step_s=60)
    scale.enrol()
    made = [sale_in(scale.sale(number)) for number in order]
    for number in order if in_batches else ():
        batch(scale, [number, 4_000_000_000 - number])
    word = Stored(scale).says(scale.sold(asked, net=3, unit_price=1))
    assert word is not SaleWord.PROVEN
    assert Stored(scale).says(made[0]) in (SaleWord.PROVEN, SaleWord.NOT_ARRIVED, SaleWord.NO_SUCH_SALE)


def test_a_sale_whose_fields_cannot_be_read_hides_no_other(scale: SigningScale) -> None:
    sold = sale_in(scale.sale(1))
    scale.append(Kind.SALE, [2, "no time"])
    last = sale_in(scale.sale(3))
    stored = Stored(scale)
    assert (stored.says(sold), stored.says(last)) == (SaleWord.PROVEN, SaleWord.PROVEN)


def test_a_later_version_with_more_in_a_sale_is_proven_by_what_is_known(scale: SigningScale) -> None:
    sold = scale.sold(1)
    scale.append(Kind.SALE, [*sold, "new element"])
    assert Stored(scale).says(sold) is SaleWord.PROVEN


def test_a_high_s_is_no_signature(scale: SigningScale) -> None:
    raw = scale.sale(1)
    high = p256.ORDER - int.from_bytes(raw[-32:], "big")
    other = raw[:-32] + high.to_bytes(32, "big")
    assert statement.parse(other).body == parse(raw).body
    stored = Stored(scale, [*scale.chain[:-1], other])
    assert stored.says(sale_in(raw)) is SaleWord.CANNOT_BE_TOLD
