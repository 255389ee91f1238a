"""A footprint put on the board: turned, named, and with a net on each pad."""

from __future__ import annotations

from copy import deepcopy

from steelyard_hardware.circuit import Part
from steelyard_hardware.kicad.identity import identifier, open_net, symbol_path
from steelyard_hardware.kicad.library import footprint
from steelyard_hardware.kicad.outline import turned
from steelyard_hardware.kicad.placement import Placed
from steelyard_hardware.kicad.sexpr import Text, Tree, child, children, mm, numbers

ORIGIN_MM = 50.0
"""The board's upper left corner on KiCad's sheet, from the sheet's own corner, both ways."""
_HEAD = ("version", "generator", "generator_version", "embedded_fonts")
_SMALL = ("R", "C", "L", "FB")


def point(name: str, x: float, y: float, *more: str) -> Tree:
    """Return (NAME x y …) of a point of the board, in the sheet's coordinates."""
    return [name, mm(x + ORIGIN_MM), mm(y + ORIGIN_MM), *more]


def instance(board: str, part: Part, at: Placed, nets: dict[str, int]) -> Tree:
    """Return the part's footprint where it is placed; `nets` has the number of each net."""
    names = dict(part.nets)
    for pin in part.kind.pins:
        if pin.number not in names:
            names[pin.number] = open_net(part.ref, pin.name, pin.number)
    texts = {"Reference": part.ref, "Value": label(part)}
    tree = _put(board, part.ref, part.kind.footprint, at, texts)
    functions = {pin.number: pin.name for pin in part.kind.pins}
    for pad in children(tree, "pad"):
        number = str(pad[1])
        if number in names:
            pad += [
                ["net", str(nets[names[number]]), Text(names[number])],
                ["pinfunction", Text(functions[number])],
            ]
    _dress(tree, part)
    tree.append(["path", symbol_path(board, part.block, part.ref)])
    return tree


def hole(board: str, ref: str, name: str, at: Placed, ground: int) -> Tree:
    """Return a mounting hole, its pads on ground: it is on the board and in no circuit."""
    tree = _put(board, ref, name, at, {"Reference": ref, "Value": "M3"})
    for pad in children(tree, "pad"):
        if pad[1]:
            pad.append(["net", str(ground), Text("GND")])
    tree[:] = [item for item in tree if not (isinstance(item, list) and item[0] == "attr")]
    tree.append(["attr", "board_only", "exclude_from_pos_files", "exclude_from_bom"])
    return tree


def label(part: Part) -> str:
    """Return what stands beside a part: of a test point the net that is measured there."""
    return next(iter(part.nets.values())) if part.kind.bare else part.value


def _put(board: str, ref: str, name: str, at: Placed, texts: dict[str, str]) -> Tree:
    tree = deepcopy(footprint(name) or [])
    tree[1] = Text(name)
    tree[:] = [item for item in tree if not (isinstance(item, list) and item[0] in _HEAD)]
    layer = next(index for index, item in enumerate(tree) if isinstance(item, list) and item[0] == "layer")
    tree[layer + 1 : layer + 1] = [
        ["uuid", identifier(board, "footprint", ref)],
        point("at", at.x, at.y, mm(at.angle)),
    ]
    for pad in children(tree, "pad"):
        _turn(pad, at.angle)
    for zone in children(tree, "zone"):
        _move_zone(zone, at)
    for text in children(tree, "property"):
        if text[1] in texts:
            text[2] = Text(texts[str(text[1])])
    _rename(tree, board, ref)
    return tree


def _turn(pad: Tree, angle: float) -> None:
    """A pad's angle on a board is counted from the board, not from its footprint."""
    at = child(pad, "at")
    if at and angle:
        x, y, *own = numbers(at)
        at[:] = ["at", mm(x), mm(y), mm((sum(own) + angle) % 360)]


def _move_zone(zone: Tree, at: Placed) -> None:
    """A footprint's own zones are in the board's coordinates. They keep copper out, not its own paste."""
    layers = child(zone, "layers")
    if layers:
        layers[1:] = [layer for layer in layers[1:] if str(layer).endswith(".Cu")]
    for polygon in children(zone, "polygon"):
        for points in children(polygon, "pts"):
            for spot in children(points, "xy"):
                own_x, own_y = numbers(spot)[:2]
                x, y = turned(own_x, own_y, at.angle)
                spot[:] = point("xy", x + at.x, y + at.y)


def _rename(tree: Tree, board: str, ref: str) -> None:
    """Give everything inside an identifier of its own."""
    count = 0
    todo: list[Tree] = [item for item in tree if isinstance(item, list) and item[0] != "uuid"]
    while todo:
        item = todo.pop()
        for inner in item:
            if isinstance(inner, list) and inner:
                if inner[0] == "uuid":
                    count += 1
                    inner[1] = identifier(board, "footprint", ref, str(count))
                else:
                    todo.append(inner)


def _dress(tree: Tree, part: Part) -> None:
    """Say on the silk screen what people look for there: not each resistor, but what is measured at a test point."""
    for text in children(tree, "property"):
        layer = child(text, "layer")
        if layer and text[1] == "Reference" and part.kind.symbol in _SMALL:
            layer[1] = Text("F.Fab")
        if layer and text[1] == "Value" and part.kind.bare:
            layer[1] = Text("F.SilkS")
