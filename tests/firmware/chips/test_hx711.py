"""The converter's driver in real MicroPython, against the simulated chip seen from its two pins."""

from __future__ import annotations

import json
from typing import Any

import pytest
from kit.micropython import ROOT, MicroPython

HAL = ROOT / "simulator" / "hal"
PATH = [HAL / "modules", HAL, ROOT / "hardware" / "boards" / "simulated"]


@pytest.fixture
def play(micropython: MicroPython) -> Any:
    """Run one scenario of target/hx711_readings.py and return what it found."""

    def run(scenario: str, *args: object) -> Any:
        return json.loads(micropython("hx711_readings.py", scenario, *args, heap="6m", path=PATH).stdout)

    return run


def test_readings_begin_after_four_settling_conversions(play: Any) -> None:
    """The first conversion tells the chip its gain, four settle (up to 900 counts off), the sixth counts."""
    found = play("settling")
    assert found["conversions"] == 6
    assert close([found["first"], *found["next"]]) == [100_000] * 6


def close(readings: list[int]) -> list[int]:
    """Readings without the one count of noise of an ideal cell."""
    return [round(one, -2) for one in readings if abs(one - round(one, -2)) <= 1]


@pytest.mark.parametrize(("gain", "channel"), [(128, "A"), (64, "A"), (32, "B")])
def test_the_number_of_pulses_chooses_the_gain(play: Any, gain: int, channel: str) -> None:
    assert play("pulses", gain) == [channel, gain, 0, 0]


def test_readings_follow_the_load_of_either_sign(play: Any) -> None:
    assert close(play("load")) == [100_000, 100_000 + 102_000, 100_000 + 1_530_000, 100_000 - 153_000]


def test_glitches_near_the_rail_are_discarded_and_counted(play: Any) -> None:
    found = play("glitches")
    assert close(found["readings"]) == [100_000] * 4
    assert (found["faults"], found["missed"]) == (5, 0)


def test_a_saturated_converter_gives_nothing(play: Any) -> None:
    found = play("saturation")
    assert found["silent"]
    assert found["faults"] >= 10
    assert close([found["after"]]) == [100_000]


def test_a_word_is_not_believed_when_it_comes_for_the_sixth_time_in_a_row(play: Any) -> None:
    found = play("frozen")
    assert found["more"] == [0] * 4
    assert found["faults"] in (23, 24)
    assert close(found["after"]) == [100_000] * 4


@pytest.mark.parametrize(("deviation", "faults", "longest"), [(7, 2, 1), (2, 100, 5)])
def test_a_quiet_converter_is_not_called_frozen(play: Any, deviation: float, faults: int, longest: int) -> None:
    """By its data sheet the quietest, the ADS1232, has a noise of 17 nV, 7 counts.

    Seven hours of readings; twelve discarded in a row would make the weight go dark.
    """
    found = play("quiet", deviation)
    assert found["faults"] <= faults
    assert found["longest"] <= longest


def test_stretched_pulses_that_reset_the_chip_leave_no_wrong_reading(play: Any) -> None:
    found = play("stretched")
    assert found["power_downs"] > 20
    assert (found["wrong"], found["unnoticed"]) == (0, 0)


def test_conversions_that_nobody_read_are_counted(play: Any) -> None:
    found = play("late")
    assert abs(found["missed"] - (found["conversions"] - 1)) <= 1
    assert close([found["next"]]) == [100_000]


@pytest.mark.parametrize("gain", [128, 64, 32])
def test_interrupts_are_off_while_the_clock_is_high_and_never_for_long(play: Any, gain: int) -> None:
    """24 pulses of 4 us."""
    found = play("guarded", gain)
    assert found["open_highs"] == 0
    assert 96 <= found["longest_us"] <= 110


@pytest.mark.parametrize("gain", [128, 64, 32])
def test_a_lost_clock_edge_restarts_the_chip_and_nothing_wrong_is_read(play: Any, gain: int) -> None:
    found = play("slipped", gain)
    channel = "B" if gain == 32 else "A"
    assert found == {"lost": True, "wrong": [], "faults": 1, "power_downs": 1, "selection": [channel, gain]}


def test_a_silent_converter_is_counted_woken_and_read_again(play: Any) -> None:
    found = play("silence")
    assert found["silent"]
    assert found["faults"] >= 3
    assert found["power_downs"] >= 3
    assert close([found["after"]]) == [100_000]
    assert found["took_ms"] < 2_000


def test_clocking_a_conversion_out_allocates_nothing(play: Any) -> None:
    assert play("allocation") == {"bytes": 0}


def test_rates_and_gains_that_the_chip_lacks_are_refused(play: Any) -> None:
    assert len(play("wrong_settings")) == 2
