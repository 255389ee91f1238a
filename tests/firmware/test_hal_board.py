"""The simulated board in real MicroPython: the HX711 at its two pins, interrupts, virtual time, asyncio under it."""

from __future__ import annotations

import re

import pytest
from kit.micropython import ROOT, TARGET, MicroPython

PATH = [
    ROOT / "simulator" / "hal" / "modules",
    ROOT / "simulator" / "hal",
    ROOT / "hardware" / "boards" / "simulated",
    TARGET,
]
CHECKS = re.findall(r"^def (test_\w+)", (TARGET / "hal_board_checks.py").read_text(), re.MULTILINE)


@pytest.mark.parametrize("check", CHECKS)
def test_board(micropython: MicroPython, check: str) -> None:
    micropython(f"import hal_board_checks\nhal_board_checks.{check}()", path=PATH, heap="8M")
