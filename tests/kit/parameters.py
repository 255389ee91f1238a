"""The one parameter map of the tests: that of the simulator's factory, for scripts in MicroPython as a module."""

import os
from functools import cache
from pathlib import Path

from steelyard_simulator.flashing import PARAMETERS

MAP = PARAMETERS
MODULES = Path(__file__).parents[2] / "build" / "target"


@cache
def map_as_module() -> Path:
    """The file of a module `parameter_map` with MAP in it; its folder has nothing else."""
    MODULES.mkdir(parents=True, exist_ok=True)
    half_written = MODULES / f".{os.getpid()}"  # pytest's workers write it at the same time
    half_written.write_text(f'"""Made by kit/parameters.py."""\n\nMAP = {MAP}\n')
    return half_written.replace(MODULES / "parameter_map.py")
