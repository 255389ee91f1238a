"""Plots as SVG made on the server by pygal: no script, quiet lines, readable in light and dark."""

import sys
from collections.abc import Callable
from datetime import datetime

import pygal
from pygal.style import Style

from steelyard_cloud.registry.errors import Unknown
from steelyard_cloud.web.i18n import N_, Speech
from steelyard_cloud.web.series import Sample

# pygal leaves a finder for plug-ins in the import system, of a kind that Python warns of at every later import.
sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, pygal.PluginImportFixer)]

PLOTS: dict[str, tuple[str, Callable[[Sample], float]]] = {
    "weight": (N_("Weight, kg"), lambda one: one.gross_mg / 1e6),
    "zero": (N_("Zero, counts"), lambda one: float(one.zero_counts)),
    "noise": (N_("Noise, counts"), lambda one: float(one.noise_counts)),
}

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
    """The plot `name` of the samples, oldest first, as SVG; raises Unknown for another name."""
    if name not in PLOTS:
        raise Unknown(what="plot", name=name)
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
        y_labels_major_count=4,
        show_minor_y_labels=False,
        show_minor_x_labels=False,
        truncate_label=-1,
        no_data_text=speech.say(N_("Nothing reported yet")),
        include_x_axis=False,
        x_value_formatter=lambda at: _clock(at, samples, speech),
        value_formatter=lambda y: speech.number(y, _decimals(name, samples)),
        disable_xml_declaration=True,
        human_readable=False,
    )
    points = [(datetime.fromtimestamp(one.at_ms / 1000, speech.zone), value(one)) for one in samples]
    if points:
        step = max(1, (len(points) - 1) // 5)
        chart.x_labels = [at for at, _ in points[::step]]
        chart.range = _range([y for _, y in points], name)
    chart.add(speech.say(title), points)
    return str(chart.render(is_unicode=True)).encode()


def _range(values: list[float], name: str) -> tuple[float, float]:
    """A range that neither hides a change nor makes noise look like one."""
    low, high = min(values), max(values)
    least = {"weight": 0.05, "zero": 40.0, "noise": 10.0}[name]
    room = max(least, (high - low) * 0.08)
    floor = 0.0 if name == "noise" else low - room
    return floor, high + room


def _decimals(name: str, samples: list[Sample]) -> int:
    return 3 if name == "weight" else 0


def _clock(at: datetime, samples: list[Sample], speech: Speech) -> str:
    long = samples and samples[-1].at_ms - samples[0].at_ms > 86_400_000
    return at.astimezone(speech.zone).strftime("%m-%d %H:%M" if long else "%H:%M:%S")
