"""A chip or connector as people draw one: a box with rows of pins on both sides.

A small part that hangs on one pin alone is drawn at that pin.
"""

from __future__ import annotations

from dataclasses import dataclass

from steelyard_hardware.circuit import GROUND, Circuit, Part
from steelyard_hardware.drawing.canvas import Canvas, text_width
from steelyard_hardware.drawing.symbols import BODY, REF, SYMBOL_W, WIRE, cross, horizontal, label

_PITCH = 5.0
_STUB = 6.0
_LONG_NUMBERS = 12


@dataclass
class _Row:
    """A pin as drawn: its numbers, name and net, and the small part that hangs on it alone."""

    numbers: str
    name: str
    net: str | None
    hanging: Part | None = None
    far_net: str | None = None

    def shown_numbers(self) -> str:
        """Return the pin numbers, of many only the first."""
        return self.numbers if len(self.numbers) < _LONG_NUMBERS else self.numbers.split(",")[0] + ",.."

    def stub(self) -> float:
        """Return the length of the wire beside the box, under its numbers."""
        return max(_STUB, text_width(self.shown_numbers(), 1.7) + 2)

    def reach(self) -> float:
        """Return how far the row reaches out of the box."""
        if self.net is None:
            return self.stub() + 1.5
        net = self.far_net if self.hanging else self.net
        return self.stub() + (SYMBOL_W + 2 if self.hanging else 0) + text_width(net or "", 2.2) + 4


class Box:
    """A part with its rows of pins; the parts that hang on them are added to `taken`."""

    def __init__(self, circuit: Circuit, part: Part, taken: set[str]) -> None:
        self.part = part
        self.left = self._rows(circuit, "left", taken)
        self.right = self._rows(circuit, "right", taken)
        names = [max([text_width(row.name, 2.2) for row in rows] or [0.0]) for rows in (self.left, self.right)]
        self.body_w = max(sum(names) + 9.0, 16.0)
        self.left_w = max([row.reach() for row in self.left] or [0.0])
        self.right_w = max([row.reach() for row in self.right] or [0.0])
        self.w = max(self.left_w + self.body_w + self.right_w, text_width(part.value, 2.2))
        self.body_h = (max(len(self.left), len(self.right)) + 1) * _PITCH
        self.h = self.body_h + 9.0

    def _rows(self, circuit: Circuit, side: str, taken: set[str]) -> list[_Row]:
        rows: list[_Row] = []
        for pin in self.part.kind.pins:
            if pin.side != side:
                continue
            net = self.part.nets.get(pin.number)
            if rows and rows[-1].name == pin.name and rows[-1].net == net:
                rows[-1].numbers += "," + pin.number
                continue
            row = _Row(pin.number, pin.name, net)
            other = self._alone_on(circuit, net)
            if other and other.ref not in taken:
                taken.add(other.ref)
                row.hanging = other
                row.far_net = next((far for far in other.nets.values() if far != net), net)
            rows.append(row)
        return rows

    def _alone_on(self, circuit: Circuit, net: str | None) -> Part | None:
        """Return the small part of this block that `net` joins to this box, if it joins nothing else."""
        if net is None or net in circuit.rails or net == GROUND:
            return None
        others = [circuit.parts[node.ref] for node in circuit.nets()[net] if node.ref != self.part.ref]
        if len(others) == 1 and others[0].kind.symbol != "box" and others[0].block == self.part.block:
            return others[0]
        return None

    def draw(self, c: Canvas, circuit: Circuit, x: float, y: float) -> None:
        """Draw the box with its upper left corner, labels included, at (x, y)."""
        body_x, body_y = x + self.left_w, y + 4.5
        c.text(body_x, y + 3.2, self.part.ref, 2.8, bold=True, colour=REF)
        c.rectangle(body_x, body_y, self.body_w, self.body_h, width=0.4, fill=BODY)
        c.text(body_x + self.body_w / 2, body_y + self.body_h + 3.2, self.part.value, 2.2, "middle", colour=REF)
        for direction, rows, edge in ((-1, self.left, body_x), (1, self.right, body_x + self.body_w)):
            for number, row in enumerate(rows):
                _draw_row(c, circuit, row, edge, body_y + (number + 1) * _PITCH, direction)


def _draw_row(c: Canvas, circuit: Circuit, row: _Row, x: float, y: float, direction: int) -> None:
    inner, outer = ("end", "start") if direction > 0 else ("start", "end")
    c.text(x - direction * 1.2, y + 0.8, row.name, 2.2, inner)
    c.text(x + direction * 0.8, y - 0.6, row.shown_numbers(), 1.7, outer, colour="#6b6b6b")
    end = x + direction * row.stub()
    if row.net is None:
        c.line((x, y), (end, y))
        cross(c, end, y)
        return
    c.line((x, y), (end, y), colour=WIRE)
    net = row.net
    if row.hanging:
        horizontal(c, row.hanging, end, y, direction)
        end += direction * SYMBOL_W
        c.line((end, y), (end + direction * 2, y), colour=WIRE)
        end += direction * 2
        net = row.far_net or net
    label(c, circuit, net, end, y, direction)
