"""The machine behind the agent (`agent.port`), in real MicroPython on the simulated board."""

from __future__ import annotations

import json
from typing import Any

import pytest
from kit.micropython import ROOT, MicroPython

HAL = ROOT / "simulator" / "hal"
PATH = [HAL / "modules", HAL, ROOT / "hardware" / "boards" / "simulated"]


@pytest.fixture
def check(micropython: MicroPython) -> Any:
    """Run one check of target/port_checks.py and return what it found."""
    return lambda name: json.loads(micropython("port_checks.py", name, heap="6m", path=PATH).stdout)


def test_uptime_outlives_the_tick_counter(check: Any) -> None:
    assert check("uptime_beyond_the_tick_counter") == pytest.approx(365 * 86_400, abs=2)


def test_a_clock_without_battery_is_worth_nothing_until_set(check: Any) -> None:
    assert check("clock_without_battery") == [0, 0, 2, 1_800_000_010]


def test_a_battery_clock_is_believed_only_at_a_plausible_time(check: Any) -> None:
    assert check("clock_with_battery") == [0, 1, 1_800_000_000]


def test_the_epoch_of_2000_makes_no_difference(check: Any) -> None:
    assert check("clock_that_counts_from_2000") == [1_609_459_200, 1_800_000_000]


def test_a_file_system_is_made_on_blank_flash_and_never_over_something_broken(check: Any) -> None:
    found = check("files_made_on_blank_flash_only")
    assert (found["kept"], found["listed"]) == ("kept", ["kept"])
    assert "have the scale repaired" in found["lost"]
    assert found["operations"] == 0


def test_a_region_of_a_partition_stays_within_its_blocks(check: Any) -> None:
    assert check("part_of_a_partition") == [True, True, 0xFF, 0, 3, 4096]


def test_sensors_read_in_hundredths_of_a_degree_and_millivolts(check: Any) -> None:
    cold, warm, hot, supply_mv, cause, random_bytes, id_bytes = check("sensors")
    assert (cold, warm, hot) == pytest.approx((-1_000, 2_000, 4_000), abs=5)
    assert supply_mv == pytest.approx(5_000, abs=5)
    assert (cause, random_bytes, id_bytes) == (1, 16, 8)


def test_a_terminal_that_stops_reading_holds_an_answer_up_once(check: Any) -> None:
    """Not two seconds for each of thousands of lines: the next technician would wait for hours."""
    taken_ms, written = check("terminal_that_stops_reading")
    assert 2_000 <= taken_ms < 3_000
    assert written == "read"
