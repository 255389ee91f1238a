"""The price list at the console: what the seller recalls by its number."""

from micropython import const

from agent.commands import Command, CommandError, whole_number
from agent.record import prices

_E_MG = const(3)
_GRAM_MG = const(1000)
_USAGE = "prices [set ITEM PRICE [TARE]|clear ITEM]"


async def _prices(scale, words, reply):
    held = scale.parameters.map
    decimals = held[prices.PRICE_DECIMALS]
    store = scale.ledger.store
    if words:
        item, unit_price, tare_mg = _wanted(words, decimals, held[_E_MG])
        await prices.write(store, held, item, unit_price, tare_mg)
        await reply.give({"item": item, "unit_price": unit_price, "tare_mg": tare_mg}, "stored")
        return
    await reply.items(_listed(store, held))


def _listed(store, held):
    for item in range(1, prices.MOST_ITEMS + 1):
        unit_price, tare_mg = prices.read(store, held, item)
        if unit_price:
            value = {"item": item, "unit_price": unit_price, "tare_mg": tare_mg}
            yield value, "%3d %12s  tare %d mg" % (item, prices.text(unit_price, held[prices.PRICE_DECIMALS]), tare_mg)


def _wanted(words, decimals, e_mg):
    if words[0] == "clear" and len(words) == 2:
        return whole_number(words[1], 1, prices.MOST_ITEMS, "the item"), 0, 0
    if words[0] != "set" or not 3 <= len(words) <= 4:
        raise CommandError("usage", "it is '%s'" % _USAGE)
    item = whole_number(words[1], 1, prices.MOST_ITEMS, "the item")
    unit_price = prices.amount(words[2], decimals)
    if not unit_price or unit_price > prices.MOST_UNIT_PRICE:
        most = prices.text(prices.MOST_UNIT_PRICE, decimals)
        raise CommandError("price", "the unit price must be above 0, with %d decimals, up to %s" % (decimals, most))
    tare_mg = prices.amount(words[3], prices.tare_decimals(e_mg)) if len(words) > 3 else 0
    if tare_mg is None or tare_mg % e_mg or tare_mg > prices.MOST_TARE_MG:
        unit = "kg" if e_mg >= _GRAM_MG else "g"
        raise CommandError("tare", "the tare must be in %s, in whole intervals of %d mg" % (unit, e_mg))
    return item, unit_price, tare_mg


COMMANDS = (Command("prices", _USAGE, "shows the price list, or changes it: PRICE as 12.99, TARE in kg", _prices),)
