"""Where a board's parts are: `hardware/layouts/NAME.toml`, read and compared with the circuit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field
from pydantic import Strict as Strictness

from steelyard_hardware import errors
from steelyard_hardware.circuit import Circuit
from steelyard_hardware.files import ROOT, Strict, Words, read_table, shown
from steelyard_hardware.kicad.outline import Box

FOLDER = ROOT / "hardware" / "layouts"

Millimetres = Annotated[float, Strictness(False)]
Point = Annotated[tuple[Millimetres, Millimetres], Strictness(False)]
Place = Annotated[tuple[Millimetres, Millimetres, Millimetres], Strictness(False)]
Edges = Annotated[tuple[Millimetres, Millimetres, Millimetres, Millimetres], Strictness(False)]


class Zone(Strict):
    """A region where only parts of some blocks of the circuit may be."""

    box: Edges
    blocks: Words


class Layout(Strict):
    """The file. Places are [x, y, degrees anticlockwise] from the board's upper left corner, millimetres, y downwards.

    `rooms` are [left, top, right, bottom] from a part's origin, where its courtyard says more than this board needs;
    no layer has copper in `keepouts`; the board's name stands at `label`.
    """

    size: Point
    hole: str
    holes: Annotated[tuple[Point, ...], Strictness(False)]
    parts: dict[str, Place]
    rooms: dict[str, Edges] = Field(default={})
    zones: dict[str, Zone] = Field(default={})
    keepouts: dict[str, Edges] = Field(default={})
    label: Point

    @property
    def box(self) -> Box:
        """The board's outline."""
        return Box(0.0, 0.0, *self.size)


def layout(circuit: Circuit) -> Layout:
    """Return the layout of a circuit's board. Raises HardwareError, also where it names what the circuit lacks."""
    path = FOLDER / f"{circuit.name}.toml"
    found = read_table(path, Layout)
    faults = list(_faults(found, circuit))
    if faults:
        raise errors.FileRefused(path=shown(path), faults=faults)
    return found


def _faults(found: Layout, circuit: Circuit) -> Iterator[str]:
    for table, refs in (("parts", found.parts), ("rooms", found.rooms)):
        for ref in refs:
            if ref not in circuit.parts:
                yield f"{table}.{ref} is no part of the circuit: correct the reference, or leave it out"
    for name, zone in found.zones.items():
        for block in zone.blocks:
            if block not in circuit.blocks:
                yield f"zones.{name}.blocks has {block!r}, which is no block of the circuit: correct the name"
    for ref, (x, y, _) in found.parts.items():
        if not (0 <= x <= found.size[0] and 0 <= y <= found.size[1]):
            yield f"parts.{ref} is at {x}, {y}, beside the board: move it to within {found.size[0]} x {found.size[1]}"
