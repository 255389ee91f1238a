"""Drift with temperature and supply: typical, and at the worst case of parts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

from steelyard_hardware.budget.figures import ConverterFigures, figures
from steelyard_hardware.budget.model import cells, counts_per_interval, nv_per_count


class Case(IntEnum):
    """Which of a pair of figures."""

    TYPICAL = 0
    WORST = 1


@dataclass(frozen=True)
class Drift:
    """Temperature behaviour of one chain: zero in intervals per 5 K, span in intervals at Max over the rated range."""

    name: str
    zero: float
    span: float

    def within(self) -> bool:
        """Tell whether the chain keeps the part of both limits that cell and converter may use."""
        limits = figures().limits
        share = limits.share_of_converter_and_cell
        return self.zero <= limits.zero_intervals_per_5_k * share and self.span <= limits.span_intervals_at_max * share


def bead_ppm_per_k(converter: ConverterFigures) -> float:
    """Return what the bead's copper does to the span: nothing where the reference is taken behind it."""
    if converter.measures_at == "cell":
        return 0.0
    return figures().bead.ohm / figures().scale.cell_ohm * figures().bead.ppm_per_k


def _span_intervals_per_ppm() -> float:
    limits = figures().limits
    reach_k = max(abs(each - limits.reference_c) for each in limits.temperature_c)
    return 1e-6 * reach_k * figures().scale.intervals


def converter_drift(name: str, case: Case) -> Drift:
    """Return the drift of a converter by itself, with its bead."""
    converter = figures().converters[name]
    interval_nv = counts_per_interval() * nv_per_count()
    ppm_per_k = converter.gain_ppm_per_k[case] + bead_ppm_per_k(converter)
    zero = converter.offset_nv_per_k[case] * 5 / interval_nv
    return Drift(f"{name.upper()} by itself", zero, ppm_per_k * _span_intervals_per_ppm())


def typical_drifts() -> list[Drift]:
    """Return the chains as they usually are: converters, then the simulator's cells, which are of whole recordings."""
    counts = cells()["counts_per_g"] * figures().scale.e_g
    found = [converter_drift(name, Case.TYPICAL) for name in figures().converters]
    for name, title in (("class_iii", "class III cell with converter"), ("cheap", "cheap bar with converter")):
        habits = cells()[name]
        span = habits.span_ppm_per_k * _span_intervals_per_ppm()
        found.append(Drift(title, habits.zero_counts_per_k * 5 / counts, span))
    return found


def worst_drifts() -> list[Drift]:
    """Return the chains at the worst case: converters, then each with a class III cell at the limit of its certificate.

    Zero adds up; of span the squares do, as R 76-1 lets modules share a limit.
    """
    cell, scale = figures().cell_at_worst, figures().scale
    alone = [converter_drift(name, Case.WORST) for name in figures().converters]
    cell_zero = cell.zero_g_per_5_k / scale.e_g
    cell_span = cell.span_share * figures().limits.span_intervals_at_max
    return alone + [
        Drift(f"class III cell with {name.upper()}", cell_zero + own.zero, math.hypot(cell_span, own.span))
        for name, own in zip(figures().converters, alone, strict=True)
    ]


def ripple_intervals(converter: str) -> float:
    """Return what ripple on VSYS and of the boost converter moves the indication at Max by, in intervals."""
    ripple = figures().ripple
    rejection_db = figures().converters[converter].supply_rejection_db
    outside_db = ripple.boost_attenuation_db + ripple.regulator_db + rejection_db
    own_db = ripple.boost_regulator_db + rejection_db
    left_nv = sum(mv * 1e6 * 10 ** (-db / 20) for mv, db in ((ripple.vsys_mv, outside_db), (ripple.boost_mv, own_db)))
    return float(left_nv / (counts_per_interval() * nv_per_count()))
