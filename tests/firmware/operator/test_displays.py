"""What both displays of a price-computing scale show, after R 76-1: read from the simulated glass."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest
from kit.glass import DIGIT_HEIGHT, ROWS, Glass
from kit.shop import CUSTOMER, VENDOR, Open, Shop
from steelyard_protocol import sales
from steelyard_simulator import SimulatedScale

ROOT = Path(__file__).parents[3]
BOARDS = {path.parent.name: runpy.run_path(str(path)) for path in (ROOT / "hardware" / "boards").glob("*/board.py")}
LEAST_UM = 9_500


def test_weight_unit_price_and_price_stand_together_with_their_units(shop: Shop) -> None:
    shop.put(1.235)
    seen = shop.keys("12.99")
    assert seen.figures == ["1.235", "12.99", "16.04"]
    assert seen.sides == [["kg", "e=5g"], ["CNY/kg"], ["CNY"]]
    assert shop.scale.displays()[VENDOR] == shop.scale.displays()[CUSTOMER]


@pytest.mark.parametrize(
    ("changed", "keys", "figures", "sides"),
    [
        ({"price_per_100_g": 1}, "1.25", ["1.235", "1.25", "15.44"], ["CNY", "/100 g"]),
        ({"price_decimals": 0, "currency": 392}, "1300", ["1.235", "1300", "1606"], ["JPY/kg"]),
        ({"price_decimals": 3, "currency": 48}, "2.505", ["1.235", "2.505", "3.094"], ["048/kg"]),
        ({"e_mg": 10_000}, "12.99", ["1.24", "12.99", "16.11"], ["CNY/kg"]),
        ({"e_mg": 2_000, "max_1_mg": 6_000_000, "e_2_mg": 5_000}, "12.99", ["1.236", "12.99", "16.06"], ["CNY/kg"]),
    ],
)
def test_money_and_intervals_are_those_of_the_parameters(
    open_shop: Open, changed: dict[str, int], keys: str, figures: list[str], sides: list[str]
) -> None:
    shop = open_shop(**changed)
    shop.put(1.235)
    seen = shop.keys(keys)
    assert (seen.figures, seen.sides[1]) == (figures, sides)


def test_zero_net_tare_and_low_supply_have_their_signs(shop: Shop) -> None:
    assert shop.customer.sides[0] == ["kg", "e=5g", ">0<"]
    shop.put(0.5)
    weighed = shop.keys("T")
    assert (weighed.figures[0], weighed.sides[0], weighed.line) == ("0.000", ["kg NET", "e=5g"], "T 0.500kg")
    shop.keys("C")
    shop.put(0)
    preset = shop.keys("0.05T")
    assert (preset.figures[0], preset.sides[0][0], preset.line) == ("-0.050", "kg NET", "PT 0.050kg")
    shop.scale.supply(3.0)
    shop.scale.advance(11)
    assert shop.customer.sides[0][2] == ">0< LOW"


@pytest.mark.parametrize(("counts", "lit"), [(127, True), (128, False), (200, False), (-127, True), (-128, False)])
def test_the_sign_of_zero_is_lit_within_a_quarter_of_an_interval(open_shop: Open, counts: int, lit: bool) -> None:
    """An interval has 510 counts. Further off it is still shown as zero."""
    shop = open_shop(zero_tracking_millie_per_s=0)
    shop.scale.fraud("counts added", counts=counts)
    shop.scale.advance(1.5)
    assert (shop.customer.figures[0], ">0<" in shop.customer.sides[0]) == ("0.000", lit)


def test_a_multi_interval_scale_shows_the_interval_in_use_and_as_many_decimals(open_shop: Open) -> None:
    """Max 3/6/15 kg, e = 1/2/5 g: up, down, and net weights in the interval of their own load."""
    shop = open_shop(e_mg=1_000, max_1_mg=3_000_000, e_2_mg=2_000, max_2_mg=6_000_000, e_3_mg=5_000)
    shop.keys("10")
    loads = [(1.2342, "1.234", "e=1g", "12.34"), (3.0014, "3.002", "e=2g", "30.02"), (6.0036, "6.005", "e=5g", "60.05")]
    for kg, weight, interval, price in (*loads, *reversed(loads)):
        seen = shop.put(kg, 4)
        assert (seen.figures, seen.sides[0][1]) == ([weight, "10.00", price], interval)
    shop.put(6.5032, 4)
    assert shop.keys("CT").line == "T 6.505kg"
    assert (shop.customer.figures[0], shop.customer.sides[0][:2]) == ("0.000", ["kg NET", "e=1g"])
    seen = shop.put(6.5032 + 1.2342, 4)
    assert (seen.figures[0], seen.sides[0][1]) == ("1.234", "e=1g")
    shop.put(0, 4)
    assert shop.keys("C").sides[0][1] == "e=1g"
    assert shop.keys("3.001T").line == "TARE IN STEPS OF e", "a preset tare lies in the first range"
    assert shop.keys("0.051T").line == "PT 0.051kg"


def test_in_motion_the_price_is_blank_and_comes_back(shop: Shop) -> None:
    shop.put(1.0)
    shop.keys("10", 1.5)
    shop.scale.place(1.5)
    shop.scale.advance(0.35)
    moving = shop.customer.figures
    assert moving[2] == ""
    assert moving[0] not in ("1.000", "1.500")
    shop.scale.advance(3)
    assert shop.customer.figures == ["1.500", "10.00", "15.00"]


@pytest.mark.parametrize(
    ("kg", "keys", "why"),
    [(0.0, "", "net zero"), (-0.05, "", "below zero"), (0.2, "0.2T", "net zero"), (0.1, "0.2T", "net below zero")],
)
def test_at_or_below_zero_there_is_no_price_and_no_sale(shop: Shop, kg: float, keys: str, why: str) -> None:
    shop.keys(keys + "10")
    shop.put(kg)
    assert shop.customer.figures[2] == "", why
    assert shop.keys("+", 1).line.endswith("NOTHING TO SELL")
    assert shop.sales == []


def trouble(shop: Shop, what: str) -> None:
    """Something because of which there may be no weight."""
    if what == "overload":
        shop.scale.place(15.06)
    elif what == "underload":
        shop.scale.place(-0.2)
    elif what == "overflow":
        shop.scale.place(90.0)
    elif what == "silent":
        shop.scale.freeze_converter()
        shop.scale.stretch_pulses(1.0, 70)  # each clock pulse powers the converter down
    elif what == "cell":
        shop.scale.fraud("cell open")
    elif what == "signal wire":
        shop.scale.fraud("cell open", signal=1)
    elif what == "supply":
        shop.scale.supply(2.65)
    elif what == "frozen":
        shop.scale.freeze_converter()
    else:
        shop.scale.open_case()


@pytest.mark.parametrize(
    ("what", "word", "advice"),
    [
        ("overload", "OVERLOAD", "TOO HEAVY: TAKE IT OFF"),
        ("underload", "UNDERLOAD", "BELOW ZERO: PRESS ZERO"),
        ("overflow", "FAULT", "DO NOT USE: CALL SERVICE"),
        ("frozen", "FAULT", "DO NOT USE: CALL SERVICE"),
        ("silent", "FAULT", "DO NOT USE: CALL SERVICE"),
        ("cell", "UNDERLOAD", "BELOW ZERO: PRESS ZERO"),
        ("signal wire", "FAULT", "DO NOT USE: CALL SERVICE"),
        ("supply", "FAULT", "DO NOT USE: CALL SERVICE"),
        ("case", "LOCKED", "CASE OPENED: CALL SERVICE"),
    ],
)
def test_without_a_weight_both_displays_say_why_and_nothing_is_sold(
    shop: Shop, what: str, word: str, advice: str
) -> None:
    shop.keys("10")
    shop.put(1.0)
    assert shop.customer.figures[2] == "10.00"
    trouble(shop, what)
    shop.scale.advance(3)
    for display in (shop.vendor, shop.customer):
        assert (display.figures, display.line) == ([word, "10.00", ""], advice)
    assert shop.keys("+", 1.5).line == word
    assert shop.sales == []


def test_the_three_values_stay_a_second_and_not_three_after_the_load(shop: Shop) -> None:
    shop.keys("10")
    shop.scale.place(1.0)
    assert shop.scale.run_until(lambda: shop.customer.figures[2] != "", timeout_s=10, step_s=0.05)
    shown = shop.customer.figures
    shop.scale.place(0)
    seen = []
    for _ in range(30):
        shop.scale.advance(0.1)
        seen.append(shop.customer.figures)
    assert all(figures == shown for figures in seen[:9])
    assert seen[-1] == ["0.000", "10.00", ""]
    assert all(figures[2] == "" or figures == shown for figures in seen)
    assert shop.keys("+", 1).line == "NOTHING TO SELL"


def test_they_stay_while_the_load_is_on(shop: Shop) -> None:
    shop.put(1.0)
    shown = shop.keys("10").figures
    for _ in range(20):
        shop.scale.advance(3)
        assert shop.customer.figures == shown == ["1.000", "10.00", "10.00"]


def test_a_fault_ends_them_at_once(shop: Shop) -> None:
    shop.keys("10")
    shop.scale.place(1.0)
    assert shop.scale.run_until(lambda: shop.customer.figures[2] != "", timeout_s=10, step_s=0.05)
    shop.scale.open_case()
    shop.scale.advance(0.3)
    assert shop.customer.figures[0] == "LOCKED"
    assert shop.customer.figures[2] == ""


def test_the_customer_sees_the_weighing_while_the_seller_is_in_a_menu(shop: Shop) -> None:
    shop.keys("10")
    shop.put(1.0)
    before = shop.scale.displays()[CUSTOMER]
    shop.keys("C")
    shop.put(0)
    shop.keys("P")
    assert shop.vendor.page[:2] == ["MENU", "1 Price list"]
    shop.put(1.0)
    shop.keys("2")
    assert shop.vendor.page[0] == "steelyard"
    assert shop.customer.figures == ["1.000", "", ""]
    shop.keys("CC10")
    assert shop.customer.figures == ["1.000", "10.00", "10.00"]
    assert shop.scale.displays()[VENDOR] == shop.scale.displays()[CUSTOMER]
    assert Glass(before).figures == shop.customer.figures


@pytest.mark.parametrize(("what", "word"), [("case", "LOCKED"), ("frozen", "FAULT")])
def test_a_fault_is_said_to_a_seller_who_is_in_a_menu_too(shop: Shop, what: str, word: str) -> None:
    shop.keys("P1")
    trouble(shop, what)
    shop.scale.advance(3)
    assert (shop.vendor.figures[0], shop.customer.figures[0]) == (word, word)


def test_the_start_tests_displays_and_shows_what_the_scale_is(simulate: Any, open_shop: Open) -> None:
    shop = open_shop()
    shop.scale.power_off()
    shop.scale.power_on()
    shop.scale.advance(1)
    assert shop.scale.displays() == [b"\xff" * 1024] * 2, "every pixel"
    shop.scale.advance(1.5)
    status = shop.scale.console_json("status")
    lines = shop.customer.page
    assert lines[:2] == [status["software"]["name"], status["software"]["version"]]
    assert "".join(lines[2:6]) == status["software"]["hash"]
    assert lines[6:] == ["cal 0 conf 0", status["identity"]]
    shop.scale.advance(3)
    assert shop.customer.figures == ["0.000", "", ""]


def test_until_the_zero_is_found_there_is_no_weight(open_shop: Open) -> None:
    shop = open_shop()
    shop.scale.power_off()
    shop.scale.place(0)
    shop.scale.power_on()
    for tenth in range(60):
        shop.scale.place(0.3 * (tenth % 2))
        shop.scale.advance(0.1)
    assert shop.customer.figures[0] == "-----"


def test_a_type_without_prices_has_dark_displays_and_deaf_keys(scale: SimulatedScale) -> None:
    scale.place(1.0)
    scale.advance(3)
    scale.type("10+")
    assert scale.displays() == [None, None]
    assert scale.console_json("status")["indication"] == "1.000 kg"


@pytest.mark.parametrize("board", sorted(name for name, board in BOARDS.items() if "st7567" in board["CHIPS"]))
def test_digits_are_high_enough_on_every_board(shop: Shop, board: str) -> None:
    """R 76-1 wants 9.5 mm, for the customer too: the rows of pixels that an eight takes, times their pitch."""
    shop.keys("88.88")
    seen = shop.customer
    rows = [y for y in range(ROWS[1], ROWS[1] + DIGIT_HEIGHT) if any(seen.dark(x, y) for x in range(40, 98))]
    assert seen.figures[1] == "88.88"
    assert len(rows) * BOARDS[board]["PIXEL_UM"] >= LEAST_UM
    assert len(BOARDS) > 3


@pytest.mark.parametrize("kg", [0.005, 0.1, 0.335, 2.5, 14.995, 15.0, 15.045])
def test_the_price_is_the_rule_applied_to_what_is_shown(shop: Shop, kg: float) -> None:
    shop.keys("9999.99")
    weight, unit_price, price = shop.put(kg, 4).figures
    net = round(float(weight) * 200)
    assert (net, unit_price) == (round(kg * 200), "9999.99")
    assert float(price) == pytest.approx(sales.price({3: 5_000}, net, 999_999) / 100)
