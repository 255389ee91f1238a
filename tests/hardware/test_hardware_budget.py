"""The budgets: the page shows what the figures give, the design keeps its limits, the simulator has those numbers."""

from __future__ import annotations

import statistics
import sys

import pytest
from steelyard_hardware import circuit, profile
from steelyard_hardware.budget import drift, model, page
from steelyard_hardware.budget.charge import charge
from steelyard_hardware.budget.figures import figures
from steelyard_hardware.budget.images import images


def test_the_page_and_its_plots_are_what_the_figures_give() -> None:
    assert page.text() in page.PAGE.read_text(), "run `make budget`"
    for name, image in images().items():
        assert (page.IMAGES / name).read_text() == image, "run `make budget`"


def test_every_converter_leaves_three_noise_free_steps_an_interval() -> None:
    samples = figures().scale.filter_samples
    assert min(noise.noise_free(samples) for noise in model.noises()) > 3


def test_a_class_iii_cell_keeps_the_temperature_limits_and_a_cheap_one_does_not() -> None:
    kept = {each.name: each.within() for each in drift.typical_drifts()}
    assert kept.pop("cheap bar with converter") is False
    assert all(kept.values())
    worst = {each.name: each for each in drift.worst_drifts()}
    limits = figures().limits
    assert all(each.zero <= limits.zero_intervals_per_5_k * 0.8 for each in worst.values())
    assert not worst["class III cell with HX711"].within()


def test_the_worst_case_is_worse_than_the_typical_one() -> None:
    for name in figures().converters:
        typical, worst = (drift.converter_drift(name, case) for case in drift.Case)
        assert worst.zero > typical.zero
        assert worst.span > typical.span


def test_the_bead_counts_where_the_reference_is_before_it() -> None:
    """0.15 ohm of copper in series with 350 ohm: 1.7 ppm/K; the ADS1232 measures behind it."""
    assert drift.bead_ppm_per_k(figures().converters["hx711"]) == pytest.approx(1.68, abs=0.01)
    assert drift.bead_ppm_per_k(figures().converters["ads1232"]) == 0
    for board, at in (("pico2_w", "rail"), ("esp32_s3", "cell")):
        assert figures().converters[profile.load(board).adc.driver].measures_at == at


def test_the_boost_converter_s_own_ripple_counts() -> None:
    """40 mV less 145 dB is 2.2 nV; an interval is 2.25 uV."""
    assert drift.ripple_intervals("hx711") == pytest.approx(1e-3, rel=0.05)


def test_the_timer_lets_most_of_a_charge_back() -> None:
    for board in profile.names_with_circuit():
        assert charge(board, 0).hours < charge(board, 1).hours < 8
        assert charge(board, 1).share > 0.75


def test_the_battery_outlasts_two_market_days_and_the_coin_ten_years() -> None:
    for board in profile.names_with_circuit():
        assert model.hours(board, share_of_lamps=1.0) > 2 * figures().power.day_hours
    assert model.coin_years() > 10


def test_the_figures_are_those_of_the_circuit() -> None:
    for name in profile.names_with_circuit():
        drawn = circuit.load(name)
        assert drawn.rails["AVDD"].nominal == figures().scale.excitation_v
        assert drawn.parts["R21"].value == "2M2"
        assert figures().coin.pull_up_ohm == 2_200_000
        assert profile.load(name).limits.cell_ohm == figures().scale.cell_ohm
        assert profile.load(name).limits.temperature_c == figures().limits.temperature_c


@pytest.mark.parametrize("kind", ["class_iii", "cheap"])
def test_the_simulated_cell_has_the_noise_and_the_drift_of_the_budget(kind: str) -> None:
    habits = model.cells()[kind]
    cell = sys.modules["hal_cell"].LoadCell(kind, 3, 1 / 11.65)
    steps = [cell.sample() for _ in range(12_000)]
    differences = [after - before for before, after in zip(steps[2::3], steps[5::3], strict=False)]
    rails = [each for each in differences if abs(each) < 10_000]
    assert statistics.pstdev(rails) / 2**0.5 == pytest.approx(habits.noise_counts, rel=0.1)
    cold = statistics.fmean(cell.sample() for _ in range(200))
    cell.temperature_c += 20
    warm = statistics.fmean(cell.sample() for _ in range(200))
    assert abs(warm - cold) / 20 == pytest.approx(habits.zero_counts_per_k, rel=0.3)
