"""figures.toml as types: what the budgets reckon with. Units are in the names; `_v` volts, `_nv` nanovolts."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Literal

from pydantic import Field
from pydantic import Strict as Strictness

from steelyard_hardware.files import ROOT, Strict, read_table

FIGURES = ROOT / "hardware" / "figures.toml"

Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(gt=0)]
Share = Annotated[float, Field(gt=0, le=1)]
Pair = Annotated[tuple[Positive, Positive], Strictness(False)]


class Scale(Strict):
    """The scale: class III, its load cell, and the mean over readings that it shows."""

    max_g: Count
    e_g: Count
    intervals: Count
    excitation_v: Positive
    cell_mv_per_v: Positive
    cell_capacity_g: Count
    cell_ohm: Count
    filter_samples: Count
    correlation: Positive


class ConverterFigures(Strict):
    """What a converter's data sheet says; drift as typical and worst case."""

    noise_nv: Positive
    offset_nv_per_k: Pair
    gain_ppm_per_k: Pair
    supply_rejection_db: Positive
    measures_at: Literal["cell", "rail"]


class Bead(Strict):
    """The resistance of the bead in the excitation, and how it grows with temperature."""

    ohm: Positive
    ppm_per_k: Positive


class CellAtWorst(Strict):
    """What a class III cell may do at worst: share of the limit of span, grams of zero in 5 K."""

    span_share: Share
    zero_g_per_5_k: Positive


class Limits(Strict):
    """Limits of R 76-1, and the part of them that cell and converter may use."""

    zero_intervals_per_5_k: Positive
    span_intervals_at_max: Positive
    temperature_c: Annotated[tuple[int, int], Strictness(False)]
    reference_c: int
    share_of_converter_and_cell: Share


class Ripple(Strict):
    """Ripple on VSYS and of the boost converter itself, and what regulators take away of each."""

    vsys_mv: Count
    boost_attenuation_db: Positive
    boost_mv: Count
    boost_regulator_db: Positive
    regulator_db: Positive


class Power(Strict):
    """The battery and a market day."""

    battery_mah: Count
    usable: Share
    day_hours: Count


class Coin(Strict):
    """The clock's coin cell while the scale is off."""

    capacity_mah: Positive
    self_discharge_per_year: Share
    clock_ua: Positive
    pull_up_ohm: Count
    volts: Positive


class Figures(Strict):
    """The whole file. `converters` has those whose data sheets were read, by the name of their driver."""

    scale: Scale
    converters: dict[str, ConverterFigures]
    bead: Bead
    cell_at_worst: CellAtWorst
    limits: Limits
    ripple: Ripple
    power: Power
    coin: Coin


@cache
def figures() -> Figures:
    """Return figures.toml. Raises HardwareError."""
    return read_table(FIGURES, Figures)
