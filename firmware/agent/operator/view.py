"""The weighing in letters: the three values with their units and signs, as `screens.Picture.weighing` draws them."""

import board
from micropython import const

from agent.record import prices
from agent.sealing import lock
from agent.weighing import indication as reasons
from agent.wire import identity

_LINE_LETTERS = const(31)
_HASH_LETTERS = const(16)

_CURRENCIES = {36: "AUD", 156: "CNY", 344: "HKD", 392: "JPY", 756: "CHF", 826: "GBP", 840: "USD", 978: "EUR"}
_ADVICE = {
    reasons.REPAIR: "UNDER REPAIR: NOT FOR TRADE",
    reasons.FAULT: "DO NOT USE: CALL SERVICE",
    reasons.OVERLOAD: "TOO HEAVY: TAKE IT OFF",
    reasons.UNDERLOAD: "BELOW ZERO: PRESS ZERO",
}
_WHY_LOCKED = {
    lock.CASE_OPENED: "CASE OPENED: CALL SERVICE",
    lock.PARAMETERS_MISMATCH: "PARAMETERS WRONG: CALL SERVICE",
    lock.CLOCK_SILENT: "CLOCK CHIP DEAD: CALL SERVICE",
}


class View:
    """What the panel's displays show of this moment."""

    def __init__(self, panel):
        self._panel = panel
        self._scale = panel.scale

    @property
    def currency(self):
        """Its three letters, or digits where there are none."""
        number = self._panel.indication.currency
        return _CURRENCIES.get(number) or "%03d" % number

    def weighing(self):
        """Figures, signs beside each, and the line below."""
        panel, indication = self._panel, self._panel.indication
        weight, unit = "", ""
        if not indication.why:
            weight, unit = self._scale.weighing.text(indication.net).split(" ")
        figures = (indication.why or weight, self._unit_price(), self._price())
        if panel.selling.shows_total and not indication.is_fault():
            figures = (figures[0], "TOTAL %d" % len(panel.selling.bill.sales), panel.money(panel.selling.bill.total))
        return figures, (self._weight_signs(unit), self._price_signs(), (self.currency,)), self._line()

    def _unit_price(self):
        unit_price = self._panel.indication.shown_unit_price()
        return self._panel.money(unit_price) if unit_price else ""

    def _price(self):
        to_pay = self._panel.indication.price
        return "" if to_pay is None else self._panel.money(to_pay)

    def _weight_signs(self, unit):
        weighing = self._scale.weighing
        # What was weighed a moment ago is no sign of what is on the pan now.
        shown = unit and not self._panel.indication.held
        zero = ">0<" if shown and self._panel.indication.stable and weighing.at_zero() else ""
        low = " LOW" if self._scale.supply_mv < board.SUPPLY_LOW_MV else ""
        return (
            unit + (" NET" if unit and weighing.tare else ""),
            "e=" + self._interval(),
            (zero + low) if zero or not low else "   " + low,
        )

    def _interval(self):
        e_mg = self._scale.weighing.interval_mg(self._panel.indication.net)  # the interval in use
        if e_mg >= 1000000 and not e_mg % 1000000:
            return "%dkg" % (e_mg // 1000000)
        return "%dg" % (e_mg // 1000) if not e_mg % 1000 else prices.text(e_mg, 3).rstrip("0") + "g"

    def _price_signs(self):
        if self._panel.selling.shows_total and not self._panel.indication.is_fault():
            return ()
        item = self._panel.indication.item
        per = (self.currency, "/100 g") if self._panel.indication.per_100_g else (self.currency + "/kg",)
        return per + ("P %d" % item,) if item else per

    def _line(self):
        weighing, panel = self._scale.weighing, self._panel
        parts = []
        if weighing.tare:
            parts.append(("PT " if weighing.preset else "T ") + weighing.text(weighing.tare).replace(" ", ""))
        said = panel.message() or self._advice() or self._standing()
        if said:
            parts.append(said)
        return "  ".join(parts)[:_LINE_LETTERS]

    def _advice(self):
        """Why there is no weight, and what to do."""
        why = self._panel.indication.why
        return _WHY_LOCKED.get(self._scale.ledger.lock.why) if why == reasons.LOCKED else _ADVICE.get(why)

    def _standing(self):
        """What is to be said while nothing else is."""
        panel, chain = self._panel, self._scale.chain
        if panel.entry.text:
            return panel.entry.text
        if panel.indication.too_large():
            return "PRICE TOO LARGE"
        if panel.selling.unprinted and not panel.selling.is_printing():
            return "PRESS # TO PRINT"
        if self._scale.keystore.trouble:
            return "KEY FAULT: CALL SERVICE"
        if chain.enrolled and chain.reserve_in_use:
            return "JOURNAL FULL"
        return self._scale.notice

    def identification(self):
        """A page: name and version of the software, its hash, the counters, and the identity."""
        scale = self._scale
        name, version, code_hash = scale.software
        held = scale.parameters
        digits = code_hash.hex()
        lines = [name, version]
        lines += [digits[place : place + _HASH_LETTERS] for place in range(0, len(digits), _HASH_LETTERS)]
        lines.append("cal %d conf %d" % (held.calibration_counter, held.configuration_counter))
        lines.append(identity.identity_text(scale.keystore.kid) if scale.chain.enrolled else "no identity")
        return lines
