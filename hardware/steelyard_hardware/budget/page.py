"""The budgets of the reference scale: noise, temperature, supply, power, cost. Tables and plots of docs/hardware.md.

`python -m steelyard_hardware budget` writes them there. Figures come from figures.toml and the boards' bills of
materials; how load cells behave comes from the simulator's own model, so that both work with the same numbers.
"""

from __future__ import annotations

import importlib
import math
import sys
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from steelyard_hardware.parts import BATCHES, prices_date
from steelyard_hardware.plot import Curve, plot
from steelyard_hardware.sealing import drawing

ROOT = Path(__file__).resolve().parents[2]
FIGURES = ROOT / "hardware" / "figures.toml"
PAGE = ROOT / "docs" / "hardware.md"
IMAGES = ROOT / "docs" / "images"
BEGIN, END = "<!-- budget: made by `make budget` -->", "<!-- end of budget -->"

# Peak to peak of Gaussian noise that is exceeded once in a thousand readings.
PEAK_TO_PEAK = 6.6
_CODES = 1 << 24
_GAIN = 128


@cache
def figures() -> dict[str, Any]:
    """Return figures.toml."""
    return tomllib.loads(FIGURES.read_text())


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
    return float(figures()["scale"]["excitation_v"]) / _GAIN / _CODES * 1e9


def counts_per_interval() -> float:
    """Return how many codes one verification scale interval is on the reference boards' 2 mV/V cell."""
    scale = figures()["scale"]
    full_nv = scale["cell_mv_per_v"] * scale["excitation_v"] * 1e6
    return float(full_nv * scale["e_g"] / scale["cell_capacity_g"] / nv_per_count())


@dataclass(frozen=True)
class Noise:
    """One case of the noise budget: standard deviation of a reading in counts, and counts in an interval."""

    name: str
    counts: float
    per_interval: float

    def noise_free(self, samples: int) -> float:
        """Return the noise-free steps in one interval after a mean over `samples` readings."""
        correlated = 1.0 if samples == 1 else float(figures()["scale"]["correlation"])
        return self.per_interval / (PEAK_TO_PEAK * self.counts * correlated / math.sqrt(samples))


def noises() -> list[Noise]:
    """Return the cases: converters by their data sheets, the recordings, and what the simulator does."""
    converters, per_interval = figures()["converters"], counts_per_interval()
    model = cells()
    simulated = model["counts_per_g"] * figures()["scale"]["e_g"]
    recorded = model["class_iii"].noise_counts
    return [
        Noise("HX711, data sheet", converters["hx711"]["noise_nv"] / nv_per_count(), per_interval),
        Noise("HX711, recordings, 2 mV/V cell", recorded, per_interval),
        Noise("HX711, simulator (102 counts/g)", recorded, simulated),
        Noise("ADS1232, data sheet", converters["ads1232"]["noise_nv"] / nv_per_count(), per_interval),
    ]


@dataclass(frozen=True)
class Drift:
    """Temperature behaviour of one chain: zero in intervals per 5 K, span in intervals at Max over the rated range."""

    name: str
    zero: float
    span: float


def drifts() -> list[Drift]:
    """Return the chains: converters by their data sheets, then the simulator's cells, uncompensated."""
    scale, limits = figures()["scale"], figures()["limits"]
    reach_k = max(abs(each - limits["reference_c"]) for each in limits["temperature_c"])
    interval_nv = counts_per_interval() * nv_per_count()
    found = [
        Drift(
            f"{name.upper()} by itself",
            each["offset_nv_per_k"] * 5 / interval_nv,
            each["gain_ppm_per_k"] * 1e-6 * reach_k * scale["intervals"],
        )
        for name, each in figures()["converters"].items()
    ]
    counts = cells()["counts_per_g"] * scale["e_g"]
    for name, title in (("class_iii", "class III cell with converter"), ("cheap", "cheap bar with converter")):
        habits = cells()[name]
        zero = habits.zero_counts_per_k * 5 / counts
        found.append(Drift(title, zero, habits.span_ppm_per_k * 1e-6 * reach_k * scale["intervals"]))
    return found


