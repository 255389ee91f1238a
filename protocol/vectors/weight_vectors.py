"""Weights and prices of the golden vectors, over the maps that `make.py` gives: one point, and three."""

from typing import Any

from steelyard_protocol import cbor, parameters, sales, weight

Map = dict[int, int]


def multi(plain: Map) -> tuple[Map, Map]:
    """Multi-interval, 102 counts a gram: Max 6/15 kg, e = 2/5 g, in units of 1 g; and Max 3/6/15 kg, e = 1/2/5 g."""
    exact = plain | {34: plain[33], 36: 0, 37: 0}
    three = {3: 1_000, 16: 3_000_000, 17: 2_000, 18: 6_000_000, 19: 5_000}
    return exact | {3: 2_000, 16: 6_000_000, 17: 5_000}, exact | three


def weights(plain: Map, linearised: Map) -> list[dict[str, Any]]:
    """Counts to intervals over both maps, around ties, below zero, beyond the last point and at the clamp."""
    cases = [
        (map_, filtered, zero, temperature)
        for map_ in (plain, linearised, plain | {3: 1, 40: 1, 41: 1_000_000_000})
        for filtered in (-8_388_608, -1, 84_212, 84_468, 595_000, 1_614_213, 8_388_607)
        for zero, temperature in ((84_213, 2_000), (83_100, -1_000), (90_000, 4_013))
    ]
    # Multi-interval: round the end of each range, half way between two steps, below zero and out of everything.
    away = (-1, 51, 102, 305_949, 306_050, 306_051, 306_102, 306_153, 611_898, 612_101, 612_102, 612_254, 612_255)
    cases += [
        (map_, 84_213 + counts, 84_213, 2_000)
        for map_ in multi(plain)
        for counts in (*away, 1_530_255, -612_255, -8_000_000)
    ]
    return [
        {
            "parameters": cbor.encode(map_).hex(),
            "filtered_counts": filtered,
            "zero_counts": zero,
            "temperature_cdeg": temperature,
            "gross_intervals": weight.gross_intervals(map_, filtered, zero, temperature),
        }
        for map_, filtered, zero, temperature in cases
    ]


def prices(plain: Map) -> list[dict[str, Any]]:
    """Net intervals and unit price to the price to pay: around ties, per kilogram and per 100 g, and large ones."""
    cases = [
        (map_, net, unit_price)
        for map_ in (plain | {13: 1}, plain | {13: 1, 14: 1}, plain | {3: 1_000, 13: 1, 14: 0})
        for net in (1, 3, 100, 247, 3_000)
        for unit_price in (1, 99, 100, 1_299, 999_999)
    ]
    return [
        {
            "e_mg": map_[3],
            "per_100_g": map_.get(14, 0),
            "net": net,
            "unit_price": unit_price,
            "price": sales.price(map_, net, unit_price),
        }
        for map_, net, unit_price in cases
    ] + [
        {
            "parameters": cbor.encode(map_ | {13: 1}).hex(),
            "e_mg": parameters.unit_mg(map_),
            "per_100_g": 0,
            "net": net,
            "unit_price": 1_299,
            "price": sales.price(map_ | {13: 1}, net, 1_299),
        }
        for map_ in multi(plain)
        for net in (2, 6_005)
    ]
