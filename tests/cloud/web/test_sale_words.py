"""Sales as the console's pages say them, in both languages."""

import pytest
from kit.parameters import MAP
from steelyard_cloud.web.words.i18n import Speech, zone
from steelyard_cloud.web.words.sales import sale_sentence
from steelyard_protocol.sales import Sale, SaleBatch

SOLD = Sale(7, 0, 247, 0, 0, 1_299, 1_604, 0, None)
BATCH = SaleBatch(1, 9, 8, 1_000, 123_456, 1, 10, 99, [])


@pytest.mark.parametrize(
    ("body", "known", "english", "chinese"),
    [
        (SOLD, True, "Sale 7: 1.235 kg × 12.99 = 16.04", "销售 7：1.235 kg × 12.99 = 16.04"),
        (SOLD, False, "Sale 7: 247 intervals × 1,299 = 1,604", None),
        (SOLD._replace(sale=8, cancels=7), True, "Sale 7 cancelled: 16.04", "销售 7 已取消：16.04"),
        (BATCH, True, "8 sales for 1,234.56, 1 cancelled", "销售 8 笔，金额 1,234.56；取消 1 笔"),
    ],
)
def test_a_sale_is_said_with_its_money_and_weight(
    body: Sale | SaleBatch, known: bool, english: str, chinese: str | None
) -> None:
    parameters = MAP if known else None
    assert sale_sentence(Speech("en", zone("UTC")), body, parameters) == english
    if chinese:
        assert sale_sentence(Speech("zh-CN", zone("UTC")), body, parameters) == chinese


def test_the_weight_of_a_multi_interval_scale_is_in_its_unit() -> None:
    multi = MAP | {3: 2_000, 16: 6_000_000, 17: 5_000}
    sold = SOLD._replace(net=6_005, price=7_800)
    assert sale_sentence(Speech("en", zone("UTC")), sold, multi) == "Sale 7: 6.005 kg × 12.99 = 78.00"
