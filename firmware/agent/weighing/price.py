"""The price to pay, in integers: the rule of docs/wire.md, the same as the host's `steelyard_protocol.sales`."""

from micropython import const

from agent.weighing.weight import round_divide

SALES = const(13)
PER_100_G = const(14)
PRICE_DECIMALS = const(10)
CURRENCY = const(11)

_MG_PER_KG = const(1000000)
_MG_PER_100_G = const(100000)


def price(net, unit_price, unit_mg, per_100_g):
    """Price to pay for `net` times `unit_mg`, rounded half up to the smallest unit of money, as `unit_price` is.

    The unit price is per kilogram, or per 100 g where `per_100_g` is set. One division, at the end.
    """
    return round_divide(net * unit_mg * unit_price, _MG_PER_100_G if per_100_g else _MG_PER_KG)
