"""The MicroPython that runs simulated boards, and the environment in which it finds board, firmware and profile."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from steelyard_protocol import assets

from steelyard_simulator.errors import NoMicroPython

# Room for the agent and the simulated board together; a larger heap makes MicroPython's allocator slower, not faster.
HEAP = "1M"


def executable() -> str:
    """Return the path of MicroPython: `MICROPYTHON`, beside this Python, or on the PATH. Raises NoMicroPython."""
    beside = Path(sys.executable).parent / "micropython"
    path = os.environ.get("MICROPYTHON") or (str(beside) if beside.exists() else shutil.which("micropython"))
    if path is None or not Path(path).exists():
        raise NoMicroPython(path=path or beside)
    return path


def command(script: str, *arguments: object) -> list[str]:
    """Return the command line that runs `script` of the simulated board's folder."""
    return [executable(), "-X", f"heapsize={HEAP}", str(assets.folder("hal") / script), *map(str, arguments)]


def environment(firmware: Path | None = None, board: str = "simulated") -> dict[str, str]:
    """Return the environment: the board's modules come before MicroPython's own, `firmware` after them.

    `board` is the profile's name.
    """
    hal = assets.folder("hal")
    folders = [
        hal / "modules",
        hal,
        firmware or assets.folder("firmware"),
        assets.folder("boards") / board,
        Path(".frozen"),
    ]
    return {**os.environ, "MICROPYPATH": ":".join(map(str, folders))}
