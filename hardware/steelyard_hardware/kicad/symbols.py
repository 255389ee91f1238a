"""A symbol for each kind of part, as KiCad has them: boxes with our pin tables, and the usual signs of small parts."""

from __future__ import annotations

from math import ceil
from typing import NamedTuple

from steelyard_hardware.kicad.sexpr import Text, Tree, mm
from steelyard_hardware.parts import Electric, Kind, Pin

LIBRARY = "Steelyard"
GRID_MM = 2.54
FLAG = "PWR_FLAG"
_TYPES = {
    Electric.PASSIVE: "passive",
    Electric.INPUT: "input",
    Electric.OUTPUT: "output",
    Electric.BIDIRECTIONAL: "bidirectional",
    Electric.OPEN_DRAIN: "open_collector",
    Electric.POWER_IN: "power_in",
    Electric.POWER_OUT: "power_out",
    Electric.NOT_CONNECTED: "no_connect",
}
_LETTER_MM = 1.1


class End(NamedTuple):
    """Where a pin of a symbol ends: millimetres from its middle, y upwards, and whether it points to the left."""

    pin: Pin
    x: float
    y: float
    leftwards: bool


def name(kind: Kind) -> str:
    """Return the symbol's name in the library."""
    return kind.key.replace(" ", "_")


def half_width(kind: Kind) -> float:
    """Return how far the body reaches to each side."""
    if kind.symbol != "box":
        return GRID_MM
    names = [max((len(pin.name) for pin in kind.pins if pin.side == side), default=0) for side in ("left", "right")]
    return ceil(max(10.0, sum(names) * _LETTER_MM + 5) / 2 / GRID_MM) * GRID_MM


def rows(kind: Kind) -> int:
    """Return how many pins stand one under the other."""
    return max(sum(pin.side == side for pin in kind.pins) for side in ("left", "right"))


def ends(kind: Kind) -> list[End]:
    """Return where each pin ends: wires and labels begin there."""
    reach = half_width(kind) + GRID_MM
    top = (rows(kind) - 1) // 2 * GRID_MM
    found = []
    for side, sign in (("left", -1), ("right", 1)):
        pins = [pin for pin in kind.pins if pin.side == side]
        found += [End(pin, sign * reach, top - row * GRID_MM, sign < 0) for row, pin in enumerate(pins)]
    return found


def symbol(kind: Kind, prefix: str = "") -> Tree:
    """Return the symbol; `prefix` is the library's name where it stands within a sheet."""
    top = (rows(kind) + 1) // 2 * GRID_MM + 1.27
    hidden: Tree = ["hide", "yes"]
    tree: Tree = ["symbol", Text(prefix + name(kind))]
    if kind.symbol != "box":
        tree += [["pin_numbers", hidden], ["pin_names", hidden]]
    in_bom = "no" if kind.bare else "yes"
    tree += [["exclude_from_sim", "no"], ["in_bom", in_bom], ["on_board", "yes"]]
    tree += [
        prop("Reference", kind.prefix, 0, top),
        prop("Value", kind.key.partition(" ")[2] or kind.order_number, 0, -top),
        prop("Footprint", kind.footprint, 0, 0, hide=True),
        prop("Description", kind.description, 0, 0, hide=True),
        ["symbol", Text(f"{name(kind)}_0_1"), *_body(kind)],
        ["symbol", Text(f"{name(kind)}_1_1"), *_pins(kind)],
    ]
    return tree


def flag(prefix: str = "") -> Tree:
    """Return the sign that says: this net has a source, through a fuse or a resistor, that KiCad does not see."""
    pin: Tree = [
        "pin",
        "power_out",
        "line",
        ["at", "0", "0", "90"],
        ["length", "0"],
        ["name", Text("")],
        ["number", Text("1")],
    ]
    lines = [_line((0, 0), (0, 1.27), (-1.27, 2.54), (0, 3.81), (1.27, 2.54), (0, 1.27))]
    tree: Tree = [
        "symbol",
        Text(prefix + FLAG),
        ["power"],
        ["exclude_from_sim", "no"],
        ["in_bom", "no"],
        ["on_board", "no"],
    ]
    tree += [prop("Reference", "#FLG", 0, 5, hide=True), prop("Value", FLAG, 0, 5.08)]
    tree += [["symbol", Text(f"{FLAG}_0_1"), *lines], ["symbol", Text(f"{FLAG}_1_1"), pin]]
    return tree


def prop(key: str, value: str, x: float, y: float, *, hide: bool = False) -> Tree:
    """Return a property with its text at a place."""
    effects: Tree = ["effects", ["font", ["size", "1.27", "1.27"]]]
    if hide:
        effects.append(["hide", "yes"])
    return ["property", Text(key), Text(value), ["at", mm(x), mm(y), "0"], effects]


def _pins(kind: Kind) -> list[Tree]:
    found: list[Tree] = []
    sources = set()
    for pin, x, y, leftwards in ends(kind):
        what = _TYPES[pin.electric]
        if what == "power_out" and pin.name in sources:
            what = "passive"  # two pins of one output do not fight
        sources.add(pin.name)
        angle = "0" if leftwards else "180"
        found.append(
            [
                "pin", what, "line", ["at", mm(x), mm(y), angle], ["length", mm(GRID_MM)],
                ["name", Text(pin.name), _small()], ["number", Text(pin.number), _small()],
            ]
        )  # fmt: skip
    return found


def _small() -> Tree:
    return ["effects", ["font", ["size", "1.27", "1.27"]]]


def _body(kind: Kind) -> list[Tree]:
    w = half_width(kind)
    match kind.symbol:
        case "box":
            top = (rows(kind) - 1) // 2 * GRID_MM + GRID_MM
            return [_rectangle(w, top, top - (rows(kind) + 1) * GRID_MM)]
        case "R":
            return [_rectangle(w, 1.016, -1.016)]
        case "L":
            return [_rectangle(w, 1.016, -1.016, fill="outline")]
        case "C":
            plates = [_line((x, 1.9), (x, -1.9)) for x in (-0.6, 0.6)]
            return [*plates, _line((-w, 0), (-0.6, 0)), _line((0.6, 0), (w, 0))]
        case "D":
            # Pin 1, on the left, is the cathode.
            return [_line((1.27, 1.27), (-1.27, 0), (1.27, -1.27), (1.27, 1.27)), _line((-1.27, 1.27), (-1.27, -1.27)),
                    _line((-w, 0), (w, 0))]  # fmt: skip
        case "S":
            return [_line((-w, 0), (-1.27, 0), (1.27, 1.27)), _line((1.27, 0), (w, 0))]


def _rectangle(half: float, top: float, bottom: float, fill: str = "background") -> Tree:
    return [
        "rectangle", ["start", mm(-half), mm(top)], ["end", mm(half), mm(bottom)],
        ["stroke", ["width", "0.254"], ["type", "default"]], ["fill", ["type", fill]],
    ]  # fmt: skip


def _line(*points: tuple[float, float]) -> Tree:
    spots: Tree = ["pts"]
    spots += [["xy", mm(x), mm(y)] for x, y in points]
    return ["polyline", spots, ["stroke", ["width", "0.254"], ["type", "default"]], ["fill", ["type", "none"]]]
