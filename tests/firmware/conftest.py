"""Fixtures of the firmware's tests: the real MicroPython, and the folder of third-party vectors."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from interpreter import ROOT, MicroPython


@pytest.fixture(scope="session")
def micropython() -> MicroPython:
    """The MicroPython interpreter."""
    executable = Path(os.environ.get("MICROPYTHON") or Path(sys.executable).parent / "micropython")
    if not executable.exists():
        pytest.fail(f"no MicroPython at {executable}: run `make setup`, or set MICROPYTHON to its path")
    return MicroPython(str(executable))


@pytest.fixture(scope="session")
def vectors() -> Path:
    """The folder of third-party vectors that are not in packages; skips where it is absent."""
    folder = Path(os.environ.get("STEELYARD_VECTORS") or ROOT.parent / "shared" / "vectors")
    if not folder.is_dir():
        pytest.skip(f"third-party vectors absent: no folder {folder} (set STEELYARD_VECTORS)")
    return folder