def ripple_intervals(converter: str) -> float:
    """Return what ripple on VSYS moves the indication at Max by, in intervals, after regulators and rejection."""
    ripple = figures()["ripple"]
    down_db = (
        ripple["boost_attenuation_db"]
        + ripple["regulator_db"]
        + figures()["converters"][converter]["supply_rejection_db"]
    )
    return float(ripple["vsys_mv"] * 1e6 * 10 ** (-down_db / 20) / (counts_per_interval() * nv_per_count()))


def milliamperes(board: str, share_of_lamps: float | None = None) -> float:
    """Return the mean current of a board from VSYS in a market day; `share_of_lamps` replaces that of the lamps."""
    total = 0.0
    for what, (current, share) in figures()["power"]["loads"][board].items():
        total += current * (share_of_lamps if share_of_lamps is not None and what.startswith("lamps") else share)
    return total


def hours(board: str, share_of_lamps: float | None = None) -> float:
    """Return how long the battery lasts."""
    power = figures()["power"]
    return float(power["battery_mah"] * power["usable"]) / milliamperes(board, share_of_lamps)


def coin_years() -> float:
    """Return how long the coin cell keeps clock and latch of a scale that is always off, case closed."""
    coin = figures()["coin"]
    drawn_ma = (coin["clock_ua"] + coin["volts"] / coin["pull_up_ohm"] * 1e6) / 1000
    yearly_mah = drawn_ma * 8766 + coin["capacity_mah"] * coin["self_discharge_per_year"]
    return float(coin["capacity_mah"] / yearly_mah)


def text() -> str:
    """Return the generated part of docs/hardware.md."""
    from steelyard_hardware.__main__ import circuit_of
    from steelyard_hardware.outputs import cost_usd

    scale, limits, power = figures()["scale"], figures()["limits"], figures()["power"]
    samples = scale["filter_samples"]
    lines = [
        BEGIN,
        "### Noise",
        f"{scale['cell_mv_per_v']} mV/V, {scale['cell_capacity_g'] / 1000:g} kg cell, {scale['excitation_v']} V: "
        f"{nv_per_count():.2f} nV a count, {counts_per_interval():.0f} counts an interval of {scale['e_g']} g "
        f"(Max {scale['max_g'] / 1000:g} kg, n = {scale['intervals']}). "
        f"Noise-free means {PEAK_TO_PEAK} standard deviations.",
        "",
        f"| chain | counts, standard deviation | noise-free steps an interval, each reading | mean of {samples} |",
        "| --- | --- | --- | --- |",
        *(
            f"| {noise.name} | {noise.counts:.0f} | {noise.noise_free(1):.1f} | {noise.noise_free(samples):.1f} |"
            for noise in noises()
        ),
        "",
        "![Noise-free steps an interval by the length of the mean](images/hardware-noise.svg)",
        "",
        "### Temperature",
        f"Limits: zero {limits['zero_intervals_per_5_k']:g} interval per 5 K; span {limits['span_intervals_at_max']:g} "
        f"intervals at Max from {limits['temperature_c'][0]} to {limits['temperature_c'][1]} °C, "
        f"of which cell and converter may use {limits['share_of_converter_and_cell']:.0%}. Uncompensated:",
        "",
        "| chain | zero, intervals per 5 K | span, intervals at Max | within |",
        "| --- | --- | --- | --- |",
        *(
            f"| {drift.name} | {drift.zero:.2f} | {drift.span:.2f} | {'yes' if within(drift) else 'no'} |"
            for drift in drifts()
        ),
        "",
        "![Span over temperature](images/hardware-temperature.svg)",
        "",
        "### Supply rejection",
        f"{figures()['ripple']['vsys_mv']} mV of ripple on VSYS moves the indication by "
        f"{ripple_intervals('hx711'):.1e} intervals (HX711) and {ripple_intervals('ads1232'):.1e} (ADS1232). "
        "Slow changes of the excitation cancel, as the converter's reference is the excitation.",
        "",
        "### Power",
        f"Battery {power['battery_mah']} mAh, {power['usable']:.0%} of it used; "
        f"a market day is {power['day_hours']} h.",
        "",
        "| board | mean current | battery | lamps always on |",
        "| --- | --- | --- | --- |",
        *(
            f"| {board} | {milliamperes(board):.0f} mA | {hours(board):.0f} h | {hours(board, 1.0):.0f} h |"
            for board in power["loads"]
        ),
        "",
        "![Battery life by the share of the day with lamps](images/hardware-power.svg)",
        "",
        f"The clock's coin cell keeps time and latch for {coin_years():.0f} years of a scale that is always off.",
        "",
        "### Cost",
        f"Parts of one board with displays, keypad and battery, US dollars, indicative, {prices_date()}; "
        "without case, load cell, pan, board and assembly.",
        "",
        "| board | " + " | ".join(f"{batch:,}" for batch in BATCHES) + " |",
        "| --- | --- | --- | --- |",
        *(
            f"| {board} | " + " | ".join(f"{cost:.2f}" for cost in cost_usd(circuit_of(board))) + " |"
            for board in power["loads"]
        ),
        END,
    ]
    return "\n".join(lines)


