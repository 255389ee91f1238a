"""The budgets: the page shows what the figures give, the design keeps its limits, the simulator has those numbers."""

from __future__ import annotations

import statistics
import sys

import pytest
from steelyard_hardware import budget, profile


def test_the_page_and_its_plots_are_what_the_figures_give() -> None:
    assert budget.text() in budget.PAGE.read_text(), "run `make budget`"
    for name, image in budget.images().items():
        assert (budget.IMAGES / name).read_text() == image, "run `make budget`"


def test_every_converter_leaves_three_noise_free_steps_an_interval() -> None:
    samples = budget.figures()["scale"]["filter_samples"]
    assert min(noise.noise_free(samples) for noise in budget.noises()) > 3


def test_a_class_iii_cell_keeps_the_temperature_limits_and_a_cheap_one_does_not() -> None:
    kept = {drift.name: budget.within(drift) for drift in budget.drifts()}
    assert kept.pop("cheap bar with converter") is False
    assert all(kept.values())


def test_the_battery_outlasts_two_market_days_and_the_coin_ten_years() -> None:
    for board in budget.figures()["power"]["loads"]:
        assert budget.hours(board, share_of_lamps=1.0) > 2 * budget.figures()["power"]["day_hours"]
    assert budget.coin_years() > 10


def test_the_budget_knows_every_board_with_a_circuit() -> None:
    drawn = {name for name in profile.names() if profile.load(name).schematic}
    assert set(budget.figures()["power"]["loads"]) == drawn


def test_the_figures_are_those_of_the_circuit() -> None:
    from steelyard_hardware.__main__ import circuit_of

    for name in budget.figures()["power"]["loads"]:
        circuit = circuit_of(name)
        assert circuit.rails["AVDD"].nominal == budget.figures()["scale"]["excitation_v"]
        assert circuit.parts["R21"].value == "2M2"
        assert budget.figures()["coin"]["pull_up_ohm"] == 2_200_000
        assert profile.load(name).limits.cell_ohm == budget.figures()["scale"]["cell_ohm"]
        assert list(profile.load(name).limits.temperature_c) == budget.figures()["limits"]["temperature_c"]


@pytest.mark.parametrize("kind", ["class_iii", "cheap"])
def test_the_simulated_cell_has_the_noise_and_the_drift_of_the_budget(kind: str) -> None:
    model = budget.cells()[kind]
    cell = sys.modules["hal_cell"].LoadCell(kind, 3, 1 / 11.65)
    steps = [cell.sample() for _ in range(12_000)]
    differences = [after - before for before, after in zip(steps[2::3], steps[5::3], strict=False)]
    rails = [each for each in differences if abs(each) < 10_000]
    assert statistics.pstdev(rails) / 2**0.5 == pytest.approx(model.noise_counts, rel=0.1)
    cold = statistics.fmean(cell.sample() for _ in range(200))
    cell.temperature_c += 20
    warm = statistics.fmean(cell.sample() for _ in range(200))
    assert abs(warm - cold) / 20 == pytest.approx(model.zero_counts_per_k, rel=0.3)
