"""The seller's keys: prices, zero, tare, sales, cancellations and totals, and what cannot be done."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from kit.platform_side import Platform
from kit.repair import repair_permit
from kit.shop import Open, Shop
from steelyard_protocol import sales
from steelyard_protocol.sales import Sale
from steelyard_simulator.errors import ScaleIsOff
from steelyard_simulator.flashing import PARAMETERS

WHOLE_LIST = 100


def figures(one: Sale) -> tuple[int, ...]:
    """Net, tare, its kind, unit price, price, item."""
    return one.net, one.tare, one.tare_kind, one.unit_price, one.price, one.item


def test_a_sale_states_what_was_shown(shop: Shop) -> None:
    seen = shop.sell(1.235, "12.99+")
    assert (seen.figures, seen.line) == (["1.235", "12.99", "16.04"], "SOLD 1: 16.04")
    (sold,) = shop.sales
    assert (figures(sold), sold.sale, sold.cancels) == ((247, 0, 0, 1_299, 1_604, 0), 1, None)
    assert sales.price(PARAMETERS, sold.net, sold.unit_price) == sold.price
    assert shop.customer.figures == ["0.000", "", ""], "the unit price goes with the load"


def test_a_load_is_sold_once_until_zero_was_shown(shop: Shop) -> None:
    shop.put(1.0)
    shop.keys("10+", 1.5)
    assert shop.keys("+", 1.5).line == "SOLD: TAKE IT OFF"
    shop.put(1.5)
    assert shop.keys("+", 1.5).line == "SOLD: TAKE IT OFF"
    assert len(shop.sales) == 1
    shop.put(0)
    shop.sell(1.5, "10+")
    assert [one.net for one in shop.sales] == [200, 300]


def test_under_a_tare_the_net_weight_has_to_return_to_zero(shop: Shop) -> None:
    shop.put(0.5)
    shop.keys("T")
    shop.put(1.0)
    shop.keys("10+", 1.5)
    assert shop.keys("+", 1).line.endswith("SOLD: TAKE IT OFF")
    shop.put(0.5)
    shop.put(0.7)
    shop.keys("10+", 1.5)
    assert [figures(one)[:3] for one in shop.sales] == [(100, 100, 1), (40, 100, 1)]


@pytest.mark.parametrize("zeroed", ["", "1"])
def test_a_tare_taken_of_a_sold_load_does_not_sell_it_again(shop: Shop, zeroed: str) -> None:
    shop.put(1.0)
    shop.keys("10+", 1.5)
    assert shop.keys(zeroed + "T", 1).figures[0] == "0.000"
    shop.keys("CC", 1)
    assert shop.keys("10+", 1.5).line == "SOLD: TAKE IT OFF"
    assert len(shop.sales) == 1


def test_in_motion_nothing_is_sold(shop: Shop) -> None:
    shop.keys("10")
    shop.scale.place(1.0)
    shop.scale.advance(0.3)
    assert shop.keys("+").line == "NOT STABLE: WAIT"
    assert shop.sales == []


@pytest.mark.parametrize(
    ("keys", "line"),
    [("+", "NO UNIT PRICE"), ("0+", "NO UNIT PRICE"), ("0.00+", "NO UNIT PRICE"), ("0.001+", "NO UNIT PRICE")],
)
def test_without_a_unit_price_nothing_is_sold(shop: Shop, keys: str, line: str) -> None:
    shop.put(1.0)
    seen = shop.keys(keys, 1)
    assert (seen.figures, seen.line, shop.sales) == (["1.000", "", ""], line, [])


def test_a_price_that_rounds_to_nothing_is_no_sale(shop: Shop) -> None:
    shop.put(0.01)
    assert shop.keys("0.01").figures == ["0.010", "0.01", "0.00"]
    assert shop.keys("+", 1).line == "PRICE IS ZERO"


def test_all_nines_are_a_price_and_more_digits_are_refused(shop: Shop) -> None:
    shop.put(15.0)
    assert shop.keys("9999.99").figures == ["15.000", "9999.99", "149999.85"]
    assert shop.keys("9").line == "TOO MANY DIGITS"
    assert shop.customer.figures[1:] == ["9999.99", "149999.85"]
    assert shop.keys("+", 1.5).line == "SOLD 1: 149999.85"
    assert shop.sales[0].price == 14_999_985


def test_a_price_with_more_digits_than_there_are_is_blank(open_shop: Open) -> None:
    shop = open_shop(price_per_100_g=1)
    shop.put(15.0)
    seen = shop.keys("9999.99")
    assert (seen.figures[2], seen.line) == ("", "9999.99")
    shop.scale.advance(5)
    assert shop.keys("+", 1).line == "PRICE TOO LARGE"
    assert shop.sales == []


def test_a_total_that_would_overflow_asks_for_the_total_first(open_shop: Open) -> None:
    shop = open_shop(price_decimals=0)
    for _ in range(6):
        shop.sell(15.0, "999999+")
    assert [one.price for one in shop.sales] == [14_999_985] * 6
    assert shop.sell(15.0, "999999+").line == "BILL FULL: TOTAL FIRST"
    assert len(shop.sales) == 6, "refused, and nothing lost"
    assert shop.keys("=").figures == ["0.000", "TOTAL 6", "89999910"]
    assert shop.sell(15.0, "999999+").line == "SOLD 1: 14999985"
    assert len(shop.sales) == 7


def test_more_sales_than_a_bill_holds_ask_for_the_total_first(shop: Shop) -> None:
    for count in range(32):
        shop.sell(0.1, "1+")
        assert len(shop.sales) == count + 1
    assert shop.sell(0.1, "1+").line == "BILL FULL: TOTAL FIRST"
    assert shop.keys("=").figures[1:] == ["TOTAL 32", "3.20"]


def test_a_cancelled_sale_is_a_record_of_its_own(shop: Shop) -> None:
    shop.sell(1.0, "10+")
    shop.sell(0.5, "3+")
    assert shop.keys("-", 1.5).line == "CANCELLED: -1.50"
    first, second, cancelled = shop.sales
    assert (cancelled.cancels, cancelled.sale) == (second.sale, 3)
    assert figures(cancelled) == figures(second)
    assert shop.keys("=").figures == ["0.000", "TOTAL 1", "10.00"]
    shop.keys("-", 1.5)
    assert shop.sales[-1].cancels == first.sale
    assert shop.keys("-").line == "NO SALE ON THIS BILL"
    assert shop.keys("=").line == "NO SALE ON THIS BILL"
    assert len(shop.sales) == 4


def test_total_repeat_and_print(shop: Shop) -> None:
    assert shop.keys("R").line == "NO SALE TO REPEAT"
    shop.sell(1.0, "10+")
    shop.sell(0.5, "3+")
    seen = shop.keys("=")
    assert (seen.figures, seen.line) == (["0.000", "TOTAL 2", "11.50"], "TOTAL 2: 11.50")
    assert seen.sides[0] == ["kg", "e=5g", ">0<"], "the weighing goes on beside it"
    assert shop.keys("R").line == "0.500kg 3.00 = 1.50"
    assert shop.keys("#").line == "NO PRINTER"
    shop.keys("=")
    shop.put(0.7)
    assert shop.keys("2").figures == ["0.700", "2.00", "1.40"]


def test_a_digit_begins_a_new_number_after_another_key_and_after_a_while(shop: Shop) -> None:
    assert shop.keys("10").figures[1] == "10.00"
    assert shop.keys("R3").figures[1] == "3.00"
    assert shop.keys("4").figures[1] == "34.00"
    shop.scale.advance(5.5)
    assert shop.keys("7").figures[1] == "7.00"


# Zero and tare


def test_zero_is_set_only_at_rest_without_tare_and_near_zero(open_shop: Open) -> None:
    shop = open_shop(zero_setting_permille=40)
    assert shop.put(0.29).figures[0] == "0.290"
    assert shop.keys("Z").figures[0] == "0.000"
    assert shop.put(0.61).figures[0] == "0.320"
    assert shop.keys("Z").line == "TOO FAR FROM ZERO"
    shop.scale.place(0.2)
    shop.scale.advance(0.2)
    assert shop.keys("Z").line == "NOT STABLE: WAIT"
    shop.put(0.5)
    shop.keys("T")
    assert shop.keys("Z").line.endswith("CLEAR TARE FIRST")
    shop.keys("C")
    shop.put(0.29)
    shop.keys("0.1T")
    assert shop.keys("Z").line.endswith("CLEAR TARE FIRST")


def test_tare_is_taken_only_at_rest_and_above_zero(shop: Shop) -> None:
    assert shop.keys("T").line == "NOTHING TO TARE"
    shop.put(-0.05)
    assert shop.keys("T").line == "NOTHING TO TARE"
    shop.scale.place(0.5)
    shop.scale.advance(0.2)
    assert shop.keys("T").line == "NOT STABLE: WAIT"
    shop.scale.advance(3)
    assert shop.keys("T").line == "T 0.500kg"
    assert shop.keys("C").figures[0] == "0.500"


@pytest.mark.parametrize("typed", ["0.012", "15.005", "0", "0.000001", "99999"])
def test_a_preset_tare_is_a_whole_number_of_intervals_up_to_max(shop: Shop, typed: str) -> None:
    assert "TARE" in shop.keys(typed + "T").line
    assert shop.customer.sides[0] == ["kg", "e=5g", ">0<"]
    assert shop.keys("15T").line == "PT 15.000kg"


def test_a_preset_tare_stands_not_beside_a_weighed_one(shop: Shop) -> None:
    shop.put(0.5)
    shop.keys("T")
    assert shop.keys("0.1T").line == "T 0.500kg  CLEAR TARE FIRST"
    shop.keys("C")
    shop.keys("0.1T")
    assert shop.keys("T").line == "PT 0.100kg  CLEAR TARE FIRST"
    assert shop.keys("0.2T").line == "PT 0.200kg", "another one in its place"
    shop.keys("10+", 1.5)
    assert figures(shop.sales[0]) == (60, 40, 2, 1_000, 300, 0)


# The price list


def test_a_price_set_in_the_menu_is_recalled_with_its_tare(shop: Shop) -> None:
    shop.keys("P1")
    assert shop.vendor.page[2] == "Item 1 to 100:"
    shop.keys("100+7.5+0.02+", 1)
    assert shop.vendor.page[4] == "100 stored"
    shop.keys("CC")
    seen = shop.keys("100P")
    assert (seen.figures[1], seen.sides[1], seen.line) == ("7.50", ["CNY/kg", "P 100"], "PT 0.020kg")
    shop.put(1.0)
    shop.keys("+", 1.5)
    assert figures(shop.sales[0]) == (196, 4, 2, 750, 735, 100)
    shop.put(0)
    assert (shop.customer.figures[1], shop.customer.line) == ("", ""), "the tare went with the price"


def test_the_tare_of_an_item_goes_with_it_and_a_typed_one_stays(shop: Shop) -> None:
    shop.scale.console("prices set 1 2.00 0.020")
    shop.scale.console("prices set 2 3.00")
    assert shop.keys("1P").line == "PT 0.020kg"
    assert shop.keys("2P").line == ""
    shop.keys("0.1T")
    assert shop.keys("2P").line == "PT 0.100kg"
    assert shop.keys("C").line == "PT 0.100kg"
    shop.keys("C")
    shop.put(0.5)
    shop.keys("T")
    seen = shop.keys("1P")
    assert seen.line == "T 0.500kg  CLEAR TARE FIRST"
    assert seen.figures[1] == "", "without its tare an item's price is not used"


def test_the_console_fills_shows_and_empties_the_list_and_it_lasts(shop: Shop) -> None:
    for item in range(1, WHOLE_LIST + 1):
        shop.scale.console(f"prices set {item} {item}.99")
    shop.scale.console("prices clear 50")
    shop.scale.power_off()
    shop.scale.power_on()
    shop.scale.advance(7)
    listed = shop.scale.console_json("prices")
    assert len(listed) == WHOLE_LIST - 1
    assert listed[0] == {"item": 1, "unit_price": 199, "tare_mg": 0}
    assert shop.keys("50P").line == "ITEM 50 IS EMPTY"
    assert shop.keys("100P").figures[1] == "100.99"
    for wrong in ("0P", "101P", "1.5P"):
        assert shop.keys(wrong).line == "ITEMS ARE 1 TO 100"


# Wrong use


def test_a_key_held_for_ever_and_two_keys_stop_nothing(shop: Shop) -> None:
    shop.put(1.0)
    shop.scale.press("5")
    shop.scale.advance(60)
    assert shop.customer.figures == ["1.000", "5.00", "5.00"]
    shop.put(2.0)
    assert shop.customer.figures == ["2.000", "5.00", "10.00"], "weighing goes on"
    shop.scale.press("+")
    shop.scale.advance(0.2)
    assert shop.customer.line == "ONE KEY AT A TIME"
    assert shop.sales == []
    shop.scale.press("+", down=False)
    shop.scale.press("5", down=False)
    shop.scale.advance(0.2)
    assert shop.keys("+", 1.5).line == "SOLD 1: 10.00"


def test_a_key_is_answered_while_a_sale_is_being_signed(shop: Shop) -> None:
    shop.put(1.0)
    shop.keys("10")
    shop.scale.press("+")
    shop.scale.advance(0.05)
    shop.scale.press("+", down=False)
    shop.scale.advance(0.03)
    shop.scale.press("R")
    shop.scale.advance(0.1)
    assert shop.customer.line == "NO SALE TO REPEAT" or shop.customer.line.startswith("1.000kg")


def test_a_scale_that_is_not_enrolled_weighs_and_sells_nothing(open_shop: Open) -> None:
    shop = open_shop(enrolled=False)
    shop.put(1.0)
    assert shop.keys("10").figures == ["1.000", "10.00", "10.00"]
    assert shop.keys("+", 1.5).line == "NOT ENROLLED: NO SALE"
    assert shop.keys("=").line == "NO SALE ON THIS BILL"
    shop.scale.console("enrol maker=M model=one serial=1 code=P-1")
    assert shop.keys("+", 1.5).line == "SOLD 1: 10.00"


def test_where_sales_are_not_stated_they_have_numbers_all_the_same(open_shop: Open) -> None:
    shop = open_shop(sales=1)
    assert shop.sell(1.0, "10+").line == "SOLD 1: 10.00"
    assert shop.sales == []
    assert shop.keys("=").figures[2] == "10.00"


@pytest.mark.parametrize("at", ["journal sync", "files sync", "now"])
@pytest.mark.parametrize("how", ["none", "prefix", "all"])
def test_numbers_of_sales_never_repeat_through_power_cuts(shop: Shop, at: Any, how: Any) -> None:
    shop.sell(1.0, "10+")
    shop.put(1.0)
    shop.keys("10")
    if at != "now":
        shop.scale.cut_power(at, how)
    with suppress(ScaleIsOff):
        shop.keys("+", 0.3)
    shop.scale.power_off()
    shop.scale.place(0)
    shop.scale.power_on()
    shop.scale.advance(7)
    shop.sell(1.0, "7+")
    sold = shop.sales
    assert [one.unit_price for one in sold] in ([1_000, 700], [1_000, 1_000, 700])
    numbers = [one.sale for one in sold]
    assert numbers == sorted(set(numbers))


def test_no_money_stands_beside_a_weight_that_there_is_not(shop: Shop) -> None:
    shop.sell(1.0, "12.99+")
    assert shop.keys("=", 1.0).figures == ["0.000", "TOTAL 1", "12.99"]
    shop.scale.open_case()
    shop.scale.advance(1)
    assert shop.customer.figures == ["LOCKED", "", ""]
    assert shop.keys("=", 1.0).figures == ["LOCKED", "", ""]
    assert shop.customer.line == "TOTAL 1: 12.99", "what was sold before has to be paid"


@pytest.mark.parametrize("why", ["LOCKED", "REPAIR"])
def test_while_it_weighs_for_nobody_nothing_is_sold_cancelled_or_shown_again(open_shop: Open, why: str) -> None:
    platform = Platform()
    scale = open_shop(root=platform.root.point).scale
    scale.console("enrol accept " + platform.answer(scale, 9))
    shop = Shop(scale, enrolled=False)
    shop.sell(1.0, "10+")
    if why == "LOCKED":
        scale.open_case()
    else:
        scale.console(f"repair open {repair_permit(platform, scale)}")
    scale.advance(1)
    for key in "+-R":
        assert shop.keys(key, 1.5).line == why, key
        assert shop.customer.figures == [why, "", ""]
    assert [one.cancels for one in shop.sales] == [None]
    assert "10.00" in shop.keys("=", 1.0).line, "what was sold before has to be paid"
