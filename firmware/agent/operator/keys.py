"""The seller's 20 keys, and what is being typed."""

from micropython import const

from agent.record import prices
from agent.weighing.indication import SaleRefused

# Row by row. C clear, T tare, Z zero, P price list, + sell, - cancel, = total, R repeat, # print.
KEYS = "123C456T789Z.0P+-=R#"

_MOST_DIGITS = const(6)


class Entry:
    """Digits and a point as they are typed; `text` is empty while nothing is."""

    def __init__(self):
        self.text = ""

    def add(self, key):
        """Take one more key. Raises SaleRefused for a digit or point too many: what was typed stays."""
        if key == ".":
            if "." in self.text:
                raise SaleRefused("entry", "ONE POINT ONLY")
            self.text = (self.text or "0") + "."
        elif sum(letter != "." for letter in self.text) >= _MOST_DIGITS:
            raise SaleRefused("entry", "TOO MANY DIGITS")
        else:
            self.text = key if self.text == "0" else self.text + key

    def amount(self, decimals):
        """What was typed as a whole number of units of which 10**decimals are one; None if it is none."""
        return prices.amount(self.text, decimals)

    def take(self, decimals):
        """The same, and nothing is typed any more."""
        amount = self.amount(decimals)
        self.text = ""
        return amount
