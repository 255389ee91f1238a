"""The simulated load cell behaves as recordings of real ones do: noise, drift, temperature, creep, glitches."""

from __future__ import annotations

import itertools
import math
import statistics
import subprocess
from pathlib import Path

import pytest
from steelyard_simulator import interpreter

TARGET = Path(__file__).parents[1] / "firmware" / "target"
PERIOD_S = 0.085837


def samples(kind: str, seed: int, lines: int, each: int = 1, load_g: float = 0.0) -> list[float]:
    """Samples of a cell of that kind, each the mean of `each`."""
    arguments = [TARGET / "hal_cell_samples.py", kind, seed, lines, each, load_g]
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
    kept = [value for value in samples(request.param, 3, 12_000) if abs(value) < 1_000_000]
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
    seconds = without_glitches(samples(kind, 11, 40_000, each=12))
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
    values = samples("cheap", 5, 200_000)
    far = [i for i, value in enumerate(values) if abs(value) > 8_000_000]
    assert 3 / 200_000 <= len(far) / 200_000 <= 1e-4
    starts = [i for i in far if i - 1 not in far]
    assert [b - a for a, b in itertools.pairwise(starts)] == [60_000] * (len(starts) - 1)


@pytest.mark.parametrize(("kind", "low", "high"), [("cheap", 0.001, 0.004), ("class_iii", 0.0, 0.0001)])
def test_creep_between_5_s_and_2_min(kind: str, low: float, high: float) -> None:
    per_5_s = samples(kind, 9, 26, each=58, load_g=10_000.0)
    settled, later = per_5_s[1], per_5_s[24]
    assert low <= abs(later - settled) / (10_000 * 102) <= high


def test_ideal_cell_is_exact() -> None:
    assert set(samples("ideal", 4, 50, load_g=1234.0)) == {100_000 + 1234 * 102}


def test_same_seed_same_samples_and_another_seed_others() -> None:
    assert samples("cheap", 1, 200) == samples("cheap", 1, 200)
    assert samples("cheap", 1, 200) != samples("cheap", 2, 200)
