"""How much flash the frozen code takes: each module of the agent as compiled, and everything in the image together."""

from __future__ import annotations

import subprocess
from pathlib import Path


def module_bytes(firmware: Path) -> dict[str, int]:
    """Return the size of each module of the agent by name (port/clock), compiled to bytecode, largest first.

    In the image they share the words in them, which makes all together smaller than their sum.
    """
    folder = firmware.parent / "frozen_mpy" / "agent"
    sizes = {path.relative_to(folder).with_suffix("").as_posix(): path.stat().st_size for path in folder.rglob("*.mpy")}
    return dict(sorted(sizes.items(), key=lambda pair: -pair[1]))


def frozen_bytes(firmware: Path) -> int:
    """Return what all frozen code takes: the agent, asyncio, the board's modules, and the words of them all."""
    command = ["arm-none-eabi-size", str(firmware.parent / "frozen_content.o")]
    told = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    text, data, *_ = told.splitlines()[1].split()
    return int(text) + int(data)
