"""The menu: price list, what this scale is, and codes. Loaded when it is opened, and let go of afterwards.

`C` goes one step back, `+` accepts what was typed. The customer's display goes on showing the weighing.
"""

from micropython import const

from agent.operator.keys import Entry
from agent.record import prices
from agent.weighing.indication import SaleRefused

_MAIN = const(0)
_ITEM = const(1)
_UNIT_PRICE = const(2)
_TARE = const(3)
_IDENTIFICATION = const(4)
_DIGITS = ".0123456789"


class Menu:
    """One visit: `key(key)` takes a key and says whether it goes on, `lines()` is the page of this moment.

    `identification()` gives a page, `do(work)` has a coroutine run beside the keys.
    """

    def __init__(self, scale, decimals, identification, do):
        self._scale = scale
        self._parameters = scale.parameters.map  # by these a price is typed
        self._decimals = decimals
        self._tare_decimals = prices.tare_decimals(scale.weighing.e_mg)
        self._identification = identification
        self._do = do
        self._entry = Entry()
        self._page = _MAIN
        self._item = self._unit_price = 0
        self._said = ""
        self._codes = None
        self.changed = True

    @property
    def code(self):
        """A QR code to be shown instead of the page: (modules a side, bits); None mostly."""
        return self._codes and self._codes.code

    def lines(self):
        """The page, up to eight lines."""
        if self._codes is not None:
            return self._codes.lines()
        if self._page == _MAIN:
            return (
                "MENU",
                "1 Price list",
                "2 Identification",
                "3 Fresh code",
                "4 Check code",
                "5 Unlock",
                "6 Repair",
                "C back",
            )
        if self._page == _IDENTIFICATION:
            return self._identification()
        asked = {_ITEM: "Item 1 to 100:", _UNIT_PRICE: "Unit price:", _TARE: "Tare in %s:"}[self._page]
        if self._page == _TARE:
            asked = asked % ("kg" if self._tare_decimals == 6 else "g")
        title = "PRICE LIST" if self._page == _ITEM else "ITEM %d" % self._item
        return (title, "", asked, self._entry.text + "_", self._said, "", "+ accept", "C back")

    def key(self, key):
        """Take a key; False once the menu is left."""
        self.changed = True
        self._said = ""
        try:
            return self._take(key)
        except SaleRefused as refusal:
            self._said = str(refusal)[:16]
            return True

    def _take(self, key):
        if self._codes is not None:
            if not self._codes.key(key):
                self.leave()
            return True
        if key == "C":
            return self._back()
        if self._page == _MAIN:
            self._page = {"1": _ITEM, "2": _IDENTIFICATION}.get(key, _MAIN)
            if key and key in "3456":
                self._open_codes(key)
        elif self._page != _IDENTIFICATION:
            if key and key in _DIGITS:
                self._entry.add(key)
            elif key == "+":
                self._accept()
        return True

    def _open_codes(self, key):
        from agent.operator.code_pages import CodePage

        self._codes = CodePage(self._scale, key, self._do, self._show_again)

    def leave(self):
        """Let go of what a page has loaded."""
        if self._codes is not None:
            self._codes.leave()
            self._codes = None

    def _show_again(self):
        self.changed = True

    def _back(self):
        if self._entry.text:
            self._entry.text = ""
            return True
        left = self._page == _MAIN
        self._page = _MAIN
        return not left

    def _accept(self):
        if self._page == _ITEM:
            item = self._entry.take(0)
            if not item or item > prices.MOST_ITEMS:
                raise SaleRefused("entry", "1 TO 100")
            self._item = item
            self._page = _UNIT_PRICE
        elif self._page == _UNIT_PRICE:
            amount = self._entry.take(self._decimals) if self._entry.text else 0
            if amount is None or amount > prices.MOST_UNIT_PRICE:
                raise SaleRefused("entry", "NO SUCH PRICE")
            self._unit_price = amount
            self._page = _TARE
        else:
            tare_mg = self._entry.take(self._tare_decimals) if self._entry.text else 0
            if tare_mg is None or tare_mg % self._scale.weighing.e_mg or tare_mg > prices.MOST_TARE_MG:
                raise SaleRefused("entry", "NO SUCH TARE")
            self._do(self._store(self._item, self._unit_price, tare_mg))
            self._page = _ITEM

    async def _store(self, item, unit_price, tare_mg):
        await prices.write(self._scale.ledger.store, self._parameters, item, unit_price, tare_mg)
        self._said = "%d stored" % item
        self.changed = True
