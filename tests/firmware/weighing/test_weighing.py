"""Weighing as the whole agent shows it, on the simulated board in virtual time: 15 kg in steps of 5 g, 102 counts/g."""

from __future__ import annotations

from typing import Any

import pytest
from kit.chain import exported
from steelyard_protocol import statement, weight
from steelyard_protocol.statement import Statement
from steelyard_simulator.flashing import PARAMETERS, factory_file
from steelyard_simulator.scale import SimulatedScale

E_KG = 0.005
MAX_KG = 15.0
SNAPSHOT, EVENT = 3, 5
ZERO_OUT_OF_RANGE, ADC_FAULT = 6, 7


def status(scale: SimulatedScale) -> dict[str, Any]:
    found: dict[str, Any] = scale.console_json("status")
    return found


@pytest.fixture
def ready(scale: SimulatedScale) -> SimulatedScale:
    """A scale that has found its zero with an empty pan."""
    assert scale.run_until(lambda: status(scale)["stable"], timeout_s=10)
    scale.advance(1)
    return scale


def weigh(scale: SimulatedScale, kg: float) -> dict[str, Any]:
    """Put `kg` on the pan, wait until it rests, return the status."""
    scale.place(kg)
    scale.advance(3)
    assert scale.run_until(lambda: status(scale)["stable"], timeout_s=20)
    return status(scale)


def held(scale: SimulatedScale, kind: int) -> list[Statement]:
    """The statements of one kind in the scale's journal."""
    parsed = [statement.parse(raw) for raw in exported(scale)]
    return [one for one in parsed if one.kind == kind]


def events(scale: SimulatedScale, kind: int) -> list[Statement]:
    return [one for one in held(scale, EVENT) if one.body.kind == kind]


def test_weight_is_rounded_to_the_nearest_interval(ready: SimulatedScale) -> None:
    assert weigh(ready, 1.0024)["indication"] == "1.000 kg"
    assert weigh(ready, 1.0026)["indication"] == "1.005 kg"
    assert weigh(ready, -0.0026)["indication"] == "-0.005 kg"


def test_nothing_is_indicated_above_max_and_nine_intervals(ready: SimulatedScale) -> None:
    assert weigh(ready, MAX_KG + 9 * E_KG)["indication"] == "15.045 kg"
    over = weigh(ready, MAX_KG + 10 * E_KG)
    assert over["indication"] is None
    assert over["overload"]


def test_nothing_is_indicated_far_below_zero(ready: SimulatedScale) -> None:
    assert weigh(ready, -20 * E_KG)["indication"] == "-0.100 kg"
    assert weigh(ready, -21 * E_KG)["indication"] is None


def test_a_load_is_stable_only_after_it_has_rested(ready: SimulatedScale) -> None:
    ready.place(2.0)
    ready.advance(0.3)
    assert not status(ready)["stable"]
    assert "not stable" in ready.console("tare")
    ready.advance(3)
    assert status(ready)["stable"]


def test_the_first_resting_load_near_the_calibrated_zero_becomes_zero(scale: SimulatedScale) -> None:
    scale.power_off()
    scale.place(1.0)
    scale.power_on()
    scale.advance(5)
    assert status(scale)["gross"] == 0


def test_an_initial_zero_out_of_range_is_not_taken_and_told(scale: SimulatedScale) -> None:
    """The range is 20 % of Max, half of it to either side: 2 kg of 15 on the pan at start are weighed."""
    scale.console("enrol maker=M model=one serial=1 code=P-1")
    scale.power_off()
    scale.place(2.0)
    scale.power_on()
    scale.advance(5)
    assert status(scale)["indication"] == "2.000 kg"
    (told,) = events(scale, ZERO_OUT_OF_RANGE)
    assert told.body.facts == (100_000 + 204_000, 1)


def test_zero_is_set_within_one_percent_of_max_and_refused_beyond(ready: SimulatedScale) -> None:
    """The range is 2 % of Max, half of it to either side: 150 g."""
    assert weigh(ready, 0.140)["gross"] == 28
    assert ready.console_json("zero")["gross"] == 0
    assert status(ready)["indication"] == "0.000 kg"
    weigh(ready, 0.180)
    assert ready.console("zero").startswith("error: the load is too far from zero")
    assert status(ready)["gross"] == 8


def test_zero_tracking_follows_drift_but_no_goods(ready: SimulatedScale) -> None:
    """0.1 e/s is drift within the tracking rate of 0.5 e/s; a gram of goods put on at once (0.2 e) is followed too."""
    before = status(ready)["zero_counts"]
    for tenth in range(1, 101):
        ready.place(tenth * E_KG / 10)
        ready.advance(1)
        assert status(ready)["gross"] == 0
    after = status(ready)["zero_counts"]
    assert after - before == pytest.approx(10 * E_KG * 102_000, abs=60)
    assert weigh(ready, 10 * E_KG + 3 * E_KG)["gross"] == 3
    ready.advance(30)
    assert status(ready)["gross"] == 3


