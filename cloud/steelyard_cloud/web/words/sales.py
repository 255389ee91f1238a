"""Sales in words: what was sold, cancelled, or stated in a batch, and what is said of a printed receipt."""

from steelyard_protocol.parameters import KEYS, ParameterMap, unit_mg
from steelyard_protocol.sales import Sale, SaleBatch

from steelyard_cloud.judge.sold import SaleWord
from steelyard_cloud.web.words.i18n import N_, Speech


def sale_sentence(speech: Speech, body: Sale | SaleBatch, parameters: ParameterMap | None) -> str:
    """One line; without the parameters weights are in intervals, and money in its smallest unit."""
    decimals = parameters[KEYS["price_decimals"]] if parameters else 0

    def money(amount: int) -> str:
        return speech.number(amount / 10**decimals, decimals)

    if isinstance(body, SaleBatch):
        return speech.say(
            N_("{sold} sales for {price}, {cancelled} cancelled"),
            sold=body.sold_count,
            price=money(body.sold_price),
            cancelled=body.cancelled_count,
        )
    if body.cancels is not None:
        return speech.say(N_("Sale {number} cancelled: {price}"), number=body.cancels, price=money(body.price))
    net = speech.say(N_("{gross} intervals"), gross=body.net)
    if parameters:
        net = f"{speech.number(body.net * unit_mg(parameters) / 1e6, 3)} kg"
    return speech.say(
        N_("Sale {number}: {net} × {unit_price} = {price}"),
        number=body.sale,
        net=net,
        unit_price=money(body.unit_price),
        price=money(body.price),
    )


RECEIPTS = {
    SaleWord.PROVEN: (
        N_("On record"),
        N_("This scale has signed this sale, and its price is weight times unit price."),
        "good",
        "good",
    ),
    SaleWord.PRICE_WRONG: (
        N_("Wrong price"),
        N_("This scale has signed this sale, but its price is not weight times unit price. Please complain."),
        "bad",
        "altered",
    ),
    SaleWord.CANCELLED: (
        N_("Cancelled"),
        N_("This scale has signed this sale, and cancelled it afterwards."),
        "warn",
        "expired",
    ),
    SaleWord.CANCELLATION: (
        N_("Receipt of a cancellation"),
        N_("This scale has signed that a sale was cancelled. This receipt is no proof of a purchase."),
        "warn",
        "expired",
    ),
    SaleWord.NOT_ARRIVED: (
        N_("Not arrived yet"),
        N_(
            "No report of this scale is new enough to tell. Keep the receipt and look again later; if it still has not "
            "arrived tomorrow, please complain."
        ),
        "grey",
        "silent",
    ),
    SaleWord.MISSING: (
        N_("Reports are missing"),
        N_("Reports of this scale from the time on the receipt are missing. This sale may be among them."),
        "grey",
        "silent",
    ),
    SaleWord.SUMS_ONLY: (
        N_("Cannot be told"),
        N_("At that time the scale had stated its sales in sums only, as its journal was nearly full."),
        "grey",
        "unknown",
    ),
    SaleWord.NO_SUCH_SALE: (
        N_("No such sale"),
        N_("This scale has not signed a sale like this. The receipt is forged or was changed: please complain."),
        "bad",
        "altered",
    ),
    SaleWord.CANNOT_BE_TOLD: (
        N_("Cannot be told"),
        N_("The reports of this scale contradict one another, or the one that has this sale is not signed correctly."),
        "grey",
        "unknown",
    ),
}
"""Heading, sentence, tone and icon of what is said of a printed receipt."""
