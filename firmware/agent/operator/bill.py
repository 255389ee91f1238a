"""What one customer has bought: the sales since the last total."""

from micropython import const

from agent.weighing.indication import MOST_PRICE, SaleRefused

_MOST_SALES = const(32)
_PRICE = const(6)


class Bill:
    """`sales` are sale-bodies (`steelyard.cddl`), those cancelled taken out again."""

    def __init__(self):
        self.sales = []
        self.closed = False

    @property
    def total(self):
        """The sum of the prices."""
        return sum(sale[_PRICE] for sale in self.sales)

    def check_room(self, price):
        """Raise SaleRefused where one more sale of this price has no room: the total ends the bill."""
        if self.closed:
            return
        if len(self.sales) >= _MOST_SALES or self.total + price > MOST_PRICE:
            raise SaleRefused("bill-full", "BILL FULL: TOTAL FIRST")

    def add(self, sale):
        """Put a sale on the bill; on a new one after a total."""
        if self.closed:
            self.sales = []
            self.closed = False
        self.sales.append(sale)

    def last(self):
        """The newest sale. Raises SaleRefused where there is none."""
        if not self.sales:
            raise SaleRefused("no-sale", "NO SALE ON THIS BILL")
        return self.sales[-1]
