"""Checks of the price list: menu and console may write it at the same time."""

import asyncio

from agent.record import prices
from agent.record.store import Store


async def test_what_two_write_at_once_is_all_there(tmp_path):
    store = Store(tmp_path)
    await asyncio.gather(*[prices.write(store, item, 100 * item, 5000) for item in (1, 2, 17)])
    assert [prices.read(store, item) for item in (1, 2, 3, 17)] == [(100, 5000), (200, 5000), (0, 0), (1700, 5000)]
