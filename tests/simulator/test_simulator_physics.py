"""The simulated load cell behaves as recordings of real ones do: noise, drift, temperature, creep, glitches."""

from __future__ import annotations

import itertools
import math
import statistics
import subprocess
from pathlib import Path

import pytest
from steelyard_simulator import interpreter

TARGET = Path(__file__).parents[1] / "target"
PERIOD_S = 0.085837


Phase = tuple[int, float, float]


def samples(kind: str, seed: int, *phases: Phase, each: int = 1) -> list[float]:
    """Samples of a cell, each the mean of `each`; a phase is so many of them, load in g, temperature in degrees."""
    parts = [":".join(map(str, phase)) for phase in phases]
    arguments = [TARGET / "hal_cell_samples.py", kind, seed, each, *parts]
    done = subprocess.run(
        [interpreter.executable(), *map(str, arguments)],
        env=interpreter.environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    return [float(line) for line in done.stdout.split()]


def correlation(values: list[float], lag: int) -> float:
    mean = statistics.fmean(values)
    centred = [value - mean for value in values]
    return sum(a * b for a, b in zip(centred, centred[lag:], strict=False)) / sum(a * a for a in centred)


def allan_deviation(values: list[float], averaged: int) -> float:
    """Overlapping Allan deviation of `values` over `averaged` of them."""
    sums = [0.0]
    for value in values:
        sums.append(sums[-1] + value)
    means = [(sums[i + averaged] - sums[i]) / averaged for i in range(len(values) - averaged + 1)]
    squares = [(b - a) ** 2 for a, b in zip(means, means[averaged:], strict=False)]
    return math.sqrt(sum(squares) / len(squares) / 2)


def without_slow_drift(values: list[float]) -> list[float]:
    """Values less the mean of the hundred around each."""
    return [values[i] - statistics.fmean(values[i - 50 : i + 50]) for i in range(50, len(values) - 50)]


@pytest.fixture(scope="module", params=["class_iii", "cheap"])
def noise(request: pytest.FixtureRequest) -> list[float]:
    kept = [value for value in samples(request.param, 3, (12_000, 0, 20)) if abs(value) < 1_000_000]
    return without_slow_drift(kept)


def test_noise_is_41_counts_gaussian_and_only_neighbours_share_it(noise: list[float]) -> None:
    deviation = statistics.pstdev(noise)
    assert deviation == pytest.approx(41, rel=0.05)
    kurtosis = statistics.fmean((value / deviation) ** 4 for value in noise)
    assert kurtosis == pytest.approx(2.98, abs=0.25)
    assert correlation(noise, 1) == pytest.approx(0.47, abs=0.04)
    assert all(abs(correlation(noise, lag)) < 0.05 for lag in (2, 3, 5, 8))
    means = [statistics.fmean(noise[i : i + 20]) for i in range(0, len(noise) - 20, 20)]
    assert statistics.pstdev(means) / (deviation / math.sqrt(20)) == pytest.approx(1.38, rel=0.12)


@pytest.mark.parametrize(
    ("kind", "figures"),
    [("cheap", {1: 18, 5: 14.5, 60: 62, 300: 124}), ("class_iii", {60: 14, 600: 27})],
)
def test_drift_has_the_allan_deviation_of_recordings(kind: str, figures: dict[int, float]) -> None:
    seconds = without_glitches(samples(kind, 11, (40_000, 0, 20), each=12))
    for tau_s, counts in figures.items():
        measured = allan_deviation(seconds, round(tau_s / (12 * PERIOD_S)))
        assert measured == pytest.approx(counts, rel=0.25), f"{tau_s} s"


def without_glitches(values: list[float]) -> list[float]:
    """A mean that a glitch has touched lies far off: take its neighbour."""
    kept = [values[0]]
    for value in values[1:]:
        kept.append(value if abs(value - kept[-1]) < 100_000 else kept[-1])
    return kept


def test_glitches_are_rare_bursts_near_a_rail() -> None:
    values = samples("cheap", 5, (200_000, 0, 20))
    far = [i for i, value in enumerate(values) if abs(value) > 8_000_000]
    assert 3 / 200_000 <= len(far) / 200_000 <= 1e-4
    starts = [i for i in far if i - 1 not in far]
    assert [b - a for a, b in itertools.pairwise(starts)] == [60_000] * (len(starts) - 1)


@pytest.mark.parametrize(("kind", "low", "high"), [("cheap", 0.001, 0.004), ("class_iii", 0.0, 0.0001)])
def test_creep_between_5_s_and_2_min(kind: str, low: float, high: float) -> None:
    per_5_s = samples(kind, 9, (26, 10_000, 20), each=58)
    settled, later = per_5_s[1], per_5_s[24]
    assert low <= abs(later - settled) / (10_000 * 102) <= high


@pytest.mark.parametrize(("kind", "counts_per_k"), [("cheap", 250), ("class_iii", 25)])
def test_temperature_moves_the_zero(kind: str, counts_per_k: float) -> None:
    cold, warm = samples(kind, 6, (1, 0, 10), (1, 0, 30), each=600)
    assert abs(warm - cold) / 20 == pytest.approx(counts_per_k, rel=0.2)


@pytest.mark.parametrize(("kind", "fraction"), [("cheap", 0.01), ("class_iii", 0.0002)])
def test_zero_returns_after_half_an_hour_of_load(kind: str, fraction: float) -> None:
    before, *_, after = samples(kind, 8, (1, 0, 20), (60, 10_000, 20), (2, 0, 20), each=350)
    assert abs(after - before) <= fraction * 10_000 * 102
    assert kind == "class_iii" or abs(after - before) > 0.001 * 10_000 * 102, "a cheap one does not return at once"


@pytest.mark.parametrize(("kind", "fraction"), [("cheap", 0.0006), ("class_iii", 0.00015)])
def test_linearity(kind: str, fraction: float) -> None:
    _, zero, _, half, _, full = samples(kind, 2, (2, 0, 20), (2, 10_000, 20), (2, 20_000, 20), each=20)
    bow = (half - (zero + full) / 2) / (20_000 * 102)
    creep_and_noise = 0.0003 if kind == "cheap" else 0.00005
    assert bow == pytest.approx(fraction, abs=creep_and_noise)


def test_a_noiseless_cell_is_exact_and_an_ideal_one_but_for_a_count() -> None:
    exact = 100_000 + 1234 * 102
    assert set(samples("noiseless", 4, (50, 1234, 30))) == {exact}
    ideal = samples("ideal", 4, (50, 1234, 30))
    assert set(ideal) == {exact - 1, exact, exact + 1}
    assert {tuple(sorted(ideal[i : i + 8])[2:6]) for i in range(len(ideal) - 7)} == {(exact,) * 4}


def test_same_seed_same_samples_and_another_seed_others() -> None:
    phase = (200, 0.0, 20.0)
    assert samples("cheap", 1, phase) == samples("cheap", 1, phase)
    assert samples("cheap", 1, phase) != samples("cheap", 2, phase)
