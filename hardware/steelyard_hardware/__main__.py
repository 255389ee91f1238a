"""`python -m steelyard_hardware` checks and writes the hardware of every board; `… kicad` makes their KiCad projects
and has KiCad check them, `… boards` writes their `board.py`, `… budget` the tables and plots of docs/hardware.md,
`… image BOARD FILE` compares a built image with its place.

Exit code 1 on any electrical rule error, any difference between circuit and profile, anything that KiCad finds, or a
file that cannot be used; 2 where the command itself is wrong. Without KiCad the footprints are not compared and
`… kicad` makes nothing, and says so; in CI that is an error.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from steelyard_hardware import board_test, circuit, outputs, profile
from steelyard_hardware.agreement import differences, pulled_inside
from steelyard_hardware.budget.page import write_page
from steelyard_hardware.erc import check, margins, warnings
from steelyard_hardware.errors import BoardUnknown, CircuitUnexpected, HardwareError, KicadMissing
from steelyard_hardware.files import ROOT, shown
from steelyard_hardware.firmware_module import stale, write_module
from steelyard_hardware.image import check_image
from steelyard_hardware.kicad import make as project
from steelyard_hardware.kicad import tool
from steelyard_hardware.kicad.library import footprint_faults
from steelyard_hardware.parts import BATCHES

_IMAGE = "image"
# How many of the tightest limits are told of each board; all of them are in limits.txt.
_TIGHTEST = 5


def make(name: str, folder: Path) -> bool:
    """Check one board, and write what is made of its circuit into folder/NAME. Tell whether it has no fault."""
    board = profile.load(name)
    profile.refuse_twin(name)
    if not board.schematic:
        if circuit.path(name).exists():
            raise CircuitUnexpected(path=shown(circuit.path(name)))
        print(f"{name}: profile is valid; this board has no circuit of ours")
        return not _told(name, stale(name))
    drawn = circuit.load(name)
    drawn.pulled, drawn.around_c = pulled_inside(board, drawn), board.limits.temperature_c
    faults = [f"electrical rule: {fault}" for fault in check(drawn)]
    faults += [f"profile: {difference}" for difference in differences(board, drawn)]
    if not tool.missing():
        faults += [f"electrical rule: {fault}" for fault in footprint_faults(drawn)]
    faults += stale(name)
    _told(name, faults)
    doubts = warnings(drawn)
    outputs.write(drawn, folder / name)
    outputs.write_limits(margins(drawn), doubts, folder / name)
    costs = zip(BATCHES, outputs.cost_usd(drawn), strict=True)
    print(
        f"{name}: {len(drawn.parts)} parts, {len(drawn.nets())} nets, {len(faults)} faults, {len(doubts)} warnings; "
        f"{', '.join(f'{batch} at ${each:.2f}' for batch, each in costs)}; {folder / name}"
    )
    for margin in margins(drawn)[:_TIGHTEST]:
        print(f"  tight: {margin}")
    return not faults


def make_project(name: str, folder: Path) -> bool:
    """Make the KiCad project of one board in folder/NAME/kicad. Tell whether KiCad finds nothing wrong."""
    if not profile.load(name).schematic:
        return True
    place = folder / name / "kicad"
    found = project.make(circuit.load(name), place)
    for fault in found.faults:
        print(f"{name}: KiCad: {fault}", file=sys.stderr)
    print(
        f"{name}: KiCad finds {len(found.faults)} faults in sheets and board, "
        f"{found.unrouted} connections without a track; {place}"
    )
    return not found.faults and not found.unrouted


def make_projects(folder: Path) -> bool:
    """Make the KiCad project of every board, or say that there is no KiCad. Raises KicadMissing where it is needed."""
    if missing := tool.missing():
        if tool.needed():
            raise KicadMissing(missing=missing)
        print(f"KiCad projects not made, footprints not compared. {missing}", file=sys.stderr)
        return True
    failed = [name for name in profile.names() if not attempt(partial(make_project, name, folder))]
    return not failed


def _told(name: str, faults: list[str]) -> bool:
    """Say each fault of a board. Tell whether there was one."""
    for fault in faults:
        print(f"{name}: {fault}", file=sys.stderr)
    return bool(faults)


def make_all(folder: Path) -> bool:
    """Check and write every board."""
    failed = [name for name in profile.names() if not attempt(partial(make, name, folder))]
    return not failed


def write_modules() -> bool:
    """Write what the firmware needs of every board."""
    failed = [name for name in profile.names() if not attempt(partial(_write_module, name))]
    return not failed


def _write_module(name: str) -> bool:
    profile.load(name)
    profile.refuse_twin(name)
    print(f"{name}: {'written' if write_module(name) else 'had not changed'}")
    return True


def write_budget() -> bool:
    """Write tables and plots into docs/."""
    write_page()
    board_test.write_page()
    return True


def check_built(arguments: list[str]) -> bool:
    """Say how much of its region a built image takes: `image BOARD FILE`. Raises HardwareError where it overlaps."""
    board, file = arguments
    if board not in profile.names():
        raise BoardUnknown(board=board, boards=", ".join(profile.names()))
    taken, room = check_image(profile.load(board), Path(file))
    print(f"{board}: the image has {taken} bytes of {room}, {1 - taken / room:.0%} are free")
    return True


def attempt(action: Callable[[], bool]) -> bool:
    """Do something, or say in a sentence why it cannot be done. Tell whether it succeeded."""
    try:
        return action()
    except HardwareError as error:
        print(error, file=sys.stderr)
        return False


def main(arguments: list[str]) -> int:
    """Run `boards`, `budget`, `kicad` or `image`, or the whole check; return the exit code."""
    actions: dict[str, Callable[[], bool]] = {
        "check": partial(make_all, ROOT / "build" / "hardware"),
        "boards": write_modules,
        "budget": write_budget,
        "kicad": partial(make_projects, ROOT / "build" / "hardware"),
    }
    parser = argparse.ArgumentParser(prog="python -m steelyard_hardware", description="The reference scale's hardware.")
    parser.add_argument("action", nargs="?", choices=sorted([*actions, _IMAGE]), default="check")
    parser.add_argument("image", nargs="*", metavar="BOARD FILE", help="for `image`: what was built for which board")
    asked = parser.parse_args(arguments)
    if len(asked.image) != (2 if asked.action == _IMAGE else 0):
        parser.error("write `image BOARD FILE`, or no more than the action")
    return 0 if attempt(actions.get(asked.action, partial(check_built, asked.image))) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
