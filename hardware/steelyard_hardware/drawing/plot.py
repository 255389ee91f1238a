"""A line plot on a sheet: a few curves over named places, with a legend, as SVG."""

from __future__ import annotations

import math
from dataclasses import dataclass

from steelyard_hardware.drawing.canvas import Canvas

_COLOURS = ("#1a3f8b", "#b3261e", "#00695c", "#9c6a00", "#6a1b9a")
_W, _H = 160.0, 84.0
_LEFT, _TOP, _RIGHT, _BOTTOM = 14.0, 10.0, 6.0, 14.0


@dataclass(frozen=True)
class Curve:
    """One curve: its name in the legend, and a value for each place."""

    name: str
    values: list[float]


def plot(title: str, along: str, places: list[str], curves: list[Curve]) -> str:
    """Return the plot of `curves` over `places`; the axis begins at zero unless something is below."""
    legend_h = 4.2 * len(curves)
    c = Canvas(_W, _H + legend_h, title)
    highest = max(max(curve.values) for curve in curves)
    lowest = min(0.0, *(min(curve.values) for curve in curves))
    step = _step((highest - lowest) / 5)
    bottom, top = math.floor(lowest / step) * step, math.ceil(highest / step) * step

    def x(place: int) -> float:
        return _LEFT + (_W - _LEFT - _RIGHT) * place / (len(places) - 1)

    def y(value: float) -> float:
        return _TOP + (_H - _TOP - _BOTTOM) * (top - value) / (top - bottom)

    c.text(_LEFT, 6, title, 3.4, bold=True)
    for number in range(round((top - bottom) / step) + 1):
        value = bottom + number * step
        c.line((_LEFT, y(value)), (_W - _RIGHT, y(value)), width=0.15, colour="#c9ced3")
        c.text(_LEFT - 1.5, y(value) + 0.9, f"{value:g}", 2.6, "end")
    for place, name in enumerate(places):
        c.text(x(place), _H - _BOTTOM + 4, name, 2.6, "middle")
    c.text((_LEFT + _W - _RIGHT) / 2, _H - _BOTTOM + 8.5, along, 2.6, "middle", colour="#555555")
    for number, curve in enumerate(curves):
        colour = _COLOURS[number % len(_COLOURS)]
        c.line(*((x(place), y(value)) for place, value in enumerate(curve.values)), width=0.6, colour=colour)
        legend_y = _H - 2 + number * 4.2
        c.line((_LEFT, legend_y - 0.9), (_LEFT + 6, legend_y - 0.9), width=0.8, colour=colour)
        c.text(_LEFT + 8, legend_y, curve.name, 2.8)
    return c.svg()


def _step(rough: float) -> float:
    """Return the next round number: 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= rough)
