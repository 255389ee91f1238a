"""The simulated NOR flash in real MicroPython: what it refuses, and what a power cut leaves of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from kit.micropython import ROOT, TARGET, MicroPython

PATH = [ROOT / "simulator" / "hal", TARGET]
CHECKS = re.findall(r"^def (test_\w+)\(\)", (TARGET / "hal_flash_checks.py").read_text(), re.MULTILINE)


@pytest.mark.parametrize("check", CHECKS)
def test_flash(micropython: MicroPython, check: str) -> None:
    micropython(f"import hal_flash_checks\nhal_flash_checks.{check}()", path=PATH, heap="1M")


def test_image_file_keeps_contents(micropython: MicroPython, tmp_path: Path) -> None:
    image = str(tmp_path / "flash.img")
    micropython(f"import hal_flash_checks\nhal_flash_checks.test_image_file_keeps_contents({image!r})", path=PATH)
    assert (tmp_path / "flash.img").stat().st_size == 4 * 4096
