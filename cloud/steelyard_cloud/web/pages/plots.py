"""Plots as SVG made on the server by pygal: no script, quiet lines, readable in light and dark."""

import math
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pygal
from pygal.style import Style

from steelyard_cloud.errors import NotFound
from steelyard_cloud.scales.series import Sample
from steelyard_cloud.web.words.i18n import N_, Speech

# pygal leaves a finder for plug-ins in the import system, of a kind that Python warns of at every later import.
sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, pygal.PluginImportFixer)]

PLOTS: dict[str, tuple[str, Callable[[Sample], float]]] = {
    "weight": (N_("Weight, kg"), lambda one: one.gross_mg / 1e6),
    "zero": (N_("Zero, counts"), lambda one: float(one.zero_counts)),
    "noise": (N_("Noise, counts"), lambda one: float(one.noise_counts)),
}

_LEAST = {"weight": 0.1, "zero": 60.0, "noise": 30.0}
_DECIMALS = {"weight": 3, "zero": 0, "noise": 0}
_X_LABELS = 5
_LABEL_WIDTH = 7  # equal widths keep the time axes of the three plots below one another
_FIGURE_SPACE = "\u2007"

_STYLE = Style(
    background="transparent",
    plot_background="transparent",
    foreground="#6b757b",
    foreground_strong="#6b757b",
    foreground_subtle="#c9cdc9",
    guide_stroke_color="#c9cdc9",
    major_guide_stroke_color="#c9cdc9",
    guide_stroke_dasharray="1,0",
    major_guide_stroke_dasharray="1,0",
    stroke_width=1.8,
    font_family="system-ui, 'Noto Sans CJK SC', sans-serif",
    label_font_size=15,
    major_label_font_size=15,
    colors=("#2b7f8f",),
    opacity=".10",
    opacity_hover=".10",
    transition="0s",
)


def draw(name: str, samples: list[Sample], speech: Speech) -> bytes:
    """The plot `name` of the samples, oldest first, as SVG; raises NotFound for another name."""
    if name not in PLOTS:
        raise NotFound(what="plot", name=name)
    title, value = PLOTS[name]
    chart = pygal.DateTimeLine(
        style=_STYLE,
        width=1040,
        height=250,
        margin=6,
        margin_right=18,
        explicit_size=False,
        show_legend=False,
        show_dots=len(samples) < 3,
        dots_size=3,
        fill=False,
        js=(),
        x_label_rotation=0,
        truncate_label=-1,
        no_data_text=speech.say(N_("Nothing reported yet")),
        x_value_formatter=lambda at: _clock(at, samples, speech),
        value_formatter=lambda y: speech.number(y, _DECIMALS[name]).rjust(_LABEL_WIDTH, _FIGURE_SPACE),
        disable_xml_declaration=True,
    )
    chart.add_xml_filter(_without_script)
    points = [(datetime.fromtimestamp(one.at_ms / 1000, speech.zone), value(one)) for one in samples]
    if points:
        first, last = points[0][0], points[-1][0]
        chart.x_labels = [first + (last - first) * part / _X_LABELS for part in range(_X_LABELS + 1)]
        chart.y_labels = ticks([y for _, y in points], _LEAST[name], from_zero=name == "noise")
        chart.range = (chart.y_labels[0], chart.y_labels[-1])
    chart.add(speech.say(title), points)
    return str(chart.render(is_unicode=True)).encode()


def _without_script(root: Any) -> Any:
    """Take out the configuration that pygal leaves for its tooltips."""
    for parent in root.iter():
        for child in [one for one in parent if str(one.tag).endswith("script")]:
            parent.remove(child)
    return root


def ticks(values: list[float], least: float, *, from_zero: bool) -> list[float]:
    """Round values for the axis that take in all of `values` and span at least `least`.

    A small span would make noise look like a change.
    """
    low, high = min(values), max(values)
    if from_zero:
        low = 0.0
    if high - low < least:
        middle = (high + low) / 2
        low, high = (low, low + least) if from_zero else (middle - least / 2, middle + least / 2)
    rough = (high - low) / 3
    power = 10 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [number * step for number in range(first, last + 1)]


def _clock(at: datetime, samples: list[Sample], speech: Speech) -> str:
    long = samples and samples[-1].at_ms - samples[0].at_ms > 86_400_000
    return at.astimezone(speech.zone).strftime("%m-%d %H:%M" if long else "%H:%M:%S")
