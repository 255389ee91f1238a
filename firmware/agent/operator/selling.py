"""What the keys sell, cancel, total, repeat and print do. The record is made beside the keys.

Where the RS-232 port is a printer's, what was sold, cancelled or totalled is printed once it is durable.
"""

import board
from micropython import const

from agent.loaded import hold, let_go
from agent.operator.bill import Bill
from agent.port import clock, system
from agent.record.sales import NO_PRICES, NOT_STATED, Sales
from agent.weighing.indication import SaleRefused
from agent.weighing.price import SALES
from agent.wire import statements

# Places in a sale-body.
_NET = const(2)
_UNIT_PRICE = const(5)
_PRICE = const(6)
_CANCELS = const(8)

_MOST_UNPRINTED = const(32)
_LATEST_CANCELLATION = const(64)  # so many numbers after its sale: where the platform looks for it
_PRINTING = (
    ("agent.operator", "printing"),
    ("agent.operator", "slip"),
    ("agent.operator", "escpos"),
    ("agent.record", "serial"),
)


class Selling:
    """Sells for `panel` (`agent.operator.panel.Panel`): `bill` is this customer's, `last` the newest sale of all."""

    def __init__(self, panel):
        from agent.port import flash

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
        self.shows_total = False
        self._printing = None
        self.forget()

    def forget(self):
        """Begin a new bill, repeat and print nothing from before: money is something else from now on."""
        self.bill = Bill()
        self.last = None  # its sale-body and salt
        self.unprinted: list = []  # see `printing.print_all`
        self._printed = None

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
        sale = self.bill.last()
        if self._sales.number + 1 - sale[0] > _LATEST_CANCELLATION:
            raise SaleRefused("too-late", "TOO LATE TO CANCEL")
        self._start(self._record_cancellation(sale))

    def total(self):
        """Show the total, and end the bill. Raises SaleRefused where there is no sale on it."""
        self._require_idle()
        self.bill.last()
        self.bill.closed = True
        self.shows_total = True
        self._panel.say("TOTAL %d: %s" % (len(self.bill.sales), self._panel.money(self.bill.total)))
        self._print(list(self.bill.sales), None)

    def repeat(self):
        """Show the last sale once more, and print a copy of its receipt. Raises SaleRefused."""
        self._require_idle()
        if self._scale.barred:
            raise SaleRefused("barred", self._scale.barred)
        self._start(self._repeat())

    async def _repeat(self):
        if self.last is None:
            self.last = await self._sales.newest()
        if self.last is None:
            raise SaleRefused("no-sale", "NO SALE TO REPEAT")
        record, salt = self.last
        net = self._scale.weighing.text(record[_NET]).replace(" ", "")
        money = self._panel.money
        self._panel.say("%s %s = %s" % (net, money(record[_UNIT_PRICE]), money(record[_PRICE])))
        self._print(record, salt, True)

    def print(self):
        """Print what is not printed yet, else a copy of the last receipt. Raises SaleRefused."""
        if not self._scale.prints:
            raise SaleRefused("no-printer", "NO PRINTER")
        if self.unprinted:
            self._start_printing()
        elif self._printed is None:
            raise SaleRefused("nothing-to-print", "NOTHING TO PRINT")
        else:
            records, salt, _ = self._printed
            self._print(records, salt, True)

    def are_stated(self):
        """Whether sales are stated in one form or another."""
        return self._sales.form(self._wanted()) != NOT_STATED

    def _print(self, records, salt, copy=False):
        if self._scale.prints:
            self._printed = records, salt, copy
            self.unprinted.append(self._printed)
            del self.unprinted[:-_MOST_UNPRINTED]
            self._start_printing()

    def is_printing(self):
        """Whether something is being printed now."""
        return self._printing is not None and not self._printing.done()

    def _start_printing(self):
        if not self.is_printing():
            self._printing = self._panel.do(self._print_all())

    async def _print_all(self):
        hold(_PRINTING)
        try:
            from agent.operator import printing  # takes heap where there is a printer, and while it prints

            await printing.print_all(self._panel, self.unprinted)
        finally:
            let_go(_PRINTING)

    def _require_idle(self):
        if self._work is not None and not self._work.done():
            raise SaleRefused("busy", "WAIT")

    def _start(self, work):
        self._panel.say("WAIT")
        self._work = self._panel.do(work)

    async def _record_sale(self, sale):
        sold = None
        try:
            sold = await self._sales.record(self._wanted(), sale)
        finally:
            if sold is None:
                self._panel.indication.unsold()
        self.last = sold
        self.bill.add(sold[0])
        self._panel.say("SOLD %d: %s" % (len(self.bill.sales), self._panel.money(sold[0][_PRICE])))
        self._print(*sold)

    async def _record_cancellation(self, sale):
        cancelled = await self._sales.record(self._wanted(), sale[_NET:_CANCELS], sale[0])
        self.bill.sales.remove(sale)
        self._panel.say("CANCELLED: -%s" % self._panel.money(sale[_PRICE]))
        self._print(*cancelled)
