"""The case latch: an opening of the case is recorded with its time also while the scale is off, and locks the scale."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from kit.chain import exported
from steelyard_protocol import statement
from steelyard_simulator.scale import SimulatedScale
from steelyard_simulator.world import EPOCH_S

ENROL = "enrol maker=M model=one serial=1 code=P-1"
CASE_OPENED = 2

Simulate = Callable[..., SimulatedScale]


@pytest.fixture
def scale(simulate: Simulate) -> SimulatedScale:
    """An enrolled scale whose clock chip has been set and has kept its time over one night."""
    scale = simulate(rtc_battery=True)
    scale.console(ENROL)
    scale.console(f"time {EPOCH_S + 100}")
    scale.power_off()
    scale.rest(8 * 3600)
    scale.power_on()
    scale.advance(5)
    return scale


def openings(scale: SimulatedScale) -> list[int]:
    """The stamps of all *case opened* events, in order; all statements must be authentic in form."""
    bodies = [statement.parse(raw).body for raw in exported(scale)]
    return [body.facts[0] for body in bodies if getattr(body, "kind", None) == CASE_OPENED]


def off(scale: SimulatedScale, *acts: Callable[[], object]) -> None:
    """Switch off, do these things an hour apart, switch on."""
    scale.power_off()
    for act in acts:
        scale.rest(3600)
        act()
    scale.rest(3600)
    scale.power_on()
    scale.advance(5)


def test_the_clock_keeps_time_while_the_scale_is_off(scale: SimulatedScale) -> None:
    assert scale.console_json("time")["clock_quality"] == 1
    assert scale.console_json("time")["time"] == pytest.approx(EPOCH_S + 100 + 8 * 3600, abs=30)
    assert scale.console_json("status")["locked"] == 0
    assert openings(scale) == []


def test_a_case_opened_while_off_locks_and_is_stated_with_its_time(scale: SimulatedScale) -> None:
    before = scale.console_json("time")["time"]
    off(scale, scale.open_case, scale.close_case)
    assert openings(scale) == [pytest.approx(before + 3600, abs=30)]
    status = scale.console_json("status")
    assert (status["locked"], status["case_open"]) == (1, False)
    assert status["time"] == pytest.approx(before + 3 * 3600, abs=60)


def test_it_is_told_once(scale: SimulatedScale) -> None:
    off(scale, scale.open_case, scale.close_case)
    off(scale)
    off(scale)
    assert len(openings(scale)) == 1


def test_of_several_openings_the_first_is_stamped(scale: SimulatedScale) -> None:
    before = scale.console_json("time")["time"]
    off(scale, scale.open_case, scale.close_case, scale.open_case, scale.close_case)
    assert openings(scale) == [pytest.approx(before + 3600, abs=30)]


def test_a_case_left_open_is_told_once_with_the_stamp_of_its_opening(scale: SimulatedScale) -> None:
    before = scale.console_json("time")["time"]
    off(scale, scale.open_case)
    assert openings(scale) == [pytest.approx(before + 3600, abs=30)]
    assert scale.console_json("status")["case_open"] is True


def test_a_case_opened_while_on_is_not_told_again_at_the_next_start(scale: SimulatedScale) -> None:
    scale.open_case()
    scale.advance(5)
    scale.close_case()
    scale.advance(5)
    assert len(openings(scale)) == 1
    off(scale)
    assert len(openings(scale)) == 1


def test_an_opening_that_the_power_cut_hid_is_told_at_the_next_start(scale: SimulatedScale) -> None:
    scale.cut_power(at="journal sync")
    scale.open_case()
    scale.advance(5)
    assert not scale.powered
    scale.close_case()
    scale.power_on()
    scale.advance(5)
    assert len(openings(scale)) == 1
    assert scale.console_json("status")["locked"] == 1


def test_a_battery_taken_out_counts_as_an_opening_at_an_unknown_time(scale: SimulatedScale) -> None:
    off(scale, lambda: scale.clock_battery(False), lambda: scale.clock_battery(True))
    assert openings(scale) == [0]
    status = scale.console_json("status")
    assert (status["locked"], status["clock_quality"]) == (1, 0)


def test_a_scale_whose_battery_never_held_is_not_accused(simulate: Simulate) -> None:
    scale = simulate()
    scale.console(ENROL)
    scale.console(f"time {EPOCH_S}")
    off(scale)
    assert openings(scale) == []
    assert scale.console_json("status")["locked"] == 0
    assert scale.console_json("time")["clock_quality"] == 0


def test_before_enrolment_an_opening_locks_without_a_statement(simulate: Simulate) -> None:
    scale = simulate(rtc_battery=True)
    scale.advance(5)
    off(scale, scale.open_case, scale.close_case)
    assert scale.console_json("status")["locked"] == 1


def test_the_chip_keeps_its_factory_trim_and_its_eeprom_is_written_once(scale: SimulatedScale) -> None:
    def kept() -> dict[str, str]:
        chip: dict[str, str] = json.loads(Path(f"{scale.image}.clock").read_text())
        return chip

    eeprom = bytes.fromhex(kept()["eeprom"])
    assert eeprom[7] == 0x9C, "level switching, fast edges, and the trim's bit as delivered"
    off(scale)
    assert bytes.fromhex(kept()["eeprom"]) == eeprom


@pytest.mark.parametrize("seconds", [1, EPOCH_S - 365 * 86_400, 4_102_444_800, 4_294_967_295])
def test_the_clock_is_never_set_without_an_event(scale: SimulatedScale, seconds: int) -> None:
    """What the clock chip cannot hold is refused before anything is set: else the time changed and no event told."""
    before = scale.console_json("time")
    number = scale.console_json("status")["number"]
    assert scale.console_json(f"time {seconds}")["error"] == "number"
    after = scale.console_json("time")
    assert (after["time"], after["clock_quality"]) == (pytest.approx(before["time"], abs=5), 1)
    assert scale.console_json("status")["number"] == number
