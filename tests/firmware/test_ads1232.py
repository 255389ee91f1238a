"""The ADS1232's driver in real MicroPython, against the chip simulated at its pins."""

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
CHECKS = re.findall(r"^def (test_\w+)", (TARGET / "ads1232_checks.py").read_text(), re.MULTILINE)


@pytest.mark.parametrize("check", CHECKS)
def test_ads1232(micropython: MicroPython, check: str) -> None:
    micropython(f"import ads1232_checks\nads1232_checks.{check}()", path=PATH, heap="8M")
