"""Board profiles: `boards/NAME.toml`, read and checked.

The order of lines in a profile means nothing. What a board needs follows from its drivers, by chips.toml.
"""

from __future__ import annotations

import tomllib

from steelyard_hardware import errors
from steelyard_hardware.checks import faults
from steelyard_hardware.files import ROOT, parse_table, read_text, shown
from steelyard_hardware.schema import Profile

BOARDS = ROOT / "hardware" / "boards"


def names() -> list[str]:
    """Return the names of all boards that have a profile. Raises NoBoards."""
    found = sorted(path.stem for path in BOARDS.glob("*.toml"))
    if not found:
        raise errors.NoBoards(folder=shown(BOARDS))
    return found


def names_with_circuit() -> list[str]:
    """Return the names of the boards that have a circuit."""
    return [name for name in names() if load(name).schematic]


def refuse_twin(name: str) -> None:
    """Refuse a board whose `hardware`, by which the platform knows it, stands in another profile. Raises NameTaken."""
    own = _hardware(name)
    for other in names():
        if other != name and own is not None and _hardware(other) == own:
            path, there = shown(BOARDS / f"{name}.toml"), shown(BOARDS / f"{other}.toml")
            raise errors.NameTaken(path=path, what=f"hardware = {own!r}", other=there)


def _hardware(name: str) -> str | None:
    """Return what a profile calls its circuit; None of one that cannot be read, which is refused for that."""
    try:
        word = tomllib.loads(read_text(BOARDS / f"{name}.toml")).get("hardware")
    except (errors.HardwareError, ValueError, RecursionError):
        return None
    return word if isinstance(word, str) else None


def load(name: str) -> Profile:
    """Read and check `boards/NAME.toml`. Raises HardwareError; FileRefused says everything that is wrong."""
    return parse(name, read_text(BOARDS / f"{name}.toml"))


def parse(name: str, text: str) -> Profile:
    """Read and check a profile. Raises FileNotToml, or FileRefused with everything that is wrong."""
    path = shown(BOARDS / f"{name}.toml")
    profile = parse_table(path, text, Profile)
    found = faults(name, profile)
    if found:
        raise errors.FileRefused(path=path, faults=found)
    return profile
