"""Where a board's parts are: `hardware/layouts/NAME.toml`, read and compared with the circuit."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic import Strict as Strictness

from steelyard_hardware import errors
from steelyard_hardware.circuit import Circuit
from steelyard_hardware.files import ROOT, Strict, Words, read_table, shown
from steelyard_hardware.kicad.library import footprint
from steelyard_hardware.kicad.outline import Box

FOLDER = ROOT / "hardware" / "layouts"
_LARGEST_MM = 500


def _spanned(edges: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    left, top, right, bottom = edges
    if left >= right or top >= bottom:
        raise ValueError("write it as left, top, right, bottom")
    return edges


# No board is larger; degrees are within it too.
Millimetres = Annotated[float, Strictness(False), Field(ge=-_LARGEST_MM, le=_LARGEST_MM, allow_inf_nan=False)]
Point = Annotated[tuple[Millimetres, Millimetres], Strictness(False)]
Place = Annotated[tuple[Millimetres, Millimetres, Millimetres], Strictness(False)]
Edges = Annotated[
    tuple[Millimetres, Millimetres, Millimetres, Millimetres], Strictness(False), AfterValidator(_spanned)
]


_HOLE = "MountingHole:MountingHole_3.2mm_M3_Pad_Via"
_MARK = "Fiducial:Fiducial_1mm_Mask2mm"


class Zone(Strict):
    """A region where only parts of some blocks of the circuit may be, and that its `nets` (patterns) do not leave."""

    box: Edges
    blocks: Words
    nets: Words

    def has(self, net: str) -> bool:
        """Tell whether a net must stay within."""
        return any(fnmatchcase(net, pattern) for pattern in self.nets)


class Layout(Strict):
    """The file. Places are [x, y, degrees anticlockwise] from the board's upper left corner, millimetres, y downwards.

    `rooms` are [left, top, right, bottom] from a part's origin, where its courtyard says more than this board needs;
    no layer has copper in `keepouts`; the board's name stands at `label`,
    and at `marks` what the assembler's camera looks for.
    """

    size: Point
    hole: str
    holes: Annotated[tuple[Point, ...], Strictness(False)]
    marks: Annotated[tuple[Point, ...], Strictness(False), Field(min_length=3)]
    parts: dict[str, Place]
    rooms: dict[str, Edges] = Field(default={})
    zones: dict[str, Zone] = Field(default={})
    keepouts: dict[str, Edges] = Field(default={})
    label: Point

    @property
    def box(self) -> Box:
        """The board's outline."""
        return Box(0.0, 0.0, *self.size)

    def bare(self) -> Iterator[tuple[str, str, Point]]:
        """Yield reference, footprint and place of what is on the board and in no circuit: holes and marks."""
        yield from ((f"H{count}", self.hole, at) for count, at in enumerate(self.holes, 1))
        yield from ((f"FID{count}", _MARK, at) for count, at in enumerate(self.marks, 1))


def layout(circuit: Circuit) -> Layout:
    """Return the layout of a circuit's board. Raises HardwareError, also where it names what the circuit lacks."""
    path = FOLDER / f"{circuit.name}.toml"
    found = read_table(path, Layout)
    if wrong := list(faults(found, circuit)):
        raise errors.FileRefused(path=shown(path), faults=wrong)
    return found


def faults(found: Layout, circuit: Circuit) -> Iterator[str]:
    """Say where a layout names what the circuit or KiCad lacks, or puts something beside the board."""
    for table, refs in (("parts", found.parts), ("rooms", found.rooms)):
        for ref in refs:
            if ref not in circuit.parts:
                yield f"{table}.{ref} is no part of the circuit: correct the reference, or leave it out"
    for name, zone in found.zones.items():
        for block in zone.blocks:
            if block not in circuit.blocks:
                yield f"zones.{name}.blocks has {block!r}, which is no block of the circuit: correct the name"
        for pattern in zone.nets:
            if not any(fnmatchcase(net, pattern) for net in circuit.nets()):
                yield f"zones.{name}.nets has {pattern!r}, which is no net of the circuit: correct the name"
    if footprint(found.hole) is None:
        yield f"hole is {found.hole!r}, which KiCad does not have: write one such as {_HOLE}"
    places = {f"parts.{ref}": (x, y) for ref, (x, y, _) in found.parts.items()}
    places |= {ref: at for ref, _, at in found.bare()} | {"label": found.label}
    for name, (x, y) in places.items():
        if not (0 <= x <= found.size[0] and 0 <= y <= found.size[1]):
            yield f"{name} is at {x}, {y}, beside the board: move it to within {found.size[0]} x {found.size[1]}"
