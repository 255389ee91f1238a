"""What a sheet is drawn with: symbols of small parts, names of nets, the ground sign."""

from __future__ import annotations

from collections.abc import Callable

from steelyard_hardware.circuit import GROUND, Circuit, Part
from steelyard_hardware.drawing.canvas import Canvas, Point

SYMBOL_W = 9.0
WIRE = "#00695c"
RAIL = "#b3261e"
BODY = "#fff8e1"
REF = "#1a3f8b"

Place = Callable[[float, float], Point]
"""Turns millimetres along and across a symbol into a point of the sheet."""


def horizontal(c: Canvas, part: Part, x: float, y: float, direction: int) -> None:
    """Draw a small part from (x, y) in `direction`; the pin there may be either of its two."""
    _SYMBOLS[part.kind.symbol](c, lambda along, across: (x + direction * along, y + across))
    above = 1.5 if part.kind.symbol in "RL" else 2.2
    words = f"{part.ref} {short_value(part)}"
    c.text(x + direction * SYMBOL_W / 2, y - above, words, 1.8, "middle", colour=REF)


def vertical(c: Canvas, circuit: Circuit, part: Part, x: float, y: float) -> None:
    """Draw a small part standing, its first pin above, in a cell whose upper left corner is (x, y)."""
    centre, top = x + 5.0, y + 6.5
    ends = [part.nets.get(pin.number) for pin in part.kind.pins]
    if ends[0] == GROUND and ends[1] != GROUND and part.kind.symbol != "D":
        ends.reverse()
    _SYMBOLS[part.kind.symbol](c, lambda along, across: (centre - across, top + along))
    c.text(centre + 2.6, top + 4.0, part.ref, 2.0, bold=True, colour=REF)
    c.text(centre + 2.6, top + 6.6, short_value(part), 2.0, colour=REF)
    for net, wire_y, away in ((ends[0], top, -1), (ends[1], top + SYMBOL_W, 1)):
        end = wire_y + away * 1.6
        c.line((centre, wire_y), (centre, end), colour=WIRE)
        if net is None:
            cross(c, centre, end)
        elif net == GROUND:
            _ground(c, centre, end)
        else:
            _name_upright(c, net, x, centre, end, away, is_rail=net in circuit.rails)


def _name_upright(c: Canvas, net: str, x: float, centre: float, end: float, away: int, *, is_rail: bool) -> None:
    """Name `net` at the end of a vertical wire that goes up (-1) or down (1)."""
    if is_rail:
        c.line((centre - 1.6, end), (centre + 1.6, end), width=0.5, colour=RAIL)
    c.text(x + 1.0, end - 0.9 if away < 0 else end + 2.6, net, 1.9, colour=RAIL if is_rail else WIRE)


def label(c: Canvas, circuit: Circuit, net: str, x: float, y: float, direction: int) -> None:
    """Name `net` at the end of a horizontal wire that goes left (-1) or right (1)."""
    if net == GROUND:
        _ground(c, x, y)
        return
    is_rail = net in circuit.rails
    if is_rail:
        c.line((x, y - 1.6), (x, y + 1.6), width=0.5, colour=RAIL)
    else:
        tip = x + direction * 1.2
        c.shape((x, y), (tip, y - 1), (tip, y + 1), width=0.2, colour=WIRE, fill="#ffffff")
    anchor = "start" if direction > 0 else "end"
    c.text(x + direction * 1.8, y + 0.8, net, 2.2, anchor, colour=RAIL if is_rail else WIRE)


def cross(c: Canvas, x: float, y: float) -> None:
    """Mark the end of a wire that is connected to nothing."""
    c.line((x - 1, y - 1), (x + 1, y + 1), colour=RAIL)
    c.line((x - 1, y + 1), (x + 1, y - 1), colour=RAIL)


def short_value(part: Part) -> str:
    """Return the value of a small part, or what it is ordered by."""
    return part.value.replace("_C0G", " C0G") if " " in part.kind.key else part.kind.order_number.partition(",")[0]


def _ground(c: Canvas, x: float, y: float) -> None:
    c.line((x, y), (x, y + 0.9), colour=WIRE)
    for step, half in enumerate((1.6, 1.0, 0.4)):
        c.line((x - half, y + 0.9 + step * 0.7), (x + half, y + 0.9 + step * 0.7), width=0.35, colour=WIRE)


def _resistor(c: Canvas, at: Place) -> None:
    c.line(at(0, 0), at(2, 0))
    c.shape(at(2, -1.1), at(7, -1.1), at(7, 1.1), at(2, 1.1), width=0.35, fill=BODY)
    c.line(at(7, 0), at(9, 0))


def _capacitor(c: Canvas, at: Place) -> None:
    c.line(at(0, 0), at(4, 0))
    c.line(at(4, -1.9), at(4, 1.9), width=0.5)
    c.line(at(5, -1.9), at(5, 1.9), width=0.5)
    c.line(at(5, 0), at(9, 0))


def _inductor(c: Canvas, at: Place) -> None:
    c.line(at(0, 0), at(2, 0))
    c.shape(at(2, -1.0), at(7, -1.0), at(7, 1.0), at(2, 1.0), width=0.35, fill="#3a3a3a")
    c.line(at(7, 0), at(9, 0))


def _diode(c: Canvas, at: Place) -> None:
    """Pin 1, the cathode, is at the beginning."""
    c.line(at(0, 0), at(3, 0))
    c.line(at(3, -1.6), at(3, 1.6), width=0.5)
    c.shape(at(3, 0), at(6, -1.6), at(6, 1.6), width=0.35, fill=BODY)
    c.line(at(6, 0), at(9, 0))


def _switch(c: Canvas, at: Place) -> None:
    c.line(at(0, 0), at(2.5, 0))
    c.line(at(2.5, 0), at(6.5, -1.8), width=0.4)
    c.line(at(6.5, 0), at(9, 0))


_SYMBOLS: dict[str, Callable[[Canvas, Place], None]] = {
    "R": _resistor,
    "C": _capacitor,
    "L": _inductor,
    "D": _diode,
    "S": _switch,
}
