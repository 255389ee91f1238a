"""What the keys sell, cancel, total and repeat do. The record is made beside the keys, which go on being answered."""

import board

from agent.operator.bill import Bill
from agent.port import clock, flash, system
from agent.record.sales import NO_PRICES, Sales
from agent.weighing.indication import SaleRefused
from agent.weighing.price import SALES
from agent.wire import statements


class Selling:
    """Sells for `panel` (`agent.operator.panel.Panel`): `bill` is this customer's, `last` the newest sale of all."""

    def __init__(self, panel):
        scale = panel.scale
        self._panel = panel
        self._scale = scale
        self._work = None
        self._sales = Sales(
            scale.ledger.store,
            scale.chain,
            scale.events,
            clock,
            flash.sales_device(),
            board.PROGRAM_SIZE,
            system.random,
        )
        self.bill = Bill()
        self.last = None  # as the bill has it
        self.shows_total = False

    async def run(self):
        """State what waits for a batch as it becomes due, for ever."""
        await self._sales.run(self._wanted, self._scale.is_idle)

    def _wanted(self):
        return self._scale.parameters.map.get(SALES, NO_PRICES)

    def sell(self):
        """Sell what is shown. Raises SaleRefused."""
        indication, weighing = self._panel.indication, self._scale.weighing
        self._require_idle()
        if not self._wanted():
            raise SaleRefused("no-prices", "NO PRICES: SWITCH OFF AND ON")
        indication.check_sale()
        self.bill.check_room(indication.price)
        kind = statements.NO_TARE
        if weighing.tare:
            kind = statements.PRESET if weighing.preset else statements.WEIGHED
        sale = [indication.net, weighing.tare, kind, indication.unit_price, indication.price, indication.item]
        indication.sold()
        self._start(self._record_sale(sale))

    def cancel(self):
        """Cancel the newest sale of the bill. Raises SaleRefused, also while the scale weighs for nobody."""
        self._require_idle()
        if self._scale.barred:
            raise SaleRefused("barred", self._scale.barred)
        self._start(self._record_cancellation(self.bill.last()))

    def total(self):
        """Show the total, and end the bill. Raises SaleRefused where there is no sale on it."""
        self._require_idle()
        self.bill.last()
        self.bill.closed = True
        self.shows_total = True
        self._panel.say("TOTAL %d: %s" % (len(self.bill.sales), self._panel.money(self.bill.total)))

    def repeat(self):
        """Show the last sale once more. Raises SaleRefused where there was none or the scale weighs for nobody."""
        if self._scale.barred:
            raise SaleRefused("barred", self._scale.barred)
        if self.last is None:
            raise SaleRefused("no-sale", "NOTHING SOLD YET")
        net = self._scale.weighing.text(self.last[1]).replace(" ", "")
        money = self._panel.money
        self._panel.say("%s %s = %s" % (net, money(self.last[4]), money(self.last[5])))

    def print(self):
        """Raises SaleRefused: there is no printer."""
        raise SaleRefused("no-printer", "NO PRINTER")

    def _require_idle(self):
        if self._work is not None and not self._work.done():
            raise SaleRefused("busy", "WAIT")

    def _start(self, work):
        self._panel.say("WAIT")
        self._work = self._panel.do(work)

    async def _record_sale(self, sale):
        number = 0
        try:
            number = await self._sales.record(self._wanted(), sale)
        finally:
            if not number:
                self._panel.indication.unsold()
        self.last = [number] + sale
        self.bill.add(self.last)
        self._panel.say("SOLD %d: %s" % (len(self.bill.sales), self._panel.money(sale[4])))

    async def _record_cancellation(self, sale):
        await self._sales.record(self._wanted(), sale[1:], sale[0])
        self.bill.sales.remove(sale)
        self._panel.say("CANCELLED: -%s" % self._panel.money(sale[5]))
