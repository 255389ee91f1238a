"""Draws a circuit as people read one: a framed block for each duty, chips as boxes, small parts as symbols.

Small parts that hang on no single pin stand in a row below the boxes. Nets that go further carry their name, rails a
bar, ground its symbol.
"""

from __future__ import annotations

from steelyard_hardware.circuit import Circuit, Part
from steelyard_hardware.drawing.boxes import Box
from steelyard_hardware.drawing.canvas import Canvas, text_width
from steelyard_hardware.drawing.symbols import vertical

_SMALL_W, _SMALL_H = 17.0, 25.0
_MARGIN = 5.0
_TITLE_H = 8.0
_NOTE_H = 3.4
_SHEET_MARGIN = 12.0
_GAP = 6.0
_INNER_W = 125.0
_FRAME = "#9aa4ad"
_PAPERS = {"A3": (420.0, 297.0), "A2": (594.0, 420.0), "A1": (841.0, 594.0), "A0": (1189.0, 841.0)}


class _Small:
    """A small part that stands by itself."""

    def __init__(self, part: Part) -> None:
        self.part = part
        self.w = max([_SMALL_W] + [text_width(net, 1.9) + 2.5 for net in part.nets.values()])
        self.h = _SMALL_H

    def draw(self, c: Canvas, circuit: Circuit, x: float, y: float) -> None:
        vertical(c, circuit, self.part, x, y)


class _Block:
    """One framed block, laid out when it is made: chips, then small parts, in lines from left to right."""

    def __init__(self, circuit: Circuit, title: str, width: float = _INNER_W + 2 * _MARGIN) -> None:
        self.circuit = circuit
        self.title = title
        parts = [part for part in circuit.parts.values() if part.block == title]
        taken: set[str] = set()
        boxes = [Box(circuit, part, taken) for part in parts if part.kind.symbol == "box"]
        small = [_Small(part) for part in parts if part.kind.symbol != "box" and part.ref not in taken]
        items: list[Box | _Small] = [*boxes, *small]
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
            if any(isinstance(item, Box) for item in line):
                gap = (self.w - 2 * _MARGIN - sum(item.w for item in line)) / (len(line) + 1)
            along = x + _MARGIN + gap
            for item in line:
                item.draw(c, self.circuit, along, below)
                along += item.w + gap
            below += _line_h(line)
        below = y + self.h - len(self.note) * _NOTE_H
        for number, words in enumerate(self.note):
            c.text(x + 3, below + number * _NOTE_H + 1, words, 2.1, colour="#555555")


def _line_h(line: list[Box | _Small]) -> float:
    return max(item.h for item in line) + 2


def _fill(items: list[Box | _Small], width: float) -> list[list[Box | _Small]]:
    """Break the parts into lines of at most `width`."""
    lines: list[list[Box | _Small]] = []
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
    height = max([sum(block.h + _GAP for block in blocks) for blocks in columns.values()] or [0.0])
    height += 2 * _SHEET_MARGIN + 16
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
