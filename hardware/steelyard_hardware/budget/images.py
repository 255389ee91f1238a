"""The plots of docs/hardware.md, and the sealing plan beside them."""

from __future__ import annotations

from steelyard_hardware import profile
from steelyard_hardware.budget import model
from steelyard_hardware.budget.drift import bead_ppm_per_k
from steelyard_hardware.budget.figures import figures
from steelyard_hardware.drawing.plot import Curve, plot
from steelyard_hardware.drawing.sealing import drawing

_MEANS = (1, 2, 4, 8, 16, 32)
_SHARES = tuple(step / 10 for step in range(11))


def images() -> dict[str, str]:
    """Return every image as SVG by file name."""
    return {
        "hardware-sealing.svg": drawing().svg(),
        "hardware-noise.svg": _noise(),
        "hardware-temperature.svg": _temperature(),
        "hardware-power.svg": _power(),
    }


def _noise() -> str:
    return plot(
        "Noise-free steps an interval (e = 5 g)",
        "readings in the mean",
        [str(each) for each in _MEANS],
        [Curve(noise.name, [noise.noise_free(each) for each in _MEANS]) for noise in model.noises()],
    )


def _temperature() -> str:
    limits = figures().limits
    low_c, high_c = limits.temperature_c
    celsius = range(low_c, high_c + 1, 5)

    def span(ppm_per_k: float) -> list[float]:
        """Error at Max in intervals by temperature, on a scale that was set to zero at each."""
        return [ppm_per_k * 1e-6 * figures().scale.intervals * (each - limits.reference_c) for each in celsius]

    allowed = limits.span_intervals_at_max * limits.share_of_converter_and_cell
    return plot(
        "Span error at Max without compensation, intervals",
        "degrees Celsius",
        [str(each) for each in celsius],
        [
            Curve("class III cell with converter", span(model.cells()["class_iii"].span_ppm_per_k)),
            *(
                Curve(f"{name.upper()} by itself", span(each.gain_ppm_per_k[0] + bead_ppm_per_k(each)))
                for name, each in figures().converters.items()
            ),
            Curve("upper limit for cell and converter", [allowed] * len(celsius)),
            Curve("lower limit", [-allowed] * len(celsius)),
        ],
    )


def _power() -> str:
    return plot(
        "Battery life, hours",
        "share of the day with lamps on",
        [f"{each:.0%}" for each in _SHARES],
        [
            *(Curve(board, [model.hours(board, each) for each in _SHARES]) for board in profile.names_with_circuit()),
            Curve("a market day", [float(figures().power.day_hours)] * len(_SHARES)),
        ],
    )
