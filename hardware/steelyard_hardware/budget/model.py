"""The reckoning: noise, drift, ripple, current and life, each from the figures."""

from __future__ import annotations

import importlib
import math
import sys
from dataclasses import dataclass
from functools import cache
from typing import Any

from steelyard_hardware import profile
from steelyard_hardware.budget.figures import figures
from steelyard_hardware.files import ROOT

# Peak to peak of Gaussian noise that is exceeded once in a thousand readings.
PEAK_TO_PEAK = 6.6
_CODES = 1 << 24
_GAIN = 128
_HOURS_A_YEAR = 8766


@cache
def cells() -> dict[str, Any]:
    """Return the simulator's kinds of load cell by name, as it has them itself."""
    hal = str(ROOT / "simulator" / "hal")
    sys.path.insert(0, hal)
    try:
        model = importlib.import_module("hal_cell")
    finally:
        sys.path.remove(hal)
    return {"counts_per_g": model.COUNTS_PER_G, **model.KINDS}


def nv_per_count() -> float:
    """Return the input-referred size of one code at the gain and excitation of the boards, in nanovolts."""
    return figures().scale.excitation_v / _GAIN / _CODES * 1e9


def counts_per_interval() -> float:
    """Return how many codes one verification scale interval is on the reference boards' 2 mV/V cell."""
    scale = figures().scale
    full_nv = scale.cell_mv_per_v * scale.excitation_v * 1e6
    return full_nv * scale.e_g / scale.cell_capacity_g / nv_per_count()


@dataclass(frozen=True)
class Noise:
    """One case of the noise budget: standard deviation of a reading in counts, and counts in an interval."""

    name: str
    counts: float
    per_interval: float

    def noise_free(self, samples: int) -> float:
        """Return the noise-free steps in one interval after a mean over `samples` readings."""
        # A mean over correlated samples is this much noisier than over independent ones.
        correlated = 1.0 if samples == 1 else figures().scale.correlation
        return self.per_interval / (PEAK_TO_PEAK * self.counts * correlated / math.sqrt(samples))


def noises() -> list[Noise]:
    """Return the cases: converters by their data sheets, the recordings, and what the simulator does."""
    per_interval = counts_per_interval()
    simulated = cells()["counts_per_g"] * figures().scale.e_g
    recorded = cells()["class_iii"].noise_counts
    by_data_sheet = [
        Noise(f"{name.upper()}, data sheet", each.noise_nv / nv_per_count(), per_interval)
        for name, each in figures().converters.items()
    ]
    return [
        *by_data_sheet,
        Noise("HX711, recordings, 2 mV/V cell", recorded, per_interval),
        Noise("HX711, simulator (102 counts/g)", recorded, simulated),
    ]


def milliamperes(board: str, share_of_lamps: float | None = None) -> float:
    """Return the mean current of a board from VSYS in a market day; `share_of_lamps` replaces that of the lamps."""
    total = 0.0
    for what, (current, share) in profile.load(board).loads.items():
        total += current * (share_of_lamps if share_of_lamps is not None and what.startswith("lamps") else share)
    return total


def hours(board: str, share_of_lamps: float | None = None) -> float:
    """Return how long the battery lasts."""
    power = figures().power
    return power.battery_mah * power.usable / milliamperes(board, share_of_lamps)


def coin_years() -> float:
    """Return how long the coin cell keeps clock and latch of a scale that is always off, case closed."""
    coin = figures().coin
    drawn_ma = (coin.clock_ua + coin.volts / coin.pull_up_ohm * 1e6) / 1000
    return coin.capacity_mah / (drawn_ma * _HOURS_A_YEAR + coin.capacity_mah * coin.self_discharge_per_year)
