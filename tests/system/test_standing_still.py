"""What stops the processor never leaves a weight standing: it is blank before, and comes back with a new reading."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from kit.chain import exported
from kit.glass import Glass
from kit.platform_side import Platform
from kit.shop import VENDOR, Shop
from steelyard_protocol.events import Event, EventKind
from steelyard_protocol.head import Flag
from steelyard_protocol.parameters import KEYS
from steelyard_protocol.statement import parse
from steelyard_simulator import SimulatedScale
from steelyard_simulator.flashing import PARAMETERS, factory_file

STILL_S = 3.0
EMPTY_AFTER_S = 600
BLANK = ("", "-----")

Simulate = Callable[..., SimulatedScale]


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
def shop(simulate: Simulate, platform: Platform) -> Shop:
    """A scale with prices whose look-ups stand still for three seconds; it was told of no broker yet."""
    shop = Shop(simulate(factory=factory_file(platform.root.point, PARAMETERS | {KEYS["sales"]: 2})))
    shop.scale.stand_still(dns_s=STILL_S)
    return shop


def tell(scale: SimulatedScale, platform: Platform, host: str = "broker.example") -> None:
    """Tell the scale of its broker."""
    assert "accepted" in scale.console("enrol accept " + platform.answer(scale, 1883, host=host, period_s=600))


def weight(pixels: bytes | None) -> str:
    return Glass(pixels).figures[0]


def until_blank(scale: SimulatedScale) -> None:
    assert scale.run_until(lambda: weight(scale.displays()[VENDOR]) in BLANK, 40, 0.02)


@pytest.mark.parametrize("host", ["broker.example", "192.0.2.1"])
def test_a_load_that_comes_meanwhile_never_stands_beside_an_old_weight(
    shop: Shop, platform: Platform, host: str
) -> None:
    scale = shop.scale
    tell(scale, platform, host)
    until_blank(scale)
    assert scale.shown_standing_still() == []
    scale.place(2.0)  # in the last moment before the processor stops
    scale.advance(0.6)
    (seen,) = scale.shown_standing_still()
    assert weight(seen) in BLANK
    shown = []
    for _ in range(100):
        scale.advance(0.05)
        shown.append(weight(scale.displays()[VENDOR]))
    assert shown[-1] == "2.000"
    assert "FAULT" not in shown
    # Whatever is not blank is read from the moving load, and rests only at what lies there.
    after = [one for one in shown if one not in BLANK]
    assert after == sorted(after)
    assert STILL_S * 1000 - 50 <= scale.console_json("status")["longest_standstill_ms"] < STILL_S * 1000 + 200


def test_on_a_load_it_waits_ten_minutes_and_nothing_is_sold_or_tared_while_it_is_blank(
    shop: Shop, platform: Platform
) -> None:
    scale = shop.scale
    shop.put(2.0)
    tell(scale, platform)
    scale.advance(EMPTY_AFTER_S - 30)
    assert scale.shown_standing_still() == []
    assert shop.keys("12.99", 1.0).figures == ["2.000", "12.99", "25.98"]
    until_blank(scale)
    shop.keys("+")
    assert scale.console_json("tare")["error"] == "weighing-refused"
    status = scale.console_json("status")
    assert (status["indication"], status["stable"], status["tare"]) == (None, False, 0)
    scale.advance(4)
    assert [weight(seen) in BLANK for seen in scale.shown_standing_still()] == [True]
    scale.stand_still()
    scale.advance(4)
    assert shop.sales == []
    assert shop.keys("+", 1.0).figures == ["2.000", "12.99", "25.98"]
    assert [sale.price for sale in shop.sales] == [2598]


def test_before_the_scale_is_open_for_trade_it_need_not_wait(shop: Shop, platform: Platform) -> None:
    scale = shop.scale
    tell(scale, platform)
    scale.power_off()
    scale.power_on()
    scale.place(5.0)
    scale.stand_still(dns_s=STILL_S)
    scale.advance(3)
    assert len(scale.shown_standing_still()) == 1


def test_standing_still_is_no_fault_of_the_converter(shop: Shop, platform: Platform) -> None:
    scale = shop.scale
    tell(scale, platform)
    scale.advance(300)
    assert len(scale.shown_standing_still()) >= 3, "it asks again and again, as there is no such name"
    parsed = [parse(raw) for raw in exported(scale)]
    assert not any(isinstance(one.body, Event) and one.body.kind == EventKind.ADC_FAULT for one in parsed)
    assert not any(one.flags & Flag.ADC_FAULT for one in parsed)
    assert scale.starts == 1


def test_a_name_that_takes_longer_than_the_watchdog_waits_restarts_nothing(shop: Shop, platform: Platform) -> None:
    scale = shop.scale
    scale.stand_still(dns_s=14.0)
    tell(scale, platform)
    until_blank(scale)
    scale.advance(20)
    assert scale.starts == 1
    scale.place(2.0)
    scale.advance(3)
    assert weight(scale.displays()[VENDOR]) == "2.000"
