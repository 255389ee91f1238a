"""The price list: up to 100 unit prices, each with a preset tare or none. Money as text and back; loaded when used.

A price is a number of some coin for some weight, so the list says which: it is empty to a scale that was adjusted to
other money since.
"""

import asyncio
import struct

from micropython import const

from agent.steps import spread

# Parameters that say what a price is of.
PRICE_DECIMALS = const(10)
_CURRENCY = const(11)
_PER_100_G = const(14)

MOST_ITEMS = const(100)
MOST_UNIT_PRICE = const(999999)
MOST_TARE_MG = const(1000000000)

_FILE = "prices"
_ENTRY = "<II"
_ENTRY_BYTES = const(8)
_writing = asyncio.Lock()  # of menu and console, each would write what the other has not seen


def _money(parameters):
    return [parameters[_CURRENCY], parameters[PRICE_DECIMALS], parameters.get(_PER_100_G, 0)]


def _list(store, parameters):
    held = store.read(_FILE)
    # Older software wrote the list alone, without its money.
    if isinstance(held, list) and held[0] == _money(parameters):
        return held[1]
    return bytes(_ENTRY_BYTES * MOST_ITEMS)


def read(store, parameters, item):
    """(unit price, tare in mg) at the place `item`, 1 to 100; (0, 0) where there is none in the parameters' money."""
    return struct.unpack_from(_ENTRY, _list(store, parameters), _ENTRY_BYTES * (item - 1))


async def write(store, parameters, item, unit_price, tare_mg=0):
    """Put a unit price into the list, 0 takes it out; when this returns it is durable."""
    async with _writing:
        held = bytearray(_list(store, parameters))
        struct.pack_into(_ENTRY, held, _ENTRY_BYTES * (item - 1), unit_price, tare_mg if unit_price else 0)
        await spread(store.write_steps(_FILE, [_money(parameters), bytes(held)]))


def tare_decimals(e_mg):
    """Decimals down to a milligram of the unit in which a scale with this interval shows weights: kg or g."""
    return 6 if e_mg >= 1000 else 3


def amount(text, decimals):
    """`text` ("12.5") as a whole number of units of which 10**decimals are one; None if it is none."""
    whole, _, part = text.partition(".")
    if not (whole + part).isdigit() or len(part) > decimals:
        return None
    return int(whole + part) * 10 ** (decimals - len(part))


def text(amount, decimals):
    """A whole number of units as text with `decimals`."""
    if not decimals:
        return str(amount)
    one = 10**decimals
    return "%d.%0*d" % (amount // one, decimals, amount % one)
