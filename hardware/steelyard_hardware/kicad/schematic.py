"""The circuit as KiCad's sheets: one for each block, and the first, which joins them. Each pin has its net's name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from steelyard_hardware.circuit import GROUND, Circuit, Part
from steelyard_hardware.kicad.identity import identifier, uuid
from steelyard_hardware.kicad.instance import label
from steelyard_hardware.kicad.sexpr import Text, Tree, mm, write
from steelyard_hardware.kicad.symbols import FLAG, GRID_MM, LIBRARY, ends, flag, half_width, name, prop, rows, symbol
from steelyard_hardware.parts import Electric, Kind

_PREFIX = f"{LIBRARY}:"
_PAPERS = {"A4": (297.0, 210.0), "A3": (420.0, 297.0), "A2": (594.0, 420.0)}
_MARGIN_MM = 20.32
_TITLE_MM = 15.24
_LABEL_MM = 1.27  # a letter of a net's name


class Spot(NamedTuple):
    """Where a part's symbol is on its sheet: its middle, millimetres, y downwards."""

    part: Part
    x: float
    y: float


def sheets(circuit: Circuit) -> dict[str, str]:
    """Return every sheet and the symbols' library by file name. The first sheet is NAME.kicad_sch."""
    files = {f"{circuit.name}.kicad_sch": _root(circuit), f"{LIBRARY}.kicad_sym": _library(circuit)}
    for page, block in enumerate(circuit.blocks, 2):
        files[file_name(block)] = _sheet(circuit, block, page)
    return {file: write(tree) + "\n" for file, tree in files.items()}


def file_name(block: str) -> str:
    """Return the file of a block's sheet."""
    return re.sub("[^a-z0-9]+", "_", (block or "other").lower()).strip("_") + ".kicad_sch"


def _library(circuit: Circuit) -> Tree:
    kinds = {part.kind.key: part.kind for part in circuit.parts.values()}
    head: Tree = ["kicad_symbol_lib", ["version", "20241209"], ["generator", Text("steelyard_hardware")]]
    return [*head, *(symbol(kinds[key]) for key in sorted(kinds)), flag()]


def _head(circuit: Circuit, title: str, page: int, paper: str, symbols: list[Tree]) -> Tree:
    words = ("sheet",) if page == 1 else ("file", title)
    return [
        "kicad_sch", ["version", "20250114"], ["generator", Text("steelyard_hardware")],
        ["generator_version", Text("9.0")], uuid(circuit.name, *words), ["paper", Text(paper)],
        ["title_block", ["title", Text(title)], ["company", Text(circuit.title)]],
        ["lib_symbols", *symbols],
    ]  # fmt: skip


def _root(circuit: Circuit) -> Tree:
    """The first sheet: a frame for each block, and the nets whose source KiCad does not see."""
    tree = _head(circuit, circuit.title, 1, "A4", [flag(_PREFIX)])
    for count, net in enumerate(_hidden_sources(circuit)):
        x, y = 2 * _MARGIN_MM + count * 8 * GRID_MM, 66 * GRID_MM
        ref = f"#FLG{count + 1:02}"
        tree.append(_placed(circuit, f"{_PREFIX}{FLAG}", ref, {"Value": FLAG}, x, y, "", ["1"], False))
        tree.append(_net(circuit, net, x, y, leftwards=False, words=("flag", net)))
    for count, block in enumerate(circuit.blocks):
        x, y = _MARGIN_MM + count % 4 * 25 * GRID_MM, _MARGIN_MM + count // 4 * 10 * GRID_MM
        tree.append(
            [
                "sheet", ["at", mm(x), mm(y)], ["size", mm(22 * GRID_MM), mm(6 * GRID_MM)],
                ["stroke", ["width", "0.15"], ["type", "solid"]], ["fill", ["color", "0", "0", "0", "0.0"]],
                uuid(circuit.name, "sheet", block),
                prop("Sheetname", block or "Other", x + 11 * GRID_MM, y - 1.27),
                prop("Sheetfile", file_name(block), x + 11 * GRID_MM, y + 6 * GRID_MM + 2.54),
                ["instances", ["project", Text(circuit.name), ["path", Text(f"/{identifier(circuit.name, 'sheet')}"),
                                                              ["page", Text(str(count + 2))]]]],
            ]
        )  # fmt: skip
    tree.append(["sheet_instances", ["path", Text("/"), ["page", Text("1")]]])
    return tree


def _hidden_sources(circuit: Circuit) -> Iterator[str]:
    """Yield ground and the rails that a fuse, a bead or a resistor feeds."""
    for net, nodes in circuit.nets().items():
        electric = {circuit.pin(node).electric for node in nodes}
        if Electric.POWER_IN in electric and Electric.POWER_OUT not in electric:
            yield net


