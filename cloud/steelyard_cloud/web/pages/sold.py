"""What a customer sees who scans the code on a printed receipt: whether the scale has signed that sale.

Below that stands the scale's public page. Nothing of other sales is shown, nor how many there are.
"""

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from steelyard_protocol.parameters import KEYS, unit_mg

from steelyard_cloud.errors import NotFound, SaleMalformed, SaleUnknown, TooManyCodes
from steelyard_cloud.judge.maps import Map
from steelyard_cloud.judge.sold import FOUND, SaleWord
from steelyard_cloud.scales import public, sold
from steelyard_cloud.scales.sold import SaleRead
from steelyard_cloud.web.http.context import Here, Reader
from steelyard_cloud.web.pages.public import shown, without_scale
from steelyard_cloud.web.pages.render import page
from steelyard_cloud.web.words.i18n import N_, Speech
from steelyard_cloud.web.words.sales import RECEIPTS

router = APIRouter()
MG_PER_KG = 1_000_000
UNPRICED = N_(
    "This scale has signed this sale. Its parameters of that time are not known, so nobody can check the price."
)
REFUSED = {SaleMalformed: N_("Not a receipt"), SaleUnknown: N_("Not on record")}


@router.get("/r/{text}")
def sold_page(request: Request, text: str, here: Here, speech: Reader) -> Response:
    """What the scale's signed statements say of one receipt, and the verdict on that scale."""
    now_ms = here.now_ms()
    if not here.codes.spend(request.client.host if request.client else "", now_ms):
        raise TooManyCodes
    try:
        with here.reading() as connection:
            read = sold.read(connection, text)
            record = public.public_record(connection, read.public_code, now_ms=now_ms)
    except (SaleMalformed, SaleUnknown) as problem:
        line = speech.say(problem.template(), **problem.values)
        told = {"word": speech.say(REFUSED[type(problem)]), "tone": "bad", "icon_name": "unknown", "line": line}
        return without_scale(request, speech, told | {"also": []}, typed="", status=problem.status or 422)
    if record is None:
        raise NotFound(what="scale", name=read.public_code)
    response = page(request, speech, "public.html", **shown(record, speech, here.now()) | {"sold": _sale(read, speech)})
    response.headers["Cache-Control"] = "no-store"
    return response


def _sale(read: SaleRead, speech: Speech) -> dict[str, Any]:
    word, sale = read.finding.word, read.proof.sale
    heading, line, tone, icon = RECEIPTS[word]
    if word is SaleWord.PROVEN and read.finding.parameters is None:
        line = UNPRICED
    return {
        "heading": speech.say(heading),
        "line": speech.say(line),
        "tone": tone,
        "icon_name": icon,
        "figures": _figures(read, speech) if word in FOUND and read.finding.parameters else {},
        "number": sale.sale,
        "moment": _as_on_paper(sale.time),
        "in_a_batch": word is SaleWord.PROVEN and read.proof.salt is not None,
    }


def _as_on_paper(time_s: int) -> str:
    return f"{datetime.fromtimestamp(time_s, UTC):%Y-%m-%d %H:%M:%S} UTC" if time_s else "—"


def _figures(read: SaleRead, speech: Speech) -> dict[str, str]:
    parameters, sale = read.finding.parameters or {}, read.proof.sale
    decimals = parameters[KEYS["price_decimals"]]
    unit = unit_mg(parameters)
    net = speech.number(sale.net * unit / MG_PER_KG, 3 if unit % 1000 == 0 else 6)
    per = N_("{price} per 100 g") if _is_per_100_g(parameters) else N_("{price} per kg")
    price = _money(sale.price, decimals, speech)
    return {
        "net": speech.say(N_("{weight} kg"), weight=net),
        "unit_price": speech.say(per, price=_money(sale.unit_price, decimals, speech)),
        "price": f"−{price}" if sale.cancels is not None else price,  # a minus sign
    }


def _is_per_100_g(parameters: Map) -> bool:
    return bool(parameters.get(KEYS["price_per_100_g"]))


def _money(amount: int, decimals: int, speech: Speech) -> str:
    return speech.number(amount / 10**decimals, decimals)
