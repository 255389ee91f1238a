"""The journal's ring in real MicroPython, on flash that programs, erases and fails as flash does."""

from __future__ import annotations

import re

import pytest
from interpreter import ROOT, TARGET, MicroPython

PATH = [TARGET, ROOT / "simulator" / "hal"]
CHECKS = re.findall(r"^def (test_\w+)\(\)", (TARGET / "journal_checks.py").read_text(), re.MULTILINE)


@pytest.mark.parametrize("check", CHECKS)
def test_journal(micropython: MicroPython, check: str) -> None:
    micropython(f"import journal_checks\njournal_checks.{check}()", path=PATH, heap="2M")