def within(drift: Drift) -> bool:
    """Tell whether a chain keeps the part of both limits that cell and converter may use."""
    limits = figures()["limits"]
    share = limits["share_of_converter_and_cell"]
    return bool(
        drift.zero <= limits["zero_intervals_per_5_k"] * share and drift.span <= limits["span_intervals_at_max"] * share
    )


def images() -> dict[str, str]:
    """Return the plots and the sealing plan as SVG by file name."""
    limits = figures()["limits"]
    low_c, high_c = limits["temperature_c"]
    means = [1, 2, 4, 8, 16, 32]
    celsius = list(range(low_c, high_c + 1, 5))
    share = [step / 10 for step in range(11)]

    def span(ppm_per_k: float) -> list[float]:
        """Error at Max in intervals by temperature, on a scale that was set to zero at each."""
        return [ppm_per_k * 1e-6 * figures()["scale"]["intervals"] * (each - limits["reference_c"]) for each in celsius]

    allowed = limits["span_intervals_at_max"] * limits["share_of_converter_and_cell"]
    return {
        "hardware-sealing.svg": drawing().svg(),
        "hardware-noise.svg": plot(
            "Noise-free steps an interval (e = 5 g)",
            "readings in the mean",
            [str(each) for each in means],
            [Curve(noise.name, [noise.noise_free(each) for each in means]) for noise in noises()],
        ),
        "hardware-temperature.svg": plot(
            "Span error at Max without compensation, intervals",
            "degrees Celsius",
            [str(each) for each in celsius],
            [
                Curve("class III cell with converter", span(cells()["class_iii"].span_ppm_per_k)),
                Curve("HX711 by itself", span(figures()["converters"]["hx711"]["gain_ppm_per_k"])),
                Curve("ADS1232 by itself", span(figures()["converters"]["ads1232"]["gain_ppm_per_k"])),
                Curve("upper limit for cell and converter", [allowed] * len(celsius)),
                Curve("lower limit", [-allowed] * len(celsius)),
            ],
        ),
        "hardware-power.svg": plot(
            "Battery life, hours",
            "share of the day with lamps on",
            [f"{each:.0%}" for each in share],
            [
                *(Curve(board, [hours(board, each) for each in share]) for board in figures()["power"]["loads"]),
                Curve("a market day", [float(figures()["power"]["day_hours"])] * len(share)),
            ],
        ),
    }


def write() -> None:
    """Put tables and plots into docs/."""
    page = PAGE.read_text()
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(before + text() + after)
    IMAGES.mkdir(exist_ok=True)
    for name, image in images().items():
        (IMAGES / name).write_text(image)
