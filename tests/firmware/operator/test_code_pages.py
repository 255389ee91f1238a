"""The menu's codes as inspector and repairer use them: keys pressed, the display read, the answers reckoned apart."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable

import pytest
from kit import camera
from kit.glass import HEIGHT, WIDTH, Glass
from kit.platform_side import Platform
from kit.scale_codes import answer, enrolment
from kit.shop import Shop
from steelyard_protocol import cbor, fresh
from steelyard_protocol.agreement import Purpose
from steelyard_protocol.parameters import KEYS
from steelyard_simulator import SimulatedScale
from steelyard_simulator.flashing import PARAMETERS, factory_file

ADDRESS = "https://scales.example.org"
SILENT_PORT = 9
WORK_S = 3.0
PRICED = PARAMETERS | {KEYS["sales"]: 2}


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
def shop(simulate: Callable[..., SimulatedScale], platform: Platform) -> Shop:
    """A scale that computes prices and knows its platform's keys."""
    shop = Shop(simulate(factory=factory_file(platform.root.point, PRICED, address=ADDRESS)))
    assert "accepted" in shop.scale.console("enrol accept " + platform.answer(shop.scale, SILENT_PORT))
    return shop


def code_on(glass: Glass) -> str:
    """What a telephone reads off the display, a pixel a module."""
    rows = [[0 if glass.dark(x, y) else camera.WHITE for x in range(WIDTH)] for y in range(HEIGHT)]
    (text,) = camera.read(rows)
    return text


def lock(shop: Shop) -> None:
    shop.scale.open_case()
    shop.scale.advance(1)
    shop.scale.close_case()
    shop.scale.advance(2)


def digits_in(lines: list[str]) -> list[str]:
    return ["".join(character for character in line if character.isdigit()) for line in lines]


@pytest.mark.parametrize(("keys", "nonce"), [("P3+", None), ("P300001234+", 1234)])
def test_the_fresh_code_is_shown_to_the_seller_and_the_customer_goes_on_seeing_the_weighing(
    shop: Shop, keys: str, nonce: int | None
) -> None:
    shop.put(1.235)
    shop.keys(keys, WORK_S)
    prefix = ADDRESS.upper() + "/F/"
    text = code_on(shop.vendor)
    assert text.startswith(prefix)
    code = fresh.parse(fresh.from_digits(text.removeprefix(prefix)))
    assert code.verifies(enrolment(shop.scale).signing_point)
    assert code.nonce == nonce
    assert shop.customer.figures[0] == "1.235"
    shop.keys("C", 0.5)
    assert shop.vendor.page[0] == "MENU"


def test_a_short_number_is_refused_in_words_and_can_be_typed_again(shop: Shop) -> None:
    shop.keys("P3123+", WORK_S)
    assert shop.vendor.page[0] == "FRESH CODE"
    assert "8 digits" in " ".join(shop.vendor.page)
    shop.keys("C", 0.5)
    shop.keys("00001234+", WORK_S)
    assert fresh.parse(fresh.from_digits(code_on(shop.vendor).rpartition("/")[2])).nonce == 1234


def test_a_check_question_is_answered(shop: Shop, platform: Platform) -> None:
    shop.keys("P448151623+", WORK_S)
    parameters = hashlib.sha256(cbor.encode(PRICED)).digest()
    software = bytes.fromhex(shop.scale.console_json("status")["software"]["hash"])
    expected = answer(shop.scale, platform, Purpose.CHECK, "48151623", session=software + parameters)
    assert expected in digits_in(shop.vendor.page)


def test_a_locked_scale_is_unlocked_by_its_keys(shop: Shop, platform: Platform) -> None:
    lock(shop)
    assert shop.vendor.figures[0] == "LOCKED"
    shop.keys("P5", WORK_S)
    assert shop.customer.figures[0] == "LOCKED"
    page = shop.vendor.page
    assert page[0] == "UNLOCK"
    shown = shop.scale.console_json("unlock")
    assert page[1] == f"Key {shown['key']} check {shown['check_digit']}"
    assert shown["question"] in digits_in(page)
    assert page[-2:] == ["+ accept", "C back"]
    right = answer(shop.scale, platform, Purpose.UNLOCK, shown["question"])
    wrong = f"{(int(right) + 1) % 10**8:08d}"
    shop.keys(wrong + "+", WORK_S)
    assert "the code is wrong" in " ".join(shop.vendor.page)
    shop.keys("C", WORK_S)
    shop.keys(right + "+", WORK_S)
    assert "Unlocked." in shop.vendor.page
    assert not shop.scale.console_json("status")["locked"]
    shop.keys("CCC", 1.0)
    assert shop.vendor.figures[0] == shop.customer.figures[0] == "0.000"


def test_a_question_that_grew_too_old_is_asked_anew_on_the_page(shop: Shop, platform: Platform) -> None:
    lock(shop)
    shop.keys("P5", WORK_S)
    old = shop.scale.console_json("unlock")["question"]
    shop.scale.advance(1_900)
    shop.keys(answer(shop.scale, platform, Purpose.UNLOCK, old) + "+", WORK_S)
    assert "too old" in " ".join(shop.vendor.page)
    shop.keys("C", WORK_S)
    new = shop.scale.console_json("unlock")["question"]
    assert new != old
    assert new in digits_in(shop.vendor.page)
    shop.keys(answer(shop.scale, platform, Purpose.UNLOCK, new) + "+", WORK_S)
    assert "Unlocked." in shop.vendor.page


def test_a_scale_that_is_not_locked_says_so(shop: Shop) -> None:
    shop.keys("P5", WORK_S)
    assert "not locked" in " ".join(shop.vendor.page)
    shop.keys("C", 0.5)
    assert shop.vendor.page[0] == "MENU"


@pytest.mark.parametrize("keys", ["P", "P1", "P3", "P3+", "P4"])
def test_a_scale_that_locks_closes_the_menu_on_every_page(shop: Shop, keys: str) -> None:
    shop.keys(keys, 0.5)
    shop.scale.open_case()
    shop.scale.advance(2)
    assert shop.vendor.figures[0] == shop.customer.figures[0] == "LOCKED"


def test_no_key_breaks_the_pages_of_a_scale_without_keys_of_a_platform(
    simulate: Callable[..., SimulatedScale], platform: Platform
) -> None:
    shop = Shop(simulate(factory=factory_file(platform.root.point, PRICED)), enrolled=False)
    for page, key in itertools.product("345", "+C0.=P-#TZR"):
        shop.keys("P" + page + key, 0.2)
        shop.scale.advance(WORK_S)
        shop.keys("CCCCC", 0.5)
        assert shop.vendor.figures[0] == "0.000", (page, key)
