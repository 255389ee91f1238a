"""Keypad, displays and NFC tag: the drivers in real MicroPython, against chips simulated at pins and buses."""

from __future__ import annotations

import re

import pytest
from kit.micropython import FIRMWARE, ROOT, TARGET, MicroPython

PATH = [
    ROOT / "simulator" / "hal" / "modules",
    ROOT / "simulator" / "hal",
    FIRMWARE,
    ROOT / "hardware" / "boards" / "simulated",
    TARGET,
]
CHECKS = re.findall(r"^def (test_\w+)", (TARGET / "peripheral_checks.py").read_text(), re.MULTILINE)


@pytest.mark.parametrize("check", CHECKS)
def test_peripheral(micropython: MicroPython, check: str) -> None:
    micropython(f"import peripheral_checks\nperipheral_checks.{check}()", path=PATH, heap="8M")
