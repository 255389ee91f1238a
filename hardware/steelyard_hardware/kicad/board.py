"""The board: outline, layers, planes, keep-outs and every footprint in its place, as KiCad's .kicad_pcb."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from steelyard_hardware.circuit import GROUND, Circuit
from steelyard_hardware.kicad.identity import open_net, uuid
from steelyard_hardware.kicad.instance import hole, instance, point
from steelyard_hardware.kicad.layout import Layout
from steelyard_hardware.kicad.outline import Box
from steelyard_hardware.kicad.placement import Placed
from steelyard_hardware.kicad.sexpr import Text, Tree, mm, write

_SUPPLY = "+3V3"
_COPPER = {"F.Cu": 0, "In1.Cu": 4, "In2.Cu": 6, "B.Cu": 2}
_OTHERS = {
    "B.Adhes": 11, "F.Adhes": 9, "B.Paste": 15, "F.Paste": 13, "B.SilkS": 7, "F.SilkS": 5, "B.Mask": 3, "F.Mask": 1,
    "Dwgs.User": 17, "Cmts.User": 19, "Eco1.User": 21, "Eco2.User": 23, "Edge.Cuts": 25, "Margin": 27,
    "B.CrtYd": 29, "F.CrtYd": 31, "B.Fab": 33, "F.Fab": 35,
}  # fmt: skip
# Four layers, 1.6 mm: what board makers offer as their standard (JLC04161H-7628 and alike).
_STACK = (
    ("F.SilkS", "Top Silk Screen", None, None),
    ("F.Paste", "Top Solder Paste", None, None),
    ("F.Mask", "Top Solder Mask", 0.01, None),
    ("F.Cu", "copper", 0.035, None),
    ("dielectric 1", "prepreg", 0.2104, 4.4),
    ("In1.Cu", "copper", 0.0152, None),
    ("dielectric 2", "core", 1.065, 4.6),
    ("In2.Cu", "copper", 0.0152, None),
    ("dielectric 3", "prepreg", 0.2104, 4.4),
    ("B.Cu", "copper", 0.035, None),
    ("B.Mask", "Bottom Solder Mask", 0.01, None),
    ("B.Paste", "Bottom Solder Paste", None, None),
    ("B.SilkS", "Bottom Silk Screen", None, None),
)
PLANES = (("F.Cu", GROUND), ("In1.Cu", GROUND), ("In2.Cu", _SUPPLY), ("B.Cu", GROUND))
_INSET_MM = 0.5  # a plane stays this far from the edge
_CORNER_MM = 3.0


def board(circuit: Circuit, layout: Layout, places: dict[str, Placed], tracks: Iterable[Tree] = ()) -> str:
    """Return the board as text: the same for the same circuit, layout and tracks. Its planes are not filled."""
    nets = net_numbers(circuit)
    name = circuit.name
    tree: Tree = [
        "kicad_pcb",
        ["version", "20241229"],
        ["generator", Text("steelyard_hardware")],
        ["generator_version", Text("9.0")],
        ["general", ["thickness", "1.6"], ["legacy_teardrops", "no"]],
        ["paper", Text("A4")],
        ["title_block", ["title", Text(circuit.title)], ["company", Text("Steelyard")]],
        _layers(),
        ["setup", _stack(), ["pad_to_mask_clearance", "0"], ["allow_soldermask_bridges_in_footprints", "yes"]],
    ]
    tree += [["net", str(number), Text(net)] for net, number in {"": 0, **nets}.items()]
    tree += [instance(name, part, places[ref], nets) for ref, part in circuit.parts.items()]
    for count, (x, y) in enumerate(layout.holes, 1):
        tree.append(hole(name, f"H{count}", layout.hole, Placed(x, y, 0), nets[GROUND]))
    tree += [*_outline(name, layout.box), *_words(circuit, layout)]
    tree += [_keepout(name, title, Box(*edges)) for title, edges in layout.keepouts.items()]
    tree += [_plane(name, layer, net, nets[net], layout.box) for layer, net in PLANES]
    tree += tracks
    return write(tree) + "\n"


def net_numbers(circuit: Circuit) -> dict[str, int]:
    """Return a number for each net, those of open pins too: KiCad gives each of them a net of its own."""
    names = list(circuit.nets(bare=True))
    for part in circuit.parts.values():
        names += [open_net(part.ref, pin.name, pin.number) for pin in part.kind.pins if pin.number not in part.nets]
    return {name: number for number, name in enumerate(names, 1)}


def _layers() -> Tree:
    tree: Tree = ["layers"]
    tree += [[str(number), Text(layer), "signal"] for layer, number in _COPPER.items()]
    tree += [[str(number), Text(layer), "user"] for layer, number in _OTHERS.items()]
    return tree


def _stack() -> Tree:
    tree: Tree = ["stackup"]
    for layer, kind, thickness, constant in _STACK:
        line: Tree = ["layer", Text(layer), ["type", Text(kind)]]
        if thickness is not None:
            line.append(["thickness", mm(thickness)])
        if constant is not None:
            line += [["material", Text("FR4")], ["epsilon_r", mm(constant)], ["loss_tangent", "0.02"]]
        tree.append(line)
    return [*tree, ["copper_finish", Text("ENIG")], ["dielectric_constraints", "no"]]


def _outline(name: str, box: Box) -> Iterator[Tree]:
    """A rectangle with round corners."""
    r, half = _CORNER_MM, _CORNER_MM * (1 - 0.5**0.5)
    left, top, right, bottom = box
    lines = (
        (left + r, top, right - r, top),
        (right, top + r, right, bottom - r),
        (right - r, bottom, left + r, bottom),
        (left, bottom - r, left, top + r),
    )
    arcs = (
        (left, top + r, left + half, top + half, left + r, top),
        (right - r, top, right - half, top + half, right, top + r),
        (right, bottom - r, right - half, bottom - half, right - r, bottom),
        (left + r, bottom, left + half, bottom - half, left, bottom - r),
    )
    end: Tree = [["stroke", ["width", "0.1"], ["type", "default"]], ["layer", Text("Edge.Cuts")]]
    for count, (x, y, x2, y2) in enumerate(lines):
        yield ["gr_line", point("start", x, y), point("end", x2, y2), *end, uuid(name, "edge", str(count))]
    for count, (x, y, mx, my, x2, y2) in enumerate(arcs):
        yield [
            "gr_arc", point("start", x, y), point("mid", mx, my), point("end", x2, y2), *end,
            uuid(name, "corner", str(count)),
        ]  # fmt: skip


def _words(circuit: Circuit, layout: Layout) -> Iterator[Tree]:
    """What a person reads on the board: which one it is."""
    x, y = layout.label
    yield [
        "gr_text", Text(f"Steelyard {circuit.name}"), point("at", x, y, "0"), ["layer", Text("F.SilkS")],
        uuid(circuit.name, "label"),
        ["effects", ["font", ["size", "1.5", "1.5"], ["thickness", "0.2"]], ["justify", "left"]],
    ]  # fmt: skip


def _polygon(box: Box) -> Tree:
    corners = (
        (box.left, box.top), (box.right, box.top), (box.right, box.bottom), (box.left, box.bottom),
    )  # fmt: skip
    return ["polygon", ["pts", *(point("xy", x, y) for x, y in corners)]]


def _plane(name: str, layer: str, net: str, number: int, box: Box) -> Tree:
    inner = Box(box.left + _INSET_MM, box.top + _INSET_MM, box.right - _INSET_MM, box.bottom - _INSET_MM)
    return [
        "zone", ["net", str(number)], ["net_name", Text(net)], ["layer", Text(layer)],
        uuid(name, "plane", layer), ["name", Text(f"{net} on {layer}")], ["hatch", "edge", "0.5"],
        ["connect_pads", ["clearance", "0.2"]], ["min_thickness", "0.2"],
        ["fill", "yes", ["thermal_gap", "0.25"], ["thermal_bridge_width", "0.25"]],
        _polygon(inner),
    ]  # fmt: skip


def _keepout(name: str, title: str, box: Box) -> Tree:
    rules: Tree = [[what, "not_allowed"] for what in ("tracks", "vias", "pads", "copperpour")]
    return [
        "zone", ["net", "0"], ["net_name", Text("")], ["layers", *(Text(layer) for layer in _COPPER)],
        uuid(name, "keep-out", title), ["name", Text(title)], ["hatch", "full", "0.5"],
        ["connect_pads", ["clearance", "0"]], ["min_thickness", "0.25"],
        ["keepout", *rules, ["footprints", "allowed"]], _polygon(box),
    ]  # fmt: skip
