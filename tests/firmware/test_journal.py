"""The journal's ring in real MicroPython, on flash that programs, erases and fails as flash does."""

from __future__ import annotations

import re

import pytest
from kit.micropython import ROOT, TARGET, MicroPython

PATH = [TARGET, ROOT / "simulator" / "hal"]
BOARDS = ROOT / "hardware" / "boards"
CHECKS = re.findall(r"^def (test_\w+)\(\)", (TARGET / "journal_checks.py").read_text(), re.MULTILINE)


@pytest.mark.parametrize("check", CHECKS)
def test_journal(micropython: MicroPython, check: str) -> None:
    micropython(f"import journal_checks\njournal_checks.{check}()", path=PATH, heap="2M")


@pytest.mark.parametrize("board", sorted(folder.name for folder in BOARDS.iterdir() if (folder / "board.py").exists()))
def test_boards_declare_how_long_their_journal_lasts(micropython: MicroPython, board: str) -> None:
    done = micropython("journal_days.py", path=[*PATH, BOARDS / board], heap="4M")
    declared, measured = map(int, done.stdout.split())
    assert declared == measured
