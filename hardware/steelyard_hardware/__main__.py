"""`python -m steelyard_hardware` checks and writes the hardware of every board; `… boards` writes their `board.py`,
`… budget` the tables and plots of docs/hardware.md.

Exit code 1 on any electrical rule error, any difference between circuit and profile, or an invalid profile.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from steelyard_hardware import budget, outputs, profile
from steelyard_hardware.agreement import differences
from steelyard_hardware.circuit import Circuit
from steelyard_hardware.erc import check
from steelyard_hardware.firmware_module import write_modules
from steelyard_hardware.parts import BATCHES

ROOT = Path(__file__).resolve().parents[2]


def circuit_of(name: str) -> Circuit:
    """Return the circuit of the board `name`."""
    made: Circuit = importlib.import_module(f"schematics.{name}").circuit()
    return made


def make(folder: Path) -> int:
    """Check every board, and write what is made of its circuit into folder/NAME. Returns the exit code."""
    failed = False
    for name in profile.names():
        try:
            board = profile.load(name)
        except profile.ProfileError as error:
            print(f"{name}: profile: {error}", file=sys.stderr)
            failed = True
            continue
        if not board.schematic:
            print(f"{name}: profile is valid; this board has no circuit of ours")
            continue
        circuit = circuit_of(name)
        faults = [f"electrical rule: {fault}" for fault in check(circuit)]
        faults += [f"profile: {difference}" for difference in differences(board, circuit)]
        for fault in faults:
            print(f"{name}: {fault}", file=sys.stderr)
        failed = failed or bool(faults)
        outputs.write(circuit, folder / name)
        cost = ", ".join(
            f"{batch} at ${each:.2f}" for batch, each in zip(BATCHES, outputs.cost_usd(circuit), strict=True)
        )
        print(
            f"{name}: {len(circuit.parts)} parts, {len(circuit.nets())} nets, {len(faults)} faults; "
            f"{cost}; {folder / name}"
        )
    return 1 if failed else 0


def main(arguments: list[str]) -> int:
    """Run `boards` or `budget`, or the whole check."""
    if arguments == ["boards"]:
        print("board profiles written:", ", ".join(write_modules()) or "none had changed")
        return 0
    if arguments == ["budget"]:
        budget.write()
        return 0
    return make(ROOT / "build" / "hardware")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
