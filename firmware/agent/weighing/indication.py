"""What a price-computing scale shows: net weight, unit price and price to pay, which belong together.

After R 76-1, 4.13 and 4.14. The price to pay is there only beside a resting net weight above zero. Once it is, the
three values stay as they are for a second at least, also where the load is taken off at once; a fault ends them
immediately. A sale takes the load once: the indication must have returned to zero, at rest, before the next.
"""

from micropython import const

from agent.errors import CaseError
from agent.port import clock
from agent.weighing.price import CURRENCY, PER_100_G, PRICE_DECIMALS, price

_LEAST_MS = const(1000)
MOST_UNIT_PRICE = const(999999)
MOST_PRICE = const(99999999)

# Why there is no weight.
LOCKED = "LOCKED"
REPAIR = "REPAIR"
FAULT = "FAULT"
OVERLOAD = "OVERLOAD"
UNDERLOAD = "UNDERLOAD"
STARTING = "-----"


class SaleRefused(CaseError):
    """Nothing was sold. The text says why, in words for the display."""

    code = "sale-refused"


class Indication:
    """The three values of this moment: call `step` after each weighing and wherever time may have passed.

    `net` is in units; where there is no weight, `why` says the reason, which is else None. `price` is None while it
    is blank. `unit_price` (0: none) and `item` (its place in the price list, 0 where it was typed) are set from outside
    by `set_unit_price`. `held` says that the values are those of a moment ago.
    """

    def __init__(self, weighing):
        self._weighing = weighing
        self._shown_ms = clock.ticks_ms()
        self._kept: tuple = ()  # net, unit price and price as they were first shown together, since `_shown_ms`
        self.net = 0
        self.price = None
        self.why = STARTING
        self.stable = self.held = False
        self.unit_price = self.item = 0
        self._ready = False  # the indication has returned to zero since the last sale
        self._sold_tare = 0
        self._sold = False  # for the unit price of now

    def configure(self, parameters):
        """Take over what the parameters say of money."""
        self._per_100_g = parameters.get(PER_100_G, 0)
        self.decimals = parameters[PRICE_DECIMALS]
        self.currency = parameters[CURRENCY]

    @property
    def per_100_g(self):
        """Whether unit prices are per 100 g, not per kilogram."""
        return self._per_100_g

    def set_unit_price(self, unit_price, item=0):
        """Use this unit price from now on."""
        self.unit_price, self.item = unit_price, item
        self._sold = False

    def step(self, barred):
        """Work out what is shown now; `barred` is LOCKED or REPAIR where the scale weighs for nobody, else None."""
        weighing = self._weighing
        self.why = barred or self._why_none()
        if self.why:
            self.net, self.price, self._kept = 0, None, ()
            self.stable = self.held = False
            return
        self.stable = weighing.at_rest()
        net = weighing.net()
        # A tare that was taken meanwhile makes a zero of a load that is still there.
        if self.stable and (weighing.gross <= 0 or net <= 0 and weighing.tare == self._sold_tare):
            self._ready = True
        price_now = self._price(net)
        now_ms = clock.ticks_ms()
        if price_now is not None:
            values = (net, self.unit_price, price_now)
            if self._kept != values:
                self._kept, self._shown_ms = values, now_ms
            self.held = False
        elif self._kept and self._is_leaving(net) and clock.ticks_diff(now_ms, self._shown_ms) < _LEAST_MS:
            self.held = True
            self.net, _, self.price = self._kept
            return
        else:
            self._kept, self.held = (), False
        self.net, self.price = net, price_now

    def _is_leaving(self, net):
        """Whether the load moves or is gone; a price that a resting load has no more is not to be kept."""
        return not self.stable or net <= 0

    def shown_unit_price(self):
        """The unit price on the display: the one that belongs to the price beside it."""
        return self._kept[1] if self.held else self.unit_price

    def _why_none(self):
        weighing = self._weighing
        if weighing.silent():
            return FAULT
        if weighing.hidden or not weighing.started():
            return STARTING
        if weighing.overload():
            return OVERLOAD
        return UNDERLOAD if weighing.underload() else None

    def _price(self, net):
        if not self.stable or net <= 0 or self._weighing.gross < 0 or not self.unit_price:
            return None
        to_pay = price(net, self.unit_price, self._weighing.unit_mg, self._per_100_g)
        return to_pay if to_pay <= MOST_PRICE else None

    def is_fault(self):
        """Whether there is no weight because something is wrong with the scale, or somebody works on it."""
        return self.why in (FAULT, LOCKED, REPAIR)

    def too_large(self):
        """Whether the price to pay has more digits than there are."""
        return bool(not self.why and self.stable and self.unit_price and self.price is None and self.net > 0)

    # Sales

    def check_sale(self):
        """Raise SaleRefused where this moment is none to sell in."""
        if self.why:
            raise SaleRefused("no-weight", self.why)
        if not self.stable or self.held:
            raise SaleRefused("moving", "NOT STABLE: WAIT")
        if self.net <= 0:
            raise SaleRefused("no-load", "NOTHING TO SELL")
        if not self.unit_price:
            raise SaleRefused("no-price", "NO UNIT PRICE")
        if self.price is None:
            raise SaleRefused("too-large", "PRICE TOO LARGE")
        if not self.price:
            raise SaleRefused("nothing", "PRICE IS ZERO")
        if not self._ready:
            raise SaleRefused("same-load", "SOLD: TAKE IT OFF")

    def sold(self):
        """The load is sold: show what was sold for a second at least, and want zero before the next sale."""
        self._ready = False
        self._sold = True
        self._sold_tare = self._weighing.tare
        self._shown_ms = clock.ticks_ms()

    def unsold(self):
        """There was no sale after all."""
        self._ready = True
        self._sold = False

    def is_done(self):
        """Whether the load for which this unit price was has been sold and taken off."""
        return self._sold and self._ready and not self.held
