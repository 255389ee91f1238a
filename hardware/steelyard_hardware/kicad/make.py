"""Everything of KiCad's for one board: written, routed, checked by KiCad, and plotted for the board maker."""

from __future__ import annotations

import shutil
from pathlib import Path

from steelyard_hardware import errors, files
from steelyard_hardware.circuit import Circuit
from steelyard_hardware.files import shown
from steelyard_hardware.kicad import tool
from steelyard_hardware.kicad.board import PLANES, board, net_numbers
from steelyard_hardware.kicad.layout import layout
from steelyard_hardware.kicad.library import OWN
from steelyard_hardware.kicad.placement import place
from steelyard_hardware.kicad.project import class_of, footprint_table, project, symbol_table
from steelyard_hardware.kicad.routing.router import route
from steelyard_hardware.kicad.routing.tracks import tracks
from steelyard_hardware.kicad.schematic import sheets
from steelyard_hardware.kicad.symbols import LIBRARY

FABRICATION = "fabrication"
_WIDE = ("Power", "Supply")
_LAYERS = "F.Cu,In1.Cu,In2.Cu,B.Cu,F.Mask,B.Mask,F.Paste,F.SilkS,B.SilkS,Edge.Cuts"
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


def write_routed(circuit: Circuit, folder: Path) -> list[str]:
    """Write the routed board, its planes filled, over the placed one; return the nets that found no way."""
    plan = layout(circuit)
    places, numbers = place(circuit, plan), net_numbers(circuit)
    wide = {net for net in numbers if class_of(net) in _WIDE}
    result = route(circuit, plan, places, {net for _, net in PLANES}, wide, numbers)
    file = folder / f"{circuit.name}.kicad_pcb"
    files.write(file, board(circuit, plan, places, tracks(circuit.name, result, numbers)))
    tool.fill(file)
    files.write(folder / f"{circuit.name}.kicad_pro", project(circuit))  # filling left one with KiCad's own rules
    return result.failed


def make(circuit: Circuit, folder: Path) -> tool.Findings:
    """Write and route the project, have KiCad check it, and plot it. Raises HardwareError.

    For people: sheets.pdf and board.pdf; for the board maker, in fabrication/: Gerber and drill files, places.csv.
    """
    write(circuit, folder)
    failed = [f"no way: the net {net} finds none: enlarge the board" for net in write_routed(circuit, folder)]
    found = tool.check_board(circuit, folder)
    faults = [*failed, *tool.check_sheets(circuit, folder), *found.faults]
    _plot(circuit.name, folder)
    return tool.Findings(faults, found.unrouted)


def _plot(name: str, folder: Path) -> None:
    sheet, file, out = f"{name}.kicad_sch", f"{name}.kicad_pcb", f"{FABRICATION}/"
    tool.run(folder, "sch", "export", "pdf", "-o", "sheets.pdf", sheet)
    tool.run(folder, "pcb", "export", "pdf", "--mode-single", "--layers", _DRAWN, "-o", "board.pdf", file)
    tool.run(folder, "pcb", "export", "gerbers", "--layers", _LAYERS, "-o", out, file)
    tool.run(folder, "pcb", "export", "drill", "--generate-map", "--map-format", "pdf", "-o", out, file)
    tool.run(folder, "pcb", "export", "pos", "--format", "csv", "--units", "mm", "-o", f"{out}places.csv", file)
