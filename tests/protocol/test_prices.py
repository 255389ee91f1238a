"""The price to pay: exact, rounded once and half up."""

import hashlib
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit.parameters import MAP
from steelyard_protocol import cbor, sales

NETS = st.integers(1, 2_147_483_647)
UNIT_PRICES = st.integers(1, 0xFFFFFFFF)
INTERVALS = st.sampled_from([1, 1_000, 2_000, 5_000, 100_000_000])


def exactly(e_mg: int, per_100_g: int, net: int, unit_price: int) -> int:
    """The rule as people say it: the mass in kilograms or hundreds of grams times the unit price, half up."""
    mass = Fraction(net * e_mg, 100_000 if per_100_g else 1_000_000)
    return floor(mass * unit_price + Fraction(1, 2))


@given(INTERVALS, st.integers(0, 1), NETS, UNIT_PRICES)
def test_the_price_is_the_exact_product_rounded_once_and_half_up(
    e_mg: int, per_100_g: int, net: int, unit_price: int
) -> None:
    assert sales.price({3: e_mg, 14: per_100_g}, net, unit_price) == exactly(e_mg, per_100_g, net, unit_price)


@pytest.mark.parametrize(
    ("net", "unit_price", "price"),
    [
        (1, 100, 1),  # 5 g at 1.00: half a cent goes up
        (1, 99, 0),
        (3, 100, 2),  # one cent and a half, where half-even would also give 2
        (5, 100, 3),  # two and a half, where half-even would give 2
        (247, 1_299, 1_604),  # 1.235 kg at 12.99: 16.04265
    ],
)
def test_half_a_cent_goes_up(net: int, unit_price: int, price: int) -> None:
    assert sales.price(MAP, net, unit_price) == price


def test_a_hash_covers_salt_and_every_element() -> None:
    sale = sales.Sale(1, 0, 247, 0, 0, 1_299, 1_604, 0, None)
    salt = bytes(range(16))
    whole = hashlib.sha256(salt + cbor.encode(list(sale))).digest()
    assert sales.hash_of(sale, salt) == whole[:16]
    others = [sale._replace(**{name: 1 if value is None else value + 1}) for name, value in sale._asdict().items()]
    hashes = {sales.hash_of(one, salt) for one in (sale, *others)} | {sales.hash_of(sale, salt[::-1])}
    assert len(hashes) == len(others) + 2
