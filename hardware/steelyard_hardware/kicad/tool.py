"""KiCad itself, by its command line: what it finds wrong with the files made for it, and what it makes of them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from steelyard_hardware import errors
from steelyard_hardware.circuit import Circuit
from steelyard_hardware.files import read_text
from steelyard_hardware.kicad.library import INSTALLED
from steelyard_hardware.kicad.sexpr import child, children, read

PROGRAM = "kicad-cli"
INSTALL = "apt-get install kicad kicad-footprints (version 9; on Debian 12 from bookworm-backports)"
SYSTEM_PYTHON = "/usr/bin/python3"
"""The Python that KiCad's own module is for: its command line cannot fill planes."""
_FILL = """
import sys, pcbnew
board = pcbnew.LoadBoard(sys.argv[1])
pcbnew.ZONE_FILLER(board).Fill(board.Zones())
sys.exit(not board.Save(sys.argv[1]))
"""
_TIMEOUT_S = 300
_UNROUTED = "unconnected_items"


class Findings(NamedTuple):
    """What KiCad says of a board: faults in words, and how many connections have no track yet."""

    faults: list[str]
    unrouted: int


def missing() -> str:
    """Return what of KiCad is not on this machine, and what to do; nothing where all is there."""
    if not INSTALLED.is_dir():
        return f"KiCad's footprints are not in {INSTALLED}: {INSTALL}"
    if not shutil.which(PROGRAM):
        return f"{PROGRAM} is not installed: {INSTALL}"
    return ""


def needed() -> bool:
    """Tell whether a missing KiCad is an error: in CI, unless `.ci/run` found no source of KiCad 9 for this Debian."""
    return bool(os.environ.get("CI")) and not os.environ.get("STEELYARD_WITHOUT_KICAD")


def run(folder: Path, *arguments: str) -> None:
    """Run KiCad's command line in a folder. Raises KicadFailed."""
    _do(folder, PROGRAM, *arguments)


def _do(folder: Path, *command: str) -> None:
    try:
        # Arguments are ours; no shell reads them.
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise errors.KicadFailed(command=" ".join(command), reason=error) from None
    if done.returncode:
        reason = (done.stderr or done.stdout).strip() or f"exit code {done.returncode}"
        raise errors.KicadFailed(command=" ".join(command), reason=reason)


def fill(board: Path) -> None:
    """Fill the planes of a board, in its file. Raises KicadFailed. It leaves KiCad's own project beside the file."""
    _do(board.parent, SYSTEM_PYTHON, "-c", _FILL, board.name)


def check_sheets(circuit: Circuit, folder: Path) -> list[str]:
    """Return what KiCad's electrical check says of the sheets, and each net that KiCad reads otherwise."""
    run(folder, "sch", "erc", "--severity-all", "--format", "json", "-o", "erc.json", f"{circuit.name}.kicad_sch")
    report = json.loads(read_text(folder / "erc.json"))
    found = [_said(violation) for sheet in report["sheets"] for violation in sheet["violations"]]
    run(folder, "sch", "export", "netlist", "-o", "kicad.net", f"{circuit.name}.kicad_sch")
    ours = {net: {(node.ref, node.number) for node in nodes} for net, nodes in circuit.nets(bare=True).items()}
    theirs = nets(read_text(folder / "kicad.net"))
    different = (net for net in sorted(ours.keys() | theirs.keys()) if ours.get(net) != theirs.get(net))
    return [*found, *(f"{net} joins other pins in the sheets than in the circuit" for net in different)]


def check_board(circuit: Circuit, folder: Path) -> Findings:
    """Return what KiCad's design rules say of the board, and of its agreement with the sheets."""
    file = f"{circuit.name}.kicad_pcb"
    run(folder, "pcb", "drc", "--schematic-parity", "--severity-all", "--format", "json", "-o", "drc.json", file)
    report = json.loads(read_text(folder / "drc.json"))
    faults = [_said(violation) for violation in [*report["violations"], *report["schematic_parity"]]]
    return Findings(faults, len(report[_UNROUTED]))


def nets(text: str) -> dict[str, set[tuple[str, str]]]:
    """Return the pins on each net of a netlist that KiCad wrote, without its nets of open pins."""
    found = {}
    for net in children(child(read(text), "nets") or [], "net"):
        name = (child(net, "name") or ["", ""])[1]
        if isinstance(name, str) and not name.startswith("unconnected-"):
            found[name] = {_pin(node) for node in children(net, "node")}
    return found


def kinds(faults: list[str]) -> Counter[str]:
    """Return how often each kind of fault was found: the word before the first colon."""
    return Counter(fault.partition(":")[0] for fault in faults)


def _pin(node: list[Any]) -> tuple[str, str]:
    ref, pin = child(node, "ref"), child(node, "pin")
    return (str(ref[1]), str(pin[1])) if ref and pin else ("", "")


def _said(violation: dict[str, Any]) -> str:
    where = "; ".join(item["description"] for item in violation["items"])
    return f"{violation['type']}: {violation['description']}: {where}"
