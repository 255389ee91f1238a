"""What is stable and what is a fault, as the whole agent shows it when its converter lies."""

from __future__ import annotations

from typing import Any

import pytest
from kit.chain import exported
from steelyard_protocol import statement
from steelyard_protocol.statement import Statement
from steelyard_simulator.scale import SimulatedScale

ZERO, KILOGRAM, INTERVAL = 100_000, 102_000, 510
PERIOD_S = 0.085837
SNAPSHOT, EVENT, ADC_FAULT = 3, 5, 7
STABLE_FLAG, FAULT_FLAG = 1 << 2, 1 << 7
SIZES = (INTERVAL, -2 * INTERVAL, KILOGRAM, -KILOGRAM, 14 * KILOGRAM)


def status(scale: SimulatedScale) -> dict[str, Any]:
    found: dict[str, Any] = scale.console_json("status")
    return found


def looked_at(scale: SimulatedScale, seconds: float) -> list[tuple[bool, Any]]:
    """(stable, indication) of every half reading for so long."""
    seen = []
    for _ in range(int(seconds / PERIOD_S * 2)):
        scale.advance(PERIOD_S / 2)
        now = status(scale)
        seen.append((now["stable"], now["indication"]))
    return seen


def statements(scale: SimulatedScale) -> list[Statement]:
    return [statement.parse(raw) for raw in exported(scale)]


def faults(scale: SimulatedScale) -> list[Statement]:
    return [one for one in statements(scale) if one.kind == EVENT and one.body.kind == ADC_FAULT]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("words", [1, 2, 3, 4])
def test_a_burst_among_the_first_readings_is_neither_stable_nor_the_zero(simulate: Any, words: int, size: int) -> None:
    scale = simulate()
    scale.advance(PERIOD_S * (5 + words + size % 3))
    scale.glitch(words, ZERO + size)
    assert {indication for stable, indication in looked_at(scale, 2.5) if stable} == {"0.000 kg"}
    assert status(scale)["zero_counts"] == ZERO


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("words", [1, 2, 3, 4])
def test_bursts_again_and_again_are_never_stable(scale: SimulatedScale, words: int, size: int) -> None:
    """Three wrong words in eight showed 0.250 kg as stable."""
    scale.place(1.0)
    scale.advance(3)
    for _ in range(6):
        scale.glitch(words, ZERO + KILOGRAM + size)
        seen = looked_at(scale, 8 * PERIOD_S)
        assert {indication for stable, indication in seen if stable} <= {"1.000 kg"}
        assert not seen[2][0]
    scale.advance(1)
    assert (status(scale)["stable"], status(scale)["indication"], status(scale)["zero_counts"]) == (
        True,
        "1.000 kg",
        ZERO,
    )


@pytest.mark.parametrize("words", [3, 4])
def test_a_burst_is_not_adjusted_to_or_set_as_zero_or_tare(scale: SimulatedScale, words: int) -> None:
    scale.console("enrol maker=M model=one serial=1 code=P-1")
    scale.adjustment_switch(True)
    for command in ("zero", "tare"):
        scale.glitch(words, ZERO + INTERVAL)
        scale.advance(PERIOD_S * 2)
        assert "not stable" in scale.console(command)
        scale.advance(2)
    for mass_kg, command in ((0, "adjust zero"), (15, "adjust span 15 kg")):
        scale.place(mass_kg)
        scale.advance(3)
        scale.glitch(words, ZERO + INTERVAL + mass_kg * KILOGRAM)
        scale.advance(PERIOD_S * 1.5)
        assert scale.console_json(command)["error_after_millie"] == 0
    found = scale.console_json("parameters")["parameters"]
    assert (found["zero_counts"], found["point_1_counts"]) == (ZERO, 15 * KILOGRAM)


@pytest.mark.parametrize(("cell", "kg"), [("ideal", 2.0), ("class_iii", 0.0)])
def test_a_frozen_converter_is_a_fault_within_two_seconds(simulate: Any, cell: str, kg: float) -> None:
    scale = simulate(cell=cell, seed=3)
    scale.place(kg)
    scale.advance(5)
    scale.console("enrol maker=M model=one serial=1 code=P-1")
    assert status(scale)["stable"]
    scale.freeze_converter()
    scale.advance(1.95)
    now = status(scale)
    assert (now["stable"], now["indication"]) == (False, None)
    assert len(faults(scale)) == 1
    assert not faults(scale)[0].flags & STABLE_FLAG
    assert faults(scale)[0].flags & FAULT_FLAG
    assert "not stable" in scale.console("zero")
    scale.advance(700)
    assert len(faults(scale)) == 1
    assert [one.flags & (STABLE_FLAG | FAULT_FLAG) for one in statements(scale) if one.kind == SNAPSHOT] == [FAULT_FLAG]
    scale.freeze_converter(False)
    scale.advance(3)
    assert (status(scale)["stable"], status(scale)["indication"]) == (True, f"{kg:.3f} kg")


def test_a_converter_that_is_frozen_from_the_start_is_never_stable_and_sets_no_zero(simulate: Any) -> None:
    """A noiseless cell looks like one."""
    scale = simulate(cell="noiseless")
    scale.place(1.0)
    seen = looked_at(scale, 4)
    assert not any(stable for stable, _ in seen)
    assert {indication for _, indication in seen[-20:]} == {None}
    assert status(scale)["zero_counts"] == ZERO


def test_a_converter_at_its_rail_is_a_fault_within_two_seconds(scale: SimulatedScale) -> None:
    scale.console("enrol maker=M model=one serial=1 code=P-1")
    scale.fraud("counts added", counts=8_300_000)
    scale.advance(1.95)
    now = status(scale)
    assert (now["stable"], now["indication"]) == (False, None)
    assert len(faults(scale)) == 1
    assert status(scale)["zero_counts"] == ZERO


@pytest.mark.scale(cell="class_iii", seed=12)
def test_a_quiet_hour_of_an_honest_scale_has_no_fault_and_is_stable_throughout(scale: SimulatedScale) -> None:
    scale.console("enrol maker=M model=one serial=1 code=P-1")
    scale.place(5.0)
    scale.advance(3)
    for _ in range(360):
        scale.advance(10)
        assert status(scale)["stable"]
    assert not faults(scale)
