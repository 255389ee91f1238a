"""Checks of the price list: menu and console may write it at the same time; it is of one kind of money."""

import asyncio

from agent.record import prices
from agent.record.store import Store
from agent.weighing.price import CURRENCY, PER_100_G, PRICE_DECIMALS
from parameter_map import MAP


async def test_what_two_write_at_once_is_all_there(tmp_path):
    store = Store(tmp_path)
    await asyncio.gather(*[prices.write(store, MAP, item, 100 * item, 5000) for item in (1, 2, 17)])
    found = [prices.read(store, MAP, item) for item in (1, 2, 3, 17)]
    assert found == [(100, 5000), (200, 5000), (0, 0), (1700, 5000)]


async def test_a_list_of_other_money_is_empty_and_goes_with_the_next_price(tmp_path):
    store = Store(tmp_path)
    await prices.write(store, MAP, 17, 1299)
    for other in ({PRICE_DECIMALS: 0}, {CURRENCY: 392}, {PER_100_G: 1}):
        changed = dict(MAP)
        changed.update(other)
        assert prices.read(store, changed, 17) == (0, 0), other
    assert prices.read(store, MAP, 17) == (1299, 0)
    await prices.write(store, changed, 1, 50)
    assert prices.read(store, changed, 17) == (0, 0)
    assert prices.read(store, changed, 1) == (50, 0)


async def test_a_list_without_its_money_as_older_software_wrote_it_is_empty(tmp_path):
    store = Store(tmp_path)
    for _ in store.write_steps("prices", bytes(800)):
        pass
    assert prices.read(store, MAP, 17) == (0, 0)
    await prices.write(store, MAP, 17, 1299)
    assert prices.read(store, MAP, 17) == (1299, 0)
