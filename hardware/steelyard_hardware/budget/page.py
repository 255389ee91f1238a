"""The budgets as tables and plots, which `python -m steelyard_hardware budget` puts into docs/hardware.md."""

from __future__ import annotations

from steelyard_hardware import circuit, errors, profile
from steelyard_hardware.budget import closing, drift, model
from steelyard_hardware.budget.charge import charge
from steelyard_hardware.budget.figures import figures
from steelyard_hardware.budget.images import images
from steelyard_hardware.files import ROOT, read_text, shown, write
from steelyard_hardware.outputs import cost_usd
from steelyard_hardware.parts import BATCHES, prices_date

PAGE = ROOT / "docs" / "hardware.md"
IMAGES = ROOT / "docs" / "images"
BEGIN, END = "<!-- budget: made by `make budget` -->", "<!-- end of budget -->"


def write_page() -> None:
    """Put tables and plots into docs/. Raises HardwareError."""
    page = read_text(PAGE)
    for begin, end, make in ((BEGIN, END, text), (closing.BEGIN, closing.END, closing.text)):
        before, begun, rest = page.partition(begin)
        _, ended, after = rest.partition(end)
        if not (begun and ended):
            raise errors.PageWithoutMarks(path=shown(PAGE), begin=begin, end=end)
        page = before + make() + after
    write(PAGE, page)
    for name, image in images().items():
        write(IMAGES / name, image)


def text() -> str:
    """Return the generated part of docs/hardware.md."""
    sections = [_noise(), _temperature(), _supply_rejection(), _power(), _cost()]
    return "\n".join([BEGIN, "\n\n".join("\n".join(lines) for lines in sections), END])


def _noise() -> list[str]:
    scale = figures().scale
    samples = scale.filter_samples
    return [
        "### Noise",
        f"{scale.cell_mv_per_v} mV/V, {scale.cell_capacity_g / 1000:g} kg cell, {scale.excitation_v} V: "
        f"{model.nv_per_count():.2f} nV a count, {model.counts_per_interval():.0f} counts an interval of {scale.e_g} g "
        f"(Max {scale.max_g / 1000:g} kg, n = {scale.intervals}). "
        f"Noise-free means {model.PEAK_TO_PEAK} standard deviations.",
        "",
        f"| chain | counts, standard deviation | noise-free steps an interval, each reading | mean of {samples} |",
        "| --- | --- | --- | --- |",
        *(
            f"| {noise.name} | {noise.counts:.0f} | {noise.noise_free(1):.1f} | {noise.noise_free(samples):.1f} |"
            for noise in model.noises()
        ),
        "",
        "![Noise-free steps an interval by the length of the mean](images/hardware-noise.svg)",
    ]


def _temperature() -> list[str]:
    limits = figures().limits
    return [
        "### Temperature",
        f"Limits: zero {limits.zero_intervals_per_5_k:g} interval per 5 K; span {limits.span_intervals_at_max:g} "
        f"intervals at Max from {limits.temperature_c[0]} to {limits.temperature_c[1]} °C, "
        f"of which cell and converter may use {limits.share_of_converter_and_cell:.0%}. Uncompensated, with the bead's "
        f"{drift.bead_ppm_per_k(figures().converters['hx711']):.1f} ppm/K at the HX711:",
        "",
        "| chain | zero, intervals per 5 K | span, intervals at Max | within |",
        "| --- | --- | --- | --- |",
        *(_row(each, "") for each in drift.typical_drifts()),
        *(_row(each, ", worst case") for each in drift.worst_drifts()),
        "",
        "At the worst case of both cell and converter span needs the agent's compensation; zero does not.",
        "",
        "![Span over temperature](images/hardware-temperature.svg)",
    ]


def _row(each: drift.Drift, case: str) -> str:
    return f"| {each.name}{case} | {each.zero:.2f} | {each.span:.2f} | {'yes' if each.within() else 'no'} |"


def _supply_rejection() -> list[str]:
    moved = " and ".join(
        f"{drift.ripple_intervals(name):.1e} intervals ({name.upper()})" for name in figures().converters
    )
    return [
        "### Supply rejection",
        f"{figures().ripple.vsys_mv} mV of ripple on VSYS and {figures().ripple.boost_mv} mV of the boost converter's "
        f"own move the indication by {moved}. "
        "Slow changes of the excitation cancel, as the converter's reference is the excitation.",
    ]


def _power() -> list[str]:
    power = figures().power
    return [
        "### Power",
        f"Battery {power.battery_mah} mAh, {power.usable:.0%} of it used; a market day is {power.day_hours} h.",
        "",
        "| board | mean current | battery | lamps always on |",
        "| --- | --- | --- | --- |",
        *(
            f"| {board} | {model.milliamperes(board):.0f} mA "
            f"| {model.hours(board):.0f} h | {model.hours(board, 1.0):.0f} h |"
            for board in profile.names_with_circuit()
        ),
        "",
        "| board | full again beside a working scale | at the worst case | what the timer lets back |",
        "| --- | --- | --- | --- |",
        *(
            f"| {board} | {charge(board, 0).hours:.1f} h | {charge(board, 1).hours:.1f} h "
            f"| {charge(board, 0).share:.0%}, at worst {charge(board, 1).share:.0%} |"
            for board in profile.names_with_circuit()
        ),
        "",
        "A charge that the timer ended begins again when the plug is pulled and put in.",
        "",
        "![Battery life by the share of the day with lamps](images/hardware-power.svg)",
        "",
        f"The clock's coin cell keeps time and latch for {model.coin_years():.0f} years of a scale that is always off.",
    ]


def _cost() -> list[str]:
    return [
        "### Cost",
        f"Parts of one board with displays, keypad and battery, US dollars, indicative, {prices_date()}; "
        "without case, load cell, pan, board and assembly.",
        "",
        "| board | " + " | ".join(f"{batch:,}" for batch in BATCHES) + " |",
        "| --- | --- | --- | --- |",
        *(
            f"| {board} | " + " | ".join(f"{cost:.2f}" for cost in cost_usd(circuit.load(board))) + " |"
            for board in profile.names_with_circuit()
        ),
    ]
