"""Keys and displays of a scale that computes prices. A key is answered at once; what takes long goes on beside it."""

import asyncio

from micropython import const

from agent.errors import AgentError
from agent.loaded import hold, let_go
from agent.operator.keys import KEYS, Entry
from agent.operator.screens import Picture
from agent.operator.selling import Selling
from agent.operator.view import View
from agent.port import clock
from agent.record import prices
from agent.weighing.indication import FAULT, Indication, SaleRefused

_REFRESH_MS = const(100)
_TEST_MS = const(1500)
_MESSAGE_MS = const(4000)
_TYPING_MS = const(5000)  # what was typed longer ago is a whole number
_VENDOR = const(0)
_CUSTOMER = const(1)
_FAILED = "FAULT: CALL SERVICE"  # the flash failed, or there is no room: no key may stop the scale
_ALWAYS = (("agent.record", "prices"),)
_MENUS = (("agent.operator", "menus"),)


class Panel:
    """The operator's side of `scale`: `indication` is what is shown, `selling` what was sold."""

    def __init__(self, scale):
        from agent.chips import fitted

        hold(_ALWAYS)  # or the console would let go of it, and the menu load another
        self.scale = scale
        self.indication = Indication(scale.weighing)
        self._map = scale.parameters.map  # what is shown goes by these
        self.indication.configure(self._map)
        self.entry = Entry()
        self._typing = False
        self._typed_ms = clock.ticks_ms()
        self.selling = Selling(self)
        self._displays = fitted.displays()
        self._keypad = fitted.keypad(KEYS)
        self._picture = Picture()
        self._view = View(self)
        self._drawn = None
        self._message = ""
        self._message_ms = clock.ticks_ms()
        self._item_tare = None  # which change of the tare came with the item's price, and goes with it
        self._menu = None
        scale.attended = self.attended
        self._actions = {
            "C": self._clear,
            "T": self._tare,
            "Z": scale.weighing.set_zero,
            "P": self._price_list,
            "+": self._sell,
            "-": self.selling.cancel,
            "=": self.selling.total,
            "R": self.selling.repeat,
            "#": self.selling.print,
        }

    async def run(self):
        """Test the displays, show what this scale is, then serve seller and customer for ever."""
        self._picture.fill(1)
        await self._displays.start(self._picture.pixels)
        await asyncio.sleep_ms(_TEST_MS)
        self._picture.page(self._view.identification())
        self._displays.show(self._picture.pixels)
        await asyncio.sleep_ms(_TEST_MS)
        await asyncio.gather(self._read_keys(), self._keep_shown(), self.selling.run())

    def attended(self):
        """Whether somebody is in the middle of something: a bill, a menu, a price."""
        bill = self.selling.bill
        return self._menu is not None or self._typing or bool(bill.sales and not bill.closed)

    async def _read_keys(self):
        while True:
            self.key(await self._keypad.key())
            await asyncio.sleep_ms(0)  # what a key does is one piece of work, its picture another
            self.refresh()

    async def _keep_shown(self):
        while True:
            self.refresh()
            await asyncio.sleep_ms(_REFRESH_MS)

    # What is shown

    def say(self, text):
        """Show a message for some seconds, or until the next key."""
        if self._menu is not None and text != self._message:
            self._menu.changed = True
        self._message = text
        self._message_ms = clock.ticks_ms()

    def message(self):
        """The message of this moment."""
        if self._message and clock.ticks_diff(clock.ticks_ms(), self._message_ms) > _MESSAGE_MS:
            self.say("")
        return self._message

    def refresh(self):
        """Show this moment on both displays, if it looks otherwise than what they show."""
        indication = self.indication
        self._use_parameters()
        was = indication.why
        indication.step(self.scale.barred)
        if self._menu is not None and indication.is_fault() and (indication.why != was or was == FAULT):
            self._close_menu()  # both displays must say so; the menu of a scale that is locked already unlocks it
        if indication.is_done():
            self._clear_price()  # the load that it was for is sold and gone
        if indication.price is not None:
            self.selling.shows_total = False
        wanted = self._view.weighing()
        if wanted != self._drawn:
            self._drawn = wanted
            self._picture.weighing(*wanted)
            self._displays.show(self._picture.pixels, None if self._menu is None else _CUSTOMER)
        if self._menu is not None and self._menu.changed:
            self._menu.changed = False
            if self._menu.code:
                self._picture.code(*self._menu.code)
            else:
                self._picture.page(self._menu.lines(), self._message)
            self._displays.show(self._picture.pixels, _VENDOR)

    def show_failure(self):
        """Show both that this is no scale any more; what stood there would look like a weight."""
        self._picture.fill(0)
        self._picture.weighing((FAULT, "", ""), ((), (), ()), _FAILED)
        self._displays.show(self._picture.pixels)

    def _use_parameters(self):
        """Show by the parameters of now; after a change nothing is typed any more, as it may mean other money."""
        held = self.scale.parameters.map
        if held is not self._map:
            self._map = held
            self.indication.configure(held)
            self._clear_price()
            self.selling.forget()
            self._close_menu()

    # Keys

    def key(self, key):
        """Do what a key asks for; what cannot be done is said on the displays."""
        self.say("")
        self.selling.shows_total = False
        try:
            if not key:
                raise SaleRefused("keys", "ONE KEY AT A TIME")
            if self._menu is not None:
                if not self._menu.key(key):
                    self._close_menu()
            elif key in ".0123456789":
                self._type(key)
            else:
                self._typing = False
                self._actions[key]()
        except AgentError as error:
            self._say_refusal(error)
        except (OSError, MemoryError):
            self.say(_FAILED)

    def _say_refusal(self, error):
        self.say(getattr(error, "short", None) or _SHORT.get(error.code) or str(error).upper())

    def _type(self, key):
        """A digit goes on with the number that is being typed, or begins a new one."""
        now_ms = clock.ticks_ms()
        if not self._typing or clock.ticks_diff(now_ms, self._typed_ms) > _TYPING_MS:
            self.entry.text = ""
        self._typing, self._typed_ms = True, now_ms
        self.entry.add(key)
        amount = self.entry.amount(self.indication.decimals)
        self.indication.set_unit_price(amount if amount and amount <= prices.MOST_UNIT_PRICE else 0)

    def _clear(self):
        if self.entry.text or self.indication.unit_price:
            self._clear_price()
        else:
            self.scale.weighing.clear_tare()

    def _clear_price(self):
        self.entry.text = ""
        self.indication.set_unit_price(0)
        self._drop_item_tare()

    def _drop_item_tare(self):
        if self._item_tare == self.scale.weighing.tares:
            self.scale.weighing.clear_tare()
        self._item_tare = None

    def _tare(self):
        if not self.entry.text:
            self.scale.weighing.set_tare()
            return
        tare_mg = self.entry.take(prices.tare_decimals(self.scale.weighing.e_mg))
        self.indication.set_unit_price(0)
        if tare_mg is None:
            raise SaleRefused("entry", "NO SUCH TARE")
        self.scale.weighing.preset_tare(tare_mg)

    def _price_list(self):
        if not self.entry.text:
            self._open_menu()
            return
        item = self.entry.take(0)
        self.indication.set_unit_price(0)
        if not item or item > prices.MOST_ITEMS:
            raise SaleRefused("entry", "ITEMS ARE 1 TO %d" % prices.MOST_ITEMS)
        unit_price, tare_mg = prices.read(self.scale.ledger.store, self._map, item)
        if not unit_price:
            raise SaleRefused("entry", "ITEM %d IS EMPTY" % item)
        self._drop_item_tare()
        if tare_mg:
            self.scale.weighing.preset_tare(tare_mg)
            self._item_tare = self.scale.weighing.tares
        self.indication.set_unit_price(unit_price, item)

    def _sell(self):
        self.refresh()  # what is sold is what is shown
        self.selling.sell()
        self.entry.text = ""

    def do(self, work):
        """Run a coroutine beside the keys; what goes wrong with it is said. Returns its task."""
        return asyncio.create_task(self._say_failure(work))

    async def _say_failure(self, work):
        try:
            await work
        except AgentError as error:
            self._say_refusal(error)
        except (OSError, MemoryError):
            self.say(_FAILED)

    @property
    def currency(self):
        """Of the money that is shown, as text."""
        return self._view.currency

    def money(self, amount):
        """An amount of money as text."""
        return prices.text(amount, self.indication.decimals)

    # Menus take heap only while they are used

    def _open_menu(self):
        from agent.operator.menus import Menu

        self._menu = Menu(self.scale, self.indication.decimals, self._view.identification, self.do)
        self._drawn = None

    def _close_menu(self):
        if self._menu is not None:
            self._menu.leave()
        self._menu = self._drawn = None
        let_go(_MENUS)


# Refusals of other rooms in the displays' letters.
_SHORT = {"not-enrolled": "NOT ENROLLED: NO SALE"}