def _sheet(circuit: Circuit, block: str, page: int) -> Tree:
    parts = [part for part in circuit.parts.values() if part.block == block]
    kinds = {part.kind.key: part.kind for part in parts}
    paper, spots = _arranged(parts)
    tree = _head(circuit, block or "Other", page, paper, [symbol(kinds[key], _PREFIX) for key in sorted(kinds)])
    tree.append(_text(circuit, block, circuit.notes.get(block, "")))
    for part, x, y in spots:
        texts = {"Value": label(part), "Footprint": part.kind.footprint, "MPN": part.kind.order_number}
        numbers = [pin.number for pin in part.kind.pins]
        symbol_id = _PREFIX + name(part.kind)
        tree.append(_placed(circuit, symbol_id, part.ref, texts, x, y, block, numbers, not part.kind.bare))
        for pin, dx, dy, leftwards in ends(part.kind):
            words = (part.ref, pin.number)
            if pin.number in part.nets:
                tree.append(_net(circuit, part.nets[pin.number], x + dx, y - dy, leftwards=leftwards, words=words))
            else:
                tree.append(["no_connect", ["at", mm(x + dx), mm(y - dy)], uuid(circuit.name, "open", *words)])
    return tree


def _arranged(parts: list[Part]) -> tuple[str, list[Spot]]:
    """Return the smallest paper on which the symbols fit, and where they are on it."""
    spots: list[Spot] = []
    for paper, (width, height) in _PAPERS.items():
        spots, bottom = _in_lines(parts, width)
        if bottom < height - _MARGIN_MM:
            return paper, spots
    return "A2", spots


def _in_lines(parts: list[Part], width: float) -> tuple[list[Spot], float]:
    """Return where the symbols are in lines from left to right, and how far down the last line reaches."""
    spots = []
    x, y, tallest = _MARGIN_MM, _MARGIN_MM + _TITLE_MM, 0.0
    for part in sorted(parts, key=lambda part: part.kind.symbol != "box"):
        w, h = _cell(part, part.kind)
        if x + w > width - _MARGIN_MM and x > _MARGIN_MM:
            x, y, tallest = _MARGIN_MM, y + tallest, 0.0
        spots.append(Spot(part, _snapped(x + w / 2), _snapped(y + h / 2)))
        x, tallest = x + w, max(tallest, h)
    return spots, y + tallest


def _cell(part: Part, kind: Kind) -> tuple[float, float]:
    longest = max([len(net) for net in part.nets.values()] + [0])
    width = 2 * (half_width(kind) + GRID_MM + longest * _LABEL_MM + 2 * GRID_MM)
    return _snapped(width), (rows(kind) + 5) * GRID_MM


def _snapped(value: float) -> float:
    return round(value / GRID_MM) * GRID_MM


def _placed(
    circuit: Circuit, symbol_id: str, ref: str, texts: dict[str, str], x: float, y: float, block: str,
    numbers: list[str], in_bom: bool,
) -> Tree:  # fmt: skip
    path = f"/{identifier(circuit.name, 'sheet')}"
    if not ref.startswith("#"):
        path += f"/{identifier(circuit.name, 'sheet', block)}"
    part = circuit.parts.get(ref)
    above = (rows(part.kind) + 1) // 2 * GRID_MM + 1.27 if part else 5.08
    below = rows(part.kind) // 2 * GRID_MM + 2 * GRID_MM + 0.5 if part else 7.62
    heights = {"Reference": y - above, "Value": y + below}
    properties = [
        prop(key, value, x, heights.get(key, y), hide=key not in heights or value.startswith("#"))
        for key, value in {"Reference": ref, **texts}.items()
    ]
    pins: Tree = [["pin", Text(number), uuid(circuit.name, "pin", ref, number)] for number in numbers]
    return [
        "symbol", ["lib_id", Text(symbol_id)], ["at", mm(x), mm(y), "0"], ["unit", "1"], ["exclude_from_sim", "no"],
        ["in_bom", "yes" if in_bom else "no"], ["on_board", "no" if ref.startswith("#") else "yes"], ["dnp", "no"],
        uuid(circuit.name, "symbol", ref), *properties,
        *pins,
        ["instances", ["project", Text(circuit.name), ["path", Text(path), ["reference", Text(ref)], ["unit", "1"]]]],
    ]  # fmt: skip


def _net(circuit: Circuit, net: str, x: float, y: float, *, leftwards: bool, words: tuple[str, ...]) -> Tree:
    shape = "passive" if net == GROUND or net in circuit.rails else "bidirectional"
    return [
        "global_label", Text(net), ["shape", shape], ["at", mm(x), mm(y), "180" if leftwards else "0"],
        ["effects", ["font", ["size", "1.27", "1.27"]], ["justify", "right" if leftwards else "left"]],
        uuid(circuit.name, "label", *words),
    ]  # fmt: skip


def _text(circuit: Circuit, block: str, note: str) -> Tree:
    words = f"{block}\n{note}" if note else block
    return [
        "text", Text(words or "Other"), ["exclude_from_sim", "no"], ["at", mm(_MARGIN_MM), mm(_MARGIN_MM), "0"],
        ["effects", ["font", ["size", "2", "2"]], ["justify", "left"]], uuid(circuit.name, "note", block),
    ]  # fmt: skip
