"""Everything of KiCad's for one board: written, checked by KiCad, and plotted."""

from __future__ import annotations

import shutil
from pathlib import Path

from steelyard_hardware import errors, files
from steelyard_hardware.circuit import Circuit
from steelyard_hardware.files import shown
from steelyard_hardware.kicad import tool
from steelyard_hardware.kicad.board import board
from steelyard_hardware.kicad.layout import layout
from steelyard_hardware.kicad.library import OWN
from steelyard_hardware.kicad.placement import place
from steelyard_hardware.kicad.project import footprint_table, project, symbol_table
from steelyard_hardware.kicad.schematic import sheets
from steelyard_hardware.kicad.symbols import LIBRARY

_DRAWN = "F.Cu,F.Mask,F.Paste,F.SilkS,F.Fab,Edge.Cuts"


def write(circuit: Circuit, folder: Path) -> None:
    """Write project, sheets, symbols, footprints and the placed board into `folder`. Raises HardwareError.

    Needs KiCad's footprints. The same circuit and layout give the same bytes.
    """
    plan = layout(circuit)
    for name, text in sheets(circuit).items():
        files.write(folder / name, text)
    files.write(folder / f"{circuit.name}.kicad_pcb", board(circuit, plan, place(circuit, plan)))
    files.write(folder / f"{circuit.name}.kicad_pro", project(circuit))
    files.write(folder / "fp-lib-table", footprint_table(circuit))
    files.write(folder / "sym-lib-table", symbol_table())
    try:
        shutil.copytree(OWN / f"{LIBRARY}.pretty", folder / f"{LIBRARY}.pretty", dirs_exist_ok=True)
    except OSError as error:
        raise errors.FileNotWritten(path=shown(folder), reason=error) from None


def make(circuit: Circuit, folder: Path) -> tool.Findings:
    """Write the project, have KiCad check it, and plot it: sheets.pdf, board.pdf. Raises HardwareError."""
    write(circuit, folder)
    found = tool.check_board(circuit, folder)
    faults = [*tool.check_sheets(circuit, folder), *found.faults]
    tool.run(folder, "sch", "export", "pdf", "-o", "sheets.pdf", f"{circuit.name}.kicad_sch")
    tool.run(
        folder,
        "pcb",
        "export",
        "pdf",
        "--mode-single",
        "--layers",
        _DRAWN,
        "-o",
        "board.pdf",
        f"{circuit.name}.kicad_pcb",
    )
    return tool.Findings(faults, found.unrouted)
