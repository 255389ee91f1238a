"""Footprints: those of the installed KiCad and the project's own, and the rule that compares them with the circuit."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from steelyard_hardware.circuit import Circuit, Part
from steelyard_hardware.fault import Fault
from steelyard_hardware.files import ROOT, read_text
from steelyard_hardware.kicad.sexpr import Tree, child, children, numbers, read

OWN = ROOT / "hardware" / "footprints"
INSTALLED = Path(os.environ.get("KICAD9_FOOTPRINT_DIR", "/usr/share/kicad/footprints"))
"""Where Debian's kicad-footprints puts them; the variable is the one that KiCad itself reads."""


class Pad(NamedTuple):
    """A pad: its number, its centre in millimetres from the footprint's origin, whether it has a hole."""

    number: str
    x: float
    y: float
    drilled: bool


def installed() -> bool:
    """Tell whether KiCad's footprints are on this machine."""
    return INSTALLED.is_dir()


@cache
def footprint(name: str) -> Tree | None:
    """Return the footprint LIBRARY:NAME as KiCad has it; None where neither KiCad nor the project does."""
    library, _, file = name.partition(":")
    for folder in (OWN, INSTALLED):
        path = folder / f"{library}.pretty" / f"{file}.kicad_mod"
        if path.is_file():
            return read(read_text(path))
    return None


@cache
def pads(name: str) -> tuple[Pad, ...]:
    """Return the numbered pads of a footprint that exists."""
    found = []
    for pad in children(footprint(name) or [], "pad"):
        number, kind, at = pad[1], pad[2], child(pad, "at")
        if isinstance(number, str) and number and at:
            x, y = numbers(at)[:2]
            found.append(Pad(number, x, y, drilled=kind != "smd"))
    return tuple(found)


def footprint_faults(circuit: Circuit) -> list[Fault]:
    """Return each part whose footprint does not exist, or whose pins are not the footprint's pads. Needs KiCad."""
    return sorted({fault for part in circuit.parts.values() for fault in _part_faults(part)})


def _part_faults(part: Part) -> Iterator[Fault]:
    name = part.kind.footprint
    if footprint(name) is None:
        yield Fault("footprint", part.ref, f"{name} is neither in {INSTALLED} nor in hardware/footprints: correct it")
        return
    there = {pad.number for pad in pads(name)}
    pins = {pin.number for pin in part.kind.pins}
    for number in sorted(pins - there):
        yield Fault(
            "footprint", f"{part.ref} pin {number}", f"{name} has no such pad: another package, or a wrong number"
        )
    for number in sorted(there - pins - set(part.kind.spare_pads)):
        yield Fault(
            "footprint", part.ref, f"pad {number} of {name} is no pin of it: name it, or put it into spare_pads"
        )
