"""The menu beside what else happens: two keys, a console that adjusts, a flash or heap that fails."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from kit.micropython import FIRMWARE
from kit.shop import Shop, factory
from steelyard_simulator import SimulatedScale

FAILED = "FAULT: CALL SERVICE"
BREAKS = {
    "17P": "from agent.record import prices\ndef read(*_): raise OSError(5)\nprices.read = read",
    "P117+1.5++": "from agent.record import prices\nasync def write(*_): raise OSError(5)\nprices.write = write",
}


def let_go(shop: Shop, keys: str) -> None:
    for key in keys:
        shop.scale.press(key, down=False)
    shop.scale.advance(0.1)


def press_together(shop: Shop, first: str, second: str) -> None:
    for key in (first, second):
        shop.scale.press(key)
        shop.scale.advance(0.1)
    shop.scale.advance(0.4)


@pytest.mark.parametrize("keys", ["12", "14", "1C", "45"])
def test_a_second_key_is_said_in_the_same_row_too(shop: Shop, keys: str) -> None:
    press_together(shop, *keys)
    assert shop.customer.line == "ONE KEY AT A TIME"
    assert shop.customer.figures[1] == keys[0] + ".00"
    let_go(shop, keys)
    assert shop.keys("C7", 0.5).figures[1] == "7.00"


def test_two_keys_are_said_to_the_seller_in_the_menu_too(shop: Shop) -> None:
    shop.keys("P1", 0.5)
    press_together(shop, "1", "8")
    assert shop.vendor.line == shop.customer.line == "ONE KEY AT A TIME"
    assert shop.vendor.page[:2] == ["PRICE LIST", ""]
    let_go(shop, "18")
    shop.scale.advance(5)
    assert shop.vendor.page[-1] == "C back", "after some seconds the page is whole again"


def test_parameters_that_change_close_the_menu_as_a_price_may_mean_other_money(shop: Shop) -> None:
    shop.keys("P117+12.99+", 0.5)
    assert shop.vendor.page[0] == "ITEM 17"
    shop.scale.adjustment_switch(True)
    shop.scale.advance(1)
    assert shop.scale.console_json("adjust set price_decimals 0")["configuration_counter"] == 1
    shop.scale.advance(1)
    assert shop.vendor.pixels == shop.customer.pixels
    shop.keys("+", 1.0)
    assert not shop.scale.console("prices")


def test_an_item_of_other_money_is_empty(shop: Shop) -> None:
    shop.scale.console("prices set 17 12.99")
    assert shop.keys("17P", 0.5).figures[1] == "12.99"
    shop.scale.adjustment_switch(True)
    shop.scale.advance(1)
    assert shop.scale.console_json("adjust set price_decimals 0")["configuration_counter"] == 1
    shop.scale.advance(1)
    assert shop.keys("17P", 0.5).figures[1] == ""
    assert shop.customer.line == "ITEM 17 IS EMPTY"
    assert not shop.scale.console("prices")


@pytest.mark.parametrize("keys", BREAKS)
def test_a_flash_that_fails_is_said_and_no_key_stops_the_scale(
    simulate: Callable[..., SimulatedScale], tmp_path: Path, keys: str
) -> None:
    program = tmp_path / "program"
    shutil.copytree(FIRMWARE, program)
    (program / "main.py").write_text("import agent.scale\n" + BREAKS[keys] + "\nfrom agent.app import main\nmain()\n")
    shop = Shop(simulate(factory=factory(), firmware=program), enrolled=False)
    shop.keys(keys, 1.0)
    assert shop.vendor.line == FAILED
    shop.scale.advance(10)
    assert shop.scale.starts == 1


def test_a_menu_for_which_there_is_no_room_is_said_and_stops_nothing(
    simulate: Callable[..., SimulatedScale], tmp_path: Path
) -> None:
    program = tmp_path / "program"
    shutil.copytree(FIRMWARE, program)
    (program / "agent/operator/menus.py").write_text("raise MemoryError\n")
    shop = Shop(simulate(factory=factory(), firmware=program), enrolled=False)
    shop.keys("P", 1.0)
    assert shop.vendor.line == FAILED
    shop.scale.advance(10)
    assert shop.scale.starts == 1
