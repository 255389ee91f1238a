"""Sales: the price to pay in integers, the record of one sale, and the statement that covers many by their hashes."""

import hashlib
from typing import Any, NamedTuple

from steelyard_protocol import cbor
from steelyard_protocol.checks import UINT32, Check, integer, octets, optional
from steelyard_protocol.parameters import KEYS, ParameterMap, unit_mg
from steelyard_protocol.weight import round_divide

MOST_IN_BATCH = 64
SALT_BYTES = 16
HASH_BYTES = 16

_PER_100_G = KEYS["price_per_100_g"]


class Sale(NamedTuple):
    """One sale, or the cancellation of the sale `cancels`; weights in intervals, money in its smallest unit."""

    sale: int
    time: int
    net: int
    tare: int
    tare_kind: int
    unit_price: int
    price: int
    item: int
    cancels: int | None


class SaleBatch(NamedTuple):
    """Sums over the records `first` to `last`, and the hash of each, or none where there was no room for them."""

    first: int
    last: int
    sold_count: int
    sold_net: int
    sold_price: int
    cancelled_count: int
    cancelled_net: int
    cancelled_price: int
    hashes: list[bytes]


def _are_hashes(value: Any) -> bool:
    return type(value) is list and len(value) <= MOST_IN_BATCH and all(map(octets(HASH_BYTES), value))


_UINT32 = integer(0, UINT32)
_NUMBER = integer(1, UINT32)
_SUM = integer(0, 9_007_199_254_740_991)

SALE: tuple[Check, ...] = (
    _NUMBER,
    _UINT32,
    integer(1, 2_147_483_647),
    integer(0, 2_147_483_647),
    integer(0, 2),
    _NUMBER,
    _UINT32,
    integer(0, 100),
    optional(_NUMBER),
)
"""The ranges of `sale-body`, element by element."""
SALE_BATCH: tuple[Check, ...] = (_NUMBER, _NUMBER, _UINT32, _SUM, _SUM, _UINT32, _SUM, _SUM, _are_hashes)
"""Those of `sale-batch-body`."""


def price(parameters: ParameterMap, net_intervals: int, unit_price: int) -> int:
    """The price to pay for a net weight in units (`parameters.unit_mg`), rounded half up to the smallest unit of money.

    `unit_price` is in that unit too, per kilogram or per 100 g as the parameters say. One division, at the end.
    """
    mass_mg = net_intervals * unit_mg(parameters)
    return round_divide(mass_mg * unit_price, 100_000 if parameters.get(_PER_100_G) else 1_000_000)


def hash_of(sale: Sale, salt: bytes) -> bytes:
    """The hash under which a batch has a record; the 16 bytes of `salt` stand on the receipt alone."""
    return hashlib.sha256(salt + cbor.encode(list(sale))).digest()[:HASH_BYTES]
