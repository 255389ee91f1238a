"""The live weight as a small plot in the terminal, with counts, noise and stability beside it."""

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console, ConsoleOptions, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from steelyard_gateway.scale.mass import shown

BLOCKS, PLAIN = " ▁▂▃▄▅▆▇█", " ...:::##"
"""Eighths of a letter's height, and what stands for them in ASCII."""
ROWS = 8


def plot(values: Sequence[float], rows: int = ROWS, letters: str = BLOCKS) -> list[str]:
    """Rows of `letters`, top first, one column a value, scaled to the values' own range."""
    if not values:
        return [""] * rows
    low, high = min(values), max(values)
    steps = rows * 8 - 1
    heights = [1 + round((value - low) / (high - low) * steps) if high > low else rows * 4 for value in values]
    return ["".join(letters[max(0, min(8, height - 8 * row))] for height in heights) for row in range(rows - 1, -1, -1)]


class Live:
    """Keeps the last readings and draws them; `add` takes one JSON line of the console's `watch`."""

    def __init__(self, name: str, unit_mg: int, columns: int = 60) -> None:
        self.name, self.unit_mg = name, unit_mg
        self.readings: deque[dict[str, Any]] = deque(maxlen=columns)

    def add(self, reading: dict[str, Any]) -> None:
        """Take the newest reading."""
        self.readings.append(reading)

    def _range(self, weights: Sequence[int]) -> str:
        return (
            " to ".join(shown(bound(weights) * self.unit_mg, self.unit_mg) for bound in (min, max)) if weights else ""
        )

    def __rich_console__(self, _: Console, options: ConsoleOptions) -> Iterator[Panel]:
        """The view as it is now, in ASCII for a terminal that knows no more."""
        if not self.readings:
            yield Panel("waiting for the first reading", title=Text(self.name))
            return
        now, ascii_only = self.readings[-1], options.ascii_only
        weights = [reading["net"] for reading in self.readings if reading.get("net") is not None]
        facts = Table.grid(padding=(0, 2))
        word, style = ("stable", "green") if now.get("stable") else ("moving", "yellow")
        facts.add_row(Text(now.get("indication") or "- - -", "bold"), Text(word, style))
        facts.add_row("counts", str(now.get("filtered_counts", "")))
        facts.add_row("noise", f"{now.get('noise_counts', '')} counts")
        ends = "Ctrl-C ends the view, the scale goes on" if options.max_width >= 44 else "Ctrl-C ends the view"
        picture = Text("\n".join(plot(weights, letters=PLAIN if ascii_only else BLOCKS)), "cyan")
        scale = Text(self._range(weights), "dim")
        yield Panel(Group(facts, picture, scale), title=Text(self.name), subtitle=ends)
