"""Fixtures of the firmware's tests: the real MicroPython."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from kit.micropython import MicroPython


@pytest.fixture(scope="session")
def micropython() -> MicroPython:
    """The MicroPython interpreter; with STEELYARD_BOARD_IMAGE set, the one in that image on an emulated Cortex-M3."""
    if image := os.environ.get("STEELYARD_BOARD_IMAGE"):
        from kit.board_interpreter import BoardMicroPython  # needs mpremote, which nothing else does

        return BoardMicroPython(image)
    executable = Path(os.environ.get("MICROPYTHON") or Path(sys.executable).parent / "micropython")
    if not executable.exists():
        pytest.fail(f"no MicroPython at {executable}: run `make setup`, or set MICROPYTHON to its path")
    return MicroPython(str(executable))
