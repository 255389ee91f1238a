"""What stands on a printed receipt, of a sale, of a cancellation, or of a bill. Loaded when one is printed."""

from agent.operator.escpos import BOLD, CODE, COLUMNS, PLAIN
from agent.port import clock
from agent.wire import cbor, identity, statements

_PATH = "/R/"
_ADDRESS_LETTERS = 40


def of_sale(panel, record, salt, copy):
    """The lines of a sale's or a cancellation's sale-body; `copy` says that it was printed before.

    The code with which anybody can check it is on it where the sale is stated. Yields pairs, see `escpos.commands`.
    """
    number, time_s, net, tare, tare_kind, unit_price, price, item, cancels = record
    scale, sign = panel.scale, ""
    if copy:
        yield BOLD, "*** COPY ***"
    if cancels:
        sign = "-"
        yield BOLD, "*** CANCELLED ***"
        yield PLAIN, _row("CANCELS SALE", str(cancels))
    yield PLAIN, _row("CANCELLATION" if cancels else "SALE", str(number))
    yield PLAIN, _moment(time_s)
    if item:
        yield PLAIN, _row("ITEM", str(item))
    yield PLAIN, _row("NET", scale.weighing.text(net))
    if tare:
        yield PLAIN, _row("PRESET TARE PT" if tare_kind == statements.PRESET else "TARE T", scale.weighing.text(tare))
    per = "100 g" if panel.indication.per_100_g else "kg"
    yield PLAIN, _row("UNIT PRICE", "%s %s/%s" % (panel.money(unit_price), panel.currency, per))
    yield BOLD, _row("PRICE", "%s%s %s" % (sign, panel.money(price), panel.currency))
    if panel.selling.are_stated():
        yield PLAIN, _row("SCALE", scale.identity)
        yield CODE, _link(scale.ledger.address) + identity.base32(cbor.encode((scale.keystore.kid, record, salt)))


def of_bill(panel, records, _salt, copy):
    """The lines of a bill's total; `records` are the sale-bodies on it."""
    if copy:
        yield BOLD, "*** COPY ***"
    yield PLAIN, "TOTAL"
    yield PLAIN, _moment(clock.stamp())
    for record in records:
        yield PLAIN, _row("SALE %d" % record[0], panel.money(record[6]))
    count = "%d SALE%s" % (len(records), "" if len(records) == 1 else "S")
    yield BOLD, _row(count, "%s %s" % (panel.money(sum(record[6] for record in records)), panel.currency))


def _row(left, right):
    return left + " " * max(1, COLUMNS - len(left) - len(right)) + right


def _moment(unix_s):
    return "%04d-%02d-%02d %02d:%02d:%02d UTC" % tuple(clock.calendar(unix_s)[:6]) if unix_s else "CLOCK NOT SET"


def _link(address):
    link = (address or "").upper() + _PATH
    return link if address and len(link) <= _ADDRESS_LETTERS else ""
