"""Draws a circuit as people read one: a framed block for each duty, chips as boxes, small parts as symbols.

A small part that hangs on one pin alone is drawn at that pin; the others stand in a row below. Nets that go further
carry their name, rails a bar, ground its symbol.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from steelyard_hardware.canvas import Canvas, text_width
from steelyard_hardware.circuit import Circuit, Part
from steelyard_hardware.erc import GROUND

_PITCH = 5.0
_STUB = 6.0
_SYMBOL = 9.0
_SMALL_W, _SMALL_H = 17.0, 25.0
_MARGIN = 5.0
_TITLE_H = 8.0
_NOTE_H = 3.4
_SHEET_MARGIN = 12.0
_GAP = 6.0
_INNER_W = 125.0
_FRAME = "#9aa4ad"
_WIRE = "#00695c"
_RAIL = "#b3261e"
_BODY = "#fff8e1"
_REF = "#1a3f8b"
_PAPERS = {"A3": (420.0, 297.0), "A2": (594.0, 420.0), "A1": (841.0, 594.0), "A0": (1189.0, 841.0)}


@dataclass
class _Row:
    """A pin as drawn: its numbers, name and net, and the small part that hangs on it alone."""

    numbers: str
    name: str
    net: str | None
    hanging: Part | None
    far_net: str | None


class _Box:
    """A chip or connector with rows of pins on both sides."""

    def __init__(self, circuit: Circuit, part: Part, taken: set[str]) -> None:
        self.part = part
        self.left = self._rows(circuit, "left", taken)
        self.right = self._rows(circuit, "right", taken)
        names = [max([text_width(row.name, 2.2) for row in rows] or [0.0]) for rows in (self.left, self.right)]
        self.body_w = max(sum(names) + 9.0, 16.0)
        self.left_w = max([_reach(row) for row in self.left] or [0.0])
        self.right_w = max([_reach(row) for row in self.right] or [0.0])
        self.w = max(self.left_w + self.body_w + self.right_w, text_width(part.value, 2.2))
        self.body_h = (max(len(self.left), len(self.right)) + 1) * _PITCH
        self.h = self.body_h + 9.0

    def _rows(self, circuit: Circuit, side: str, taken: set[str]) -> list[_Row]:
        nets = circuit.nets()
        rows: list[_Row] = []
        for pin in self.part.kind.pins:
            if pin.side != side:
                continue
            net = self.part.nets.get(pin.number)
            if rows and rows[-1].name == pin.name and rows[-1].net == net:
                rows[-1].numbers += "," + pin.number
                continue
            row = _Row(pin.number, pin.name, net, None, None)
            others = [node.ref for node in nets.get(net or "", []) if node.ref != self.part.ref]
            if net and net not in circuit.rails and net != GROUND and len(others) == 1:
                other = circuit.parts[others[0]]
                if other.kind.symbol != "box" and other.block == self.part.block and other.ref not in taken:
                    taken.add(other.ref)
                    row.hanging = other
                    row.far_net = next((far for far in other.nets.values() if far != net), net)
            rows.append(row)
        return rows

    def draw(self, c: Canvas, circuit: Circuit, x: float, y: float) -> None:
        body_x, body_y = x + self.left_w, y + 4.5
        c.text(body_x, y + 3.2, self.part.ref, 2.8, bold=True, colour=_REF)
        c.rectangle(body_x, body_y, self.body_w, self.body_h, width=0.4, fill=_BODY)
        c.text(body_x + self.body_w / 2, body_y + self.body_h + 3.2, self.part.value, 2.2, "middle", colour=_REF)
        for direction, rows, edge in ((-1, self.left, body_x), (1, self.right, body_x + self.body_w)):
            for number, row in enumerate(rows):
                self._pin(c, circuit, row, edge, body_y + (number + 1) * _PITCH, direction)

    def _pin(self, c: Canvas, circuit: Circuit, row: _Row, x: float, y: float, direction: int) -> None:
        c.text(x - direction * 1.2, y + 0.8, row.name, 2.2, "end" if direction > 0 else "start")
        numbers = row.numbers if len(row.numbers) < 12 else row.numbers.split(",")[0] + ",…"
        c.text(
            x + direction * 0.8,
            y - 0.6,
            numbers.replace("…", ".."),
            1.7,
            "start" if direction > 0 else "end",
            colour="#6b6b6b",
        )
        end = x + direction * _stub(row)
        if row.net is None:
            c.line((x, y), (x + direction * _stub(row), y))
            _cross(c, x + direction * _stub(row), y)
            return
        c.line((x, y), (end, y), colour=_WIRE)
        net = row.net
        if row.hanging:
            _horizontal(c, row.hanging, end, y, direction)
            end += direction * _SYMBOL
            c.line((end, y), (end + direction * 2, y), colour=_WIRE)
            end += direction * 2
            net = row.far_net or net
        _label(c, circuit, net, end, y, direction)


def _stub(row: _Row) -> float:
    numbers = row.numbers if len(row.numbers) < 12 else row.numbers.split(",")[0] + ",.."
    return max(_STUB, text_width(numbers, 1.7) + 2)


def _reach(row: _Row) -> float:
    if row.net is None:
        return _stub(row) + 1.5
    net = row.far_net if row.hanging else row.net
    return _stub(row) + (_SYMBOL + 2 if row.hanging else 0) + text_width(net or "", 2.2) + 4


def _cross(c: Canvas, x: float, y: float) -> None:
    c.line((x - 1, y - 1), (x + 1, y + 1), colour=_RAIL)
    c.line((x - 1, y + 1), (x + 1, y - 1), colour=_RAIL)


def _label(c: Canvas, circuit: Circuit, net: str, x: float, y: float, direction: int) -> None:
    """Name `net` at the end of a horizontal wire that goes left (-1) or right (1)."""
    if net == GROUND:
        _ground(c, x, y)
        return
    colour = _RAIL if net in circuit.rails else _WIRE
    if net in circuit.rails:
        c.line((x, y - 1.6), (x, y + 1.6), width=0.5, colour=_RAIL)
    else:
        c.shape(
            (x, y), (x + direction * 1.2, y - 1), (x + direction * 1.2, y + 1), width=0.2, colour=_WIRE, fill="#ffffff"
        )
    c.text(x + direction * 1.8, y + 0.8, net, 2.2, "start" if direction > 0 else "end", colour=colour)


def _ground(c: Canvas, x: float, y: float) -> None:
    c.line((x, y), (x, y + 0.9), colour=_WIRE)
    for step, half in enumerate((1.6, 1.0, 0.4)):
        c.line((x - half, y + 0.9 + step * 0.7), (x + half, y + 0.9 + step * 0.7), width=0.35, colour=_WIRE)


Draw = Callable[[Canvas, Callable[[float, float], tuple[float, float]]], None]


def _resistor(c: Canvas, at: Callable[[float, float], tuple[float, float]]) -> None:
    c.line(at(0, 0), at(2, 0))
    c.shape(at(2, -1.1), at(7, -1.1), at(7, 1.1), at(2, 1.1), width=0.35, fill=_BODY)
    c.line(at(7, 0), at(9, 0))


def _capacitor(c: Canvas, at: Callable[[float, float], tuple[float, float]]) -> None:
    c.line(at(0, 0), at(4, 0))
    c.line(at(4, -1.9), at(4, 1.9), width=0.5)
    c.line(at(5, -1.9), at(5, 1.9), width=0.5)
    c.line(at(5, 0), at(9, 0))


def _inductor(c: Canvas, at: Callable[[float, float], tuple[float, float]]) -> None:
    c.line(at(0, 0), at(2, 0))
    c.shape(at(2, -1.0), at(7, -1.0), at(7, 1.0), at(2, 1.0), width=0.35, fill="#3a3a3a")
    c.line(at(7, 0), at(9, 0))


def _diode(c: Canvas, at: Callable[[float, float], tuple[float, float]]) -> None:
    """Pin 1, the cathode, is at the beginning."""
    c.line(at(0, 0), at(3, 0))
    c.line(at(3, -1.6), at(3, 1.6), width=0.5)
    c.shape(at(3, 0), at(6, -1.6), at(6, 1.6), width=0.35, fill=_BODY)
    c.line(at(6, 0), at(9, 0))


def _switch(c: Canvas, at: Callable[[float, float], tuple[float, float]]) -> None:
    c.line(at(0, 0), at(2.5, 0))
    c.line(at(2.5, 0), at(6.5, -1.8), width=0.4)
    c.line(at(6.5, 0), at(9, 0))


_SYMBOLS: dict[str, Draw] = {"R": _resistor, "C": _capacitor, "L": _inductor, "D": _diode, "S": _switch}


def _horizontal(c: Canvas, part: Part, x: float, y: float, direction: int) -> None:
    """Draw a small part from (x, y) in `direction`; the pin there may be either of its two."""
    _SYMBOLS[part.kind.symbol](c, lambda along, across: (x + direction * along, y + across))
    middle = x + direction * _SYMBOL / 2
    above = 1.5 if part.kind.symbol in "RL" else 2.2
    c.text(middle, y - above, f"{part.ref} {_short(part)}", 1.8, "middle", colour=_REF)


def _short(part: Part) -> str:
    return part.value.replace("_C0G", " C0G") if " " in part.kind.key else part.kind.order_number.partition(",")[0]


def _vertical(c: Canvas, circuit: Circuit, part: Part, x: float, y: float) -> None:
    """Draw a small part standing, its first pin above, in a cell whose upper left corner is (x, y)."""
    centre, top = x + 5.0, y + 6.5
    ends = list(part.nets.values())
    if ends[0] == GROUND and ends[1] != GROUND and part.kind.symbol not in ("D",):
        ends.reverse()
    _SYMBOLS[part.kind.symbol](c, lambda along, across: (centre - across, top + along))
    c.text(centre + 2.6, top + 4.0, part.ref, 2.0, bold=True, colour=_REF)
    c.text(centre + 2.6, top + 6.6, _short(part), 2.0, colour=_REF)
    for net, wire_y, away in ((ends[0], top, -1), (ends[1], top + _SYMBOL, 1)):
        end = wire_y + away * 1.6
        c.line((centre, wire_y), (centre, end), colour=_WIRE)
        if net == GROUND:
            _ground(c, centre, end)
            continue
        is_rail = net in circuit.rails
        if is_rail:
            c.line((centre - 1.6, end), (centre + 1.6, end), width=0.5, colour=_RAIL)
        text_y = end - 0.9 if away < 0 else end + 2.6
        c.text(x + 1.0, text_y, net, 1.9, colour=_RAIL if is_rail else _WIRE)


class _Small:
    """A small part that stands by itself."""

    def __init__(self, part: Part) -> None:
        self.part = part
        self.w = max([_SMALL_W] + [text_width(net, 1.9) + 2.5 for net in part.nets.values()])
        self.h = _SMALL_H

    def draw(self, c: Canvas, circuit: Circuit, x: float, y: float) -> None:
        _vertical(c, circuit, self.part, x, y)


class _Block:
    """One framed block, laid out when it is made: chips, then small parts, in lines from left to right."""

    def __init__(self, circuit: Circuit, title: str, width: float = _INNER_W + 2 * _MARGIN) -> None:
        self.circuit = circuit
        self.title = title
        parts = [part for part in circuit.parts.values() if part.block == title]
        taken: set[str] = set()
        boxes = [_Box(circuit, part, taken) for part in parts if part.kind.symbol == "box"]
        small = [_Small(part) for part in parts if part.kind.symbol != "box" and part.ref not in taken]
        items: list[_Box | _Small] = [*boxes, *small]
        self.w = max([width] + [item.w + 2 * _MARGIN for item in items])
        inner = self.w - 2 * _MARGIN
        self._lines = _fill(items, inner)
        self.note = _wrap(circuit.notes[title], inner, 2.1)
        self.h = _TITLE_H + sum(_line_h(line) for line in self._lines) + len(self.note) * _NOTE_H + _MARGIN / 2

    def draw(self, c: Canvas, x: float, y: float) -> None:
        c.rectangle(x, y, self.w, self.h, width=0.3, colour=_FRAME)
        c.text(x + 3, y + 5.2, self.title, 3.4, bold=True)
        below = y + _TITLE_H
        for line in self._lines:
            gap = 0.0
            if any(isinstance(item, _Box) for item in line):
                gap = (self.w - 2 * _MARGIN - sum(item.w for item in line)) / (len(line) + 1)
            along = x + _MARGIN + gap
            for item in line:
                item.draw(c, self.circuit, along, below)
                along += item.w + gap
            below += _line_h(line)
        below = y + self.h - len(self.note) * _NOTE_H
        for number, words in enumerate(self.note):
            c.text(x + 3, below + number * _NOTE_H + 1, words, 2.1, colour="#555555")


def _line_h(line: list[_Box | _Small]) -> float:
    return max(item.h for item in line) + 2


def _fill(items: list[_Box | _Small], width: float) -> list[list[_Box | _Small]]:
    """Break the parts into lines of at most `width`."""
    lines: list[list[_Box | _Small]] = []
    for item in items:
        if lines and sum(each.w for each in lines[-1]) + item.w <= width:
            lines[-1].append(item)
        else:
            lines.append([item])
    return lines


def _wrap(text: str, width: float, size: float) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        if lines and text_width(f"{lines[-1]} {word}", size) <= width:
            lines[-1] += " " + word
        else:
            lines.append(word)
    return lines


def draw(circuit: Circuit) -> Canvas:
    """Return the sheet of a circuit, on the smallest paper that holds it."""
    columns: dict[int, list[_Block]] = {}
    for title, column in circuit.blocks.items():
        columns.setdefault(column, []).append(_Block(circuit, title))
    for column, blocks in columns.items():
        widest = max(block.w for block in blocks)
        columns[column] = [_Block(circuit, block.title, widest) for block in blocks]
    width = sum(blocks[0].w + _GAP for blocks in columns.values()) + 2 * _SHEET_MARGIN
    height = max(sum(block.h + _GAP for block in blocks) for blocks in columns.values()) + 2 * _SHEET_MARGIN + 16
    paper, (sheet_w, sheet_h) = next(
        (item for item in _PAPERS.items() if width <= item[1][0] and height <= item[1][1]),
        ("own size", (width, height)),
    )
    c = Canvas(sheet_w, sheet_h, circuit.title)
    c.rectangle(5, 5, sheet_w - 10, sheet_h - 10, width=0.6)
    x = _SHEET_MARGIN
    spare = (sheet_w - width) / max(1, len(columns) - 1)
    for column in sorted(columns):
        y = _SHEET_MARGIN
        for block in columns[column]:
            block.draw(c, x, y)
            y += block.h + _GAP
        x += columns[column][0].w + _GAP + spare
    _title_block(c, circuit, paper)
    return c


def _title_block(c: Canvas, circuit: Circuit, paper: str) -> None:
    w, h = 150.0, 14.0
    x, y = c.width - 5 - w, c.height - 5 - h
    c.rectangle(x, y, w, h, width=0.6, fill="#ffffff")
    c.text(x + 4, y + 6, circuit.title, 3.4, bold=True)
    c.text(
        x + 4,
        y + 11,
        f"{len(circuit.parts)} parts, {len(circuit.nets())} nets. From hardware/schematics/{circuit.name}.py. {paper}.",
        2.4,
    )
