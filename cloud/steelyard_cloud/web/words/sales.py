"""Sales in words: what was sold, cancelled, or stated in a batch."""

from steelyard_protocol.parameters import KEYS, ParameterMap, unit_mg
from steelyard_protocol.sales import Sale, SaleBatch

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
