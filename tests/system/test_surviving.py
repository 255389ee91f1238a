"""What a scale does when its own parts fail: flash that wears out, no heap, a program that stops, a dead clock chip.

Whatever fails, the scale weighs again or says why not, and what it has stated stays one chain.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from kit.chain import exported, faults_of_chain
from steelyard_protocol import statement
from steelyard_protocol.events import EventKind
from steelyard_protocol.statement import Flag, Kind, Statement
from steelyard_simulator.scale import SimulatedScale
from steelyard_simulator.world import EPOCH_S

ENROL = "enrol maker=M model=one serial=1 code=P-1"
WATCHDOG = 3

Simulate = Callable[..., SimulatedScale]


@pytest.fixture
def scale(simulate: Simulate) -> SimulatedScale:
    """An enrolled scale."""
    scale = simulate(rtc_battery=True)
    scale.advance(3)
    scale.console(ENROL)
    scale.console(f"time {EPOCH_S + 100}")
    return scale


def stated(scale: SimulatedScale) -> list[Statement]:
    """All statements, which are one chain."""
    raws = exported(scale)
    assert faults_of_chain(raws, len(raws)) == []
    return [statement.parse(raw) for raw in raws]


def events(scale: SimulatedScale, kind: EventKind) -> list[tuple[Any, ...]]:
    """The facts of all events of a kind."""
    bodies = [one.body for one in stated(scale) if one.kind == Kind.EVENT]
    return [tuple(body.facts) for body in bodies if body.kind == kind]  # type: ignore[union-attr, misc]


def weighs(scale: SimulatedScale) -> bool:
    """Whether it weighs a kilogram that is put on it."""
    scale.place(1)
    scale.advance(3)
    indication = scale.console_json("status")["indication"]
    scale.place(0)
    scale.advance(2)
    return bool(indication == "1.000 kg")


def life_us(scale: SimulatedScale) -> int:
    """How long this life has lasted."""
    return int(scale.state()["time_us"])


def test_sectors_that_wear_out_are_passed_over_and_stated(scale: SimulatedScale) -> None:
    scale.fraud("flash worn", first=0, sectors=2, programs=1)
    scale.open_case()
    scale.advance(3)
    assert scale.starts == 1
    ((ring, sector, count),) = events(scale, EventKind.FLASH_FAULT)
    assert (ring, sector) == (0, 1)
    assert count >= 3
    assert len(events(scale, EventKind.CASE_OPENED)) == 1


def test_flash_that_keeps_nothing_any_more_ends_the_weighing_and_not_in_restarts(scale: SimulatedScale) -> None:
    kept = exported(scale)
    scale.fraud("flash worn", first=0, sectors=64, programs=1)
    scale.open_case()
    scale.advance(5)
    answer = scale.console_json("status")
    assert answer["error"] == "cannot-go-on"
    assert "the journal" in answer["message"]
    assert answer["message"].endswith("have the board repaired")
    before = life_us(scale)
    scale.advance(300)
    assert life_us(scale) >= before + 300_000_000, "it does not start again and again"
    scale.fraud("flash worn", False)
    scale.close_case()
    scale.advance(320)
    assert scale.console_json("status")["locked"] == 1, "it tries again after a while"
    assert exported(scale)[: len(kept)] == kept
    stated(scale)


def test_a_task_without_heap_costs_at_most_a_restart(scale: SimulatedScale) -> None:
    for after in range(1, 100, 5):
        scale.fraud("heap exhausted", after=after)
        scale.fraud("heap exhausted", False)
        scale.advance(12)
        if "cannot go on: memory allocation failed" in scale.console("status"):
            break  # it was started again too often within the hour, and rests
        assert weighs(scale), after
    assert scale.starts > 5
    scale.advance(610)
    assert weighs(scale)
    stated(scale)


def test_a_program_that_stands_still_is_started_again_by_the_watchdog(scale: SimulatedScale) -> None:
    scale.fraud("program stopped", seconds=7)
    scale.fraud("program stopped", False)
    scale.advance(5)
    assert scale.starts == 1
    assert weighs(scale)
    scale.fraud("program stopped", seconds=9)
    scale.fraud("program stopped", False)
    scale.advance(8)
    assert scale.starts == 2
    assert weighs(scale)
    boots = [one.body.reset_cause for one in stated(scale) if one.kind == Kind.BOOT]  # type: ignore[union-attr]
    assert boots[-1] == WATCHDOG


def test_a_dead_converter_is_a_fault_and_no_reason_to_start_again(scale: SimulatedScale) -> None:
    scale.freeze_converter()
    scale.advance(120)
    assert scale.starts == 1
    assert scale.console_json("status")["indication"] is None
    assert len(events(scale, EventKind.ADC_FAULT)) == 1


def test_a_supply_that_sags_shows_no_weight_and_loses_nothing(scale: SimulatedScale) -> None:
    for _ in range(3):
        scale.supply(2.65)
        scale.advance(3)
        assert scale.console_json("status")["indication"] is None
        scale.power_off()  # the chip resets itself somewhat lower, and starts while the supply comes back
        scale.power_on()
        scale.advance(6)
        assert scale.console_json("status")["indication"] is None
        scale.supply(5.0)
        scale.advance(4)
        assert scale.console_json("status")["supply_mv"] == 5000
    assert weighs(scale)
    last = stated(scale)[-1]
    assert last.flags & Flag.SUPPLY_LOW
    assert not last.flags & Flag.STABLE, "what was weighed by such a supply is no weight"


def test_a_start_is_no_fault_of_the_converter(scale: SimulatedScale) -> None:
    for _ in range(3):
        scale.power_off()
        scale.power_on()
        scale.advance(15)
    assert events(scale, EventKind.ADC_FAULT) == []
    assert not any(one.flags & Flag.ADC_FAULT for one in stated(scale))


@pytest.mark.parametrize("on_s", [90, 400])
def test_a_scale_that_is_started_again_before_its_period_is_over_makes_snapshots(
    scale: SimulatedScale, on_s: int
) -> None:
    powered_s = 0
    while powered_s < 1300:
        scale.power_off()
        scale.power_on()
        scale.advance(on_s)
        powered_s += on_s
    snapshots = [one for one in stated(scale) if one.kind == Kind.SNAPSHOT]
    # Of each start what was not yet saved is not counted: here half of it at most.
    assert 1300 // 600 // 2 <= len(snapshots) <= 1300 // 600 + 1


def test_a_dead_clock_chip_locks_the_scale_says_so_and_is_stated_once(scale: SimulatedScale) -> None:
    scale.fraud("clock chip silent")
    for _ in range(8):
        scale.power_off()
        scale.power_on()
        scale.advance(5)
    assert scale.console_json("status")["locked"] == 1
    assert events(scale, EventKind.CASE_OPENED) == [(0,)]
    assert events(scale, EventKind.LOCKED) == [(3,)]