def test_zero_tracking_ends_at_the_range_of_zero_setting(ready: SimulatedScale) -> None:
    for tenth in range(1, 400):
        ready.place(tenth * E_KG / 10)
        ready.advance(0.5)
    assert status(ready)["gross"] == 10
    assert status(ready)["zero_counts"] - 100_000 == pytest.approx(15_300, abs=300)


def test_tare_is_subtracted_and_cleared(ready: SimulatedScale) -> None:
    weigh(ready, 0.5)
    assert ready.console_json("tare") == {"gross": 100, "tare": 100, "net": 0, "zero_counts": 100_000}
    found = weigh(ready, 1.5)
    assert (found["gross"], found["net"], found["indication"]) == (300, 200, "1.000 kg")
    assert weigh(ready, 0.0)["indication"] == "-0.500 kg"
    assert "above zero" in ready.console("tare")
    assert "there is a tare" in ready.console("zero")
    assert ready.console_json("tare clear")["tare"] == 0
    assert "above zero" in ready.console("tare")
    assert ready.console_json("zero")["tare"] == 0


def test_no_weight_older_than_a_second_is_shown(ready: SimulatedScale) -> None:
    """A load beyond the converter's range silences it; the weight goes dark, an event tells, and it comes back."""
    ready.console("enrol maker=M model=one serial=1 code=P-1")
    assert weigh(ready, 1.0)["indication"] == "1.000 kg"
    ready.place(90.0)
    ready.advance(1.3)
    assert status(ready)["indication"] is None
    ready.advance(2)
    assert len(events(ready, ADC_FAULT)) == 1
    ready.place(1.0)
    ready.advance(3)
    assert status(ready)["indication"] == "1.000 kg"


def test_glitches_do_not_move_the_indication(ready: SimulatedScale) -> None:
    weigh(ready, 1.0)
    before = status(ready)["adc_faults"]
    for samples in (1, 3, 5):
        ready.glitch(samples)
        for _ in range(10):
            ready.advance(0.1)
            assert status(ready)["indication"] in ("1.000 kg", None)
    assert status(ready)["adc_faults"] == before + 9


@pytest.mark.scale(cell="class_iii", seed=7)
def test_noise_of_a_real_cell_is_measured(ready: SimulatedScale) -> None:
    found = []
    for _ in range(20):
        ready.advance(10)
        found.append(status(ready)["noise_counts"])
    assert sum(found) / len(found) == pytest.approx(41, rel=0.15)


@pytest.mark.scale(cell="class_iii", seed=11)
def test_every_snapshot_can_be_recomputed_bit_for_bit(ready: SimulatedScale) -> None:
    """From filtered counts, zero and temperature in it, and the parameters that its digest names."""
    ready.console("enrol maker=M model=one serial=1 code=P-1")
    ready.temperature(31, over_s=2_000)
    for kg in (0.0, 0.1, 0.7263, 14.2):
        ready.place(kg)
        ready.advance(600)
    snapshots = held(ready, SNAPSHOT)
    assert len(snapshots) >= 3
    for one in snapshots:
        body = one.body
        assert body.gross == weight.gross_intervals(
            PARAMETERS, body.filtered_counts, body.zero_counts, body.temperature_cdeg
        )
    assert snapshots[-1].body.gross == pytest.approx(14.2 / E_KG, abs=3)


def test_temperature_coefficients_take_part(simulate: Any) -> None:
    """A zero that moves 250 counts/K is compensated from the sensor near the cell."""
    scale = simulate(factory=factory_file(bytes.fromhex("04" + "11" * 64), {**PARAMETERS, 36: 250_000, 7: 0}))
    assert scale.run_until(lambda: status(scale)["stable"], timeout_s=10)
    assert status(scale)["gross"] == 0
    scale.temperature(30)
    scale.advance(600)
    assert status(scale)["temperature_cdeg"] == pytest.approx(3_000, abs=5)
    assert status(scale)["gross"] == round(-2_500 / 510)


def test_snapshots_tell_of_zero_and_of_what_was_weighed(ready: SimulatedScale) -> None:
    ready.console("enrol maker=M model=one serial=1 code=P-1")
    for kg in (0.0, 1.0, 0.0, 2.0, 0.0, 0.05, 0.0):
        weigh(ready, kg)
    ready.advance(600)
    body = held(ready, SNAPSHOT)[0].body
    assert body.weighings == 2
    assert body.zero_counts == 100_000
    assert (body.zero_drift_counts, body.zero_minimum_counts, body.zero_maximum_counts, body.zero_mean_counts) == (
        0,
    ) * 4
    ready.advance(600)
    assert held(ready, SNAPSHOT)[1].body.weighings == 0
